import csv
from collections import defaultdict
from fractions import Fraction

import pytest
from pymatgen.core import Composition

from benchmarks.data import VARIABLE, data_folder
from benchmarks.voltages import GGA_U, KNOWN, average_over

HALF = Fraction(1, 2)


def test_steps_count_by_the_lithium_they_give():
    steps = ((Fraction(1, 4), 4.0), (Fraction(1), 3.0))
    assert average_over(steps, Fraction(0)) == pytest.approx(3.25)
    assert average_over(steps, Fraction(1, 8)) == pytest.approx((0.125 * 4 + 0.75 * 3) / 0.875)
    assert average_over(steps, HALF) == pytest.approx(3.0)


@pytest.fixture(scope="module")
def pairs():
    file = data_folder() / "mp_electrodes" / "pairs.csv"
    if not file.exists():
        pytest.skip(f"no Materials Project voltages at {file}: set {VARIABLE} to their folder")
    found = defaultdict(list)
    with file.open(newline="") as lines:
        for row in csv.DictReader(lines):
            if row["battery_id"] in GGA_U:
                found[row["battery_id"]].append(row)
    return found


@pytest.mark.parametrize("battery", sorted({known.battery for known in KNOWN}))
def test_what_is_written_down_is_what_materials_project_has(battery, pairs):
    def lithium(formula, per_oxygen):
        composition = Composition(formula)
        return composition["Li"] / composition["O"] * per_oxygen

    steps = GGA_U[battery]
    published = sorted(pairs[battery], key=lambda row: lithium(row["formula_discharge"], 1))
    # The spinel goes on to take a second lithium, which the evaluator does not look at.
    published = published[: len(steps)]
    full = Composition(published[-1]["formula_discharge"])
    per_oxygen = full["O"] / full["Li"]
    assert lithium(published[0]["formula_charge"], per_oxygen) == 0
    for row, (end, voltage) in zip(published, steps, strict=True):
        assert lithium(row["formula_discharge"], per_oxygen) == pytest.approx(float(end))
        assert float(row["average_voltage"]) == pytest.approx(voltage, abs=0.001)
