"""Numbers of electrodes: by hand, by the platform's own formulas, and as the Materials Project."""

import csv
import gzip
import json

import pytest
from pymatgen.core import Structure
from scipy import constants

from benchmarks.data import data_folder
from cathode.dft.calculation import Calculation
from cathode.dft.electrode import electrode_of, refuse_implausible, values_of
from cathode.dft.lithium import PUBLISHED
from cathode.errors import SourceError
from cathode.physics.electrochemistry import Electrode
from cathode.sources.cif import crystal_of_cif
from tests.calculations import charged, energies, pair

ION = -1.9


def calculation(structure, energy):
    return Calculation("here", "", structure, energy)


def values(*found, lithium=ION):
    return values_of(electrode_of([calculation(*each) for each in found], lithium))


def test_lithium_cobalt_oxide_by_hand():
    # Energies of one formula unit: E(LiCoO2) = -23, E(CoO2) = -17, E(Li) = -1.9 eV.
    full, empty = pair("layered", "Co", shrinks=0.95)
    found = values((full, -23.0), (empty, -17.0))
    assert found["average_voltage"] == pytest.approx(-17.0 - 1.9 + 23.0)  # 4.1 V
    molar = 6.94 + 58.933194 + 2 * 15.999
    capacity = constants.value("Faraday constant") / 3.6 / molar
    assert capacity == pytest.approx(273.8, abs=0.1)  # mAh/g, textbook 274
    assert found["gravimetric_capacity"] == pytest.approx(capacity, rel=1e-4)
    density = molar / constants.N_A / (full.volume * 1e-24)  # g/cm3 = kg/L
    assert found["volumetric_capacity"] == pytest.approx(capacity * density, rel=1e-4)
    assert found["specific_energy"] == pytest.approx(4.1 * capacity, rel=1e-4)
    assert found["energy_density"] == pytest.approx(4.1 * capacity * density, rel=1e-4)
    assert found["volume_change"] == pytest.approx(-5.0)


@pytest.mark.parametrize(("prototype", "metal"), [("layered", "Ni"), ("olivine", "Fe")])
def test_the_platforms_own_formulas_agree(prototype, metal):
    full, empty = pair(prototype, metal, shrinks=1.03)
    discharged, rest = energies(full, empty, 3.6, ION)
    ours = Electrode(
        discharged,
        rest,
        ION,
        round(full.composition["Li"]),
        float(full.composition.weight),
        full.volume,
        empty.volume,
    )
    found = values((full, discharged), (empty, rest))
    for name, value in found.items():
        assert value == pytest.approx(getattr(ours, name), rel=1e-4), name
    assert found["average_voltage"] == pytest.approx(3.6)


def test_cells_of_other_sizes_count_per_host():
    full, _ = pair("layered", "Ni")
    big = full.make_supercell([5, 1, 1], in_place=False)
    left = charged(big, 1, shrinks=0.97)
    whole, rest = energies(big, left, 3.9, ION)
    found = values((full, whole / 5), (left, rest))
    assert found["average_voltage"] == pytest.approx(3.9)
    all_of_it = values((full, whole / 5), (pair("layered", "Ni")[1], -17.0))
    share = found["gravimetric_capacity"] / all_of_it["gravimetric_capacity"]
    assert share == pytest.approx(4 / 5)
    assert found["volume_change"] == pytest.approx(-3.0)


def test_contents_between_make_steps_where_they_are_stable():
    full, _ = pair("layered", "Ni")
    big = full.make_supercell([4, 1, 1], in_place=False)
    half, empty = charged(big, 2), charged(big, 0)
    whole, rest = energies(big, empty, 4.0, ION)
    middle = (whole + rest) / 2
    found = values((big, whole), (half, middle - 0.5), (empty, rest))
    assert found["average_voltage"] == pytest.approx(4.0)
    assert found["maximum_voltage"] == pytest.approx(4.25)
    assert found["minimum_voltage"] == pytest.approx(3.75)
    unstable = values((big, whole), (half, middle + 0.5), (empty, rest))
    assert "maximum_voltage" not in unstable


def test_of_one_composition_the_lowest_counts():
    full, empty = pair("layered", "Ni")
    found = values((full, -23.0), (full, -22.0), (empty, -17.0), (empty, -16.5))
    assert found["average_voltage"] == pytest.approx(-17.0 - 1.9 + 23.0)


def test_energies_that_are_not_of_one_scale_are_refused():
    full, empty = pair("olivine", "Fe")
    both = [calculation(full, -1.0), calculation(empty, -170.0)]
    with pytest.raises(SourceError, match="here: no voltage follows .* give energies in eV per"):
        electrode_of(both, ION)


def test_a_voltage_that_cannot_be_is_refused_with_what_to_look_at():
    refuse_implausible("here", {"average_voltage": 3.7}, "as given")
    with pytest.raises(SourceError, match=r"here: an average voltage of -0.4 V .*\(as given\)"):
        refuse_implausible("here", {"average_voltage": -0.4}, "as given")


def structure_of(cif):
    crystal = crystal_of_cif(cif)
    return Structure(crystal.lattice, crystal.numbers, crystal.positions)


LI_OF_DATA = -1.9089
"""Energy of lithium metal (eV/atom) by which the data's ``voltage_recomputed`` was made."""

PAIRS = 40


def test_voltages_of_the_materials_project_are_reproduced():
    folder = data_folder() / "mp_electrodes"
    if not (folder / "pairs.csv").is_file():
        pytest.skip(f"there is no {folder}: set CATHODE_DATA")
    with (folder / "pairs.csv").open(encoding="utf-8") as file:
        rows = [
            row
            for row in csv.DictReader(file)
            if row["working_ion"] == "Li" and row["endpoints_verified"] == "True"
        ][:: 2048 // PAIRS]
    wanted = {row[f"material_id_{end}"] for row in rows for end in ("charge", "discharge")}
    records = {}
    with gzip.open(folder / "structures.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            if record["material_id"] in wanted:
                records[record["material_id"]] = record
    near = 0
    for row in rows:
        ends = [records[row[f"material_id_{end}"]] for end in ("discharge", "charge")]
        crystals = [(structure_of(each["cif"]), each["energy"]) for each in ends]
        found = values(*crystals, lithium=LI_OF_DATA)
        name = row["battery_id"]
        assert found["average_voltage"] == pytest.approx(
            float(row["voltage_recomputed"]), abs=0.01
        ), name
        assert found["gravimetric_capacity"] == pytest.approx(
            float(row["capacity_recomputed"]), rel=1e-3
        ), name
        published = values(*crystals, lithium=PUBLISHED)["average_voltage"]
        near += abs(published - float(row["average_voltage"])) < 0.01
    assert len(rows) >= PAIRS
    # Some batteries were made of other releases of the energies.
    assert near >= 0.8 * len(rows)
