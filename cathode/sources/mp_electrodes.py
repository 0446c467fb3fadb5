"""Electrodes of the Materials Project as a pool: what is known before a voltage is computed."""

import csv
import math
from collections.abc import Iterator, Mapping
from dataclasses import astuple, dataclass
from pathlib import Path

from cathode.errors import SourceError, SpecError
from cathode.physics.descriptors import ELEMENT_DESCRIPTORS, element_table
from cathode.physics.redox import redox
from cathode.sources.csv_cells import headings_and_rows, read_text

COLUMNS = {
    "battery": "battery_id",
    "ion": "working_ion",
    "charged": "formula_charge",
    "discharged": "formula_discharge",
    "voltage": "average_voltage",
    "capacity": "capacity_grav",
    "energy": "energy_grav",
    "verified": "endpoints_verified",
}
"""Columns of a table of voltage pairs that are read."""

STRUCTURE = "material_id_discharge"
"""Column with the id of the discharged crystal; it may be missing."""

PLAUSIBLE_VOLTS = (0.0, 6.0)
"""Voltages outside are artefacts of a computation, not of a material."""

ANIONS = frozenset({"O", "S", "F", "Cl", "N", "P", "Se", "Br", "I", "H", "C"})

COORDINATES = (
    "ions_per_atom",
    "ions_exchanged_per_atom",
    "anion_fraction",
    "oxygen_fraction",
    *(f"{stat}_{i}" for stat in ("mean", "spread") for i in range(len(ELEMENT_DESCRIPTORS))),
)
"""Numbers in which models see a pair: from its two formulas alone, so known beforehand.

``mean_i`` and ``spread_i`` are mean and standard deviation over the atoms of the charged host of
:data:`cathode.physics.descriptors.ELEMENT_DESCRIPTORS`.
"""

REDOX = (
    "redox_share",
    "redox_state_discharged",
    "redox_state_charged",
    "redox_electrons",
    "redox_ionisation",
)
"""More such numbers: what gives the electrons, by :func:`cathode.physics.redox.redox`."""

RESULTS = ("average_voltage (V)", "gravimetric_capacity (mAh/g)", "specific_energy (Wh/kg)")


@dataclass(frozen=True)
class Written:
    """What became of a table of pairs.

    Attributes:
        rows: rows of the pool.
        left_out: why others were left out, with how many.
    """

    rows: int
    left_out: Mapping[str, int]


def write_pool(source: Path, target: Path, ion: str) -> Written:
    """Write a pool of the electrodes of one ion, with their computed results beside.

    Of pairs that look the same to models, which are polymorphs, the first is kept. The column
    ``structure`` has the id of the discharged crystal, where the source has it.

    Args:
        source: CSV file of voltage pairs with the columns of :data:`COLUMNS`.
        target: CSV file to write, ready for ``space.table`` and ``evaluator.path``.
        ion: the working ion, such as Li.

    Raises:
        SourceError: a column is missing, or no pair is left.
    """
    headings, lines = headings_and_rows(source, read_text(source))
    for column in COLUMNS.values():
        if column not in headings:
            msg = f"{source}: no column {column!r}: it needs {', '.join(COLUMNS.values())}"
            raise SourceError(msg)
    place = {name: headings.index(column) for name, column in COLUMNS.items()}
    structure = headings.index(STRUCTURE) if STRUCTURE in headings else None
    left_out: dict[str, int] = {}
    seen: set[tuple[float, ...]] = set()
    rows = []
    for _, cells in lines:
        pair = {name: cells[i].strip() for name, i in place.items()}
        reason, numbers = _read(pair, ion)
        if reason is None and numbers in seen:
            reason = "looks the same as an earlier pair"
        if reason is not None:
            left_out[reason] = left_out.get(reason, 0) + 1
            continue
        seen.add(numbers)
        name = f"{pair['battery']} {pair['charged']} to {pair['discharged']}"
        crystal = [] if structure is None else [cells[structure].strip()]
        rows.append([name, *crystal, *numbers, pair["voltage"], pair["capacity"], pair["energy"]])
    if not rows:
        msg = f"{source}: no usable pair of {ion}: {left_out}"
        raise SourceError(msg)
    names = [f"{row[0]}" for row in rows]
    for row, name in zip(rows, _distinct(names), strict=True):
        row[0] = name
    with target.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        extra = [] if structure is None else ["structure"]
        writer.writerow(["name", *extra, *COORDINATES, *REDOX, *RESULTS])
        writer.writerows(rows)
    return Written(len(rows), left_out)


def _distinct(names: list[str]) -> Iterator[str]:
    times: dict[str, int] = {}
    for name in names:
        times[name] = times.get(name, 0) + 1
        yield name if times[name] == 1 else f"{name} ({times[name]})"


def unverified(of: str, verified: str, ion: str | None) -> str | None:
    """Why a pair is left out before its voltage is looked at; None where it is not.

    Args:
        of: its working ion.
        verified: cell that tells whether its end points are verified.
        ion: the one asked for; None for every one.
    """
    if ion not in (None, of):
        return f"not of {ion}"
    return None if verified.lower() in ("true", "1") else "end points not verified"


def implausible(volts: float) -> str | None:
    """Why a pair of this average voltage is left out; None where it is not."""
    if math.isnan(volts):
        return "average voltage not known"
    low, high = PLAUSIBLE_VOLTS
    return None if low <= volts <= high else f"voltage outside {low:g} to {high:g} V"


def _read(pair: Mapping[str, str], ion: str) -> tuple[str | None, tuple[float, ...]]:
    """Why a pair is left out, None where it is not, and its coordinates."""
    reason = unverified(pair["ion"], pair["verified"], ion) or implausible(float(pair["voltage"]))
    if reason is not None:
        return reason, ()
    try:
        return None, pair_coordinates(pair["charged"], pair["discharged"], ion)
    except SpecError:
        return "an element without descriptors", ()


def pair_coordinates(charged: str, discharged: str, ion: str) -> tuple[float, ...]:
    """The numbers of a pair of formulas, in the order of COORDINATES and REDOX.

    Args:
        charged: formula of the charged phase.
        discharged: formula of the discharged phase.
        ion: the working ion, such as Li.

    Raises:
        SpecError: an element has no descriptors.
    """
    from pymatgen.core import Composition, Element

    empty, full = Composition(charged), Composition(discharged)
    host = {e: n for e, n in empty.get_el_amt_dict().items() if e != ion}
    atoms = sum(host.values())
    # The charged formula may be a multiple or a part of the discharged one's host.
    scale = sum(n for e, n in full.get_el_amt_dict().items() if e != ion) / atoms
    inside, before = full[Element(ion)] / scale / atoms, empty[Element(ion)] / atoms
    shares = [n / atoms for n in host.values()]
    table = element_table(tuple(host))
    mean = [sum(w * x for w, x in zip(shares, column, strict=True)) for column in table.T]
    spread = [
        sum(w * (x - m) ** 2 for w, x in zip(shares, column, strict=True)) ** 0.5
        for column, m in zip(table.T, mean, strict=True)
    ]
    anions = sum(w for e, w in zip(host, shares, strict=True) if e in ANIONS)
    oxygen = host.get("O", 0.0) / atoms
    per_ion = max(Element(ion).common_oxidation_states)
    electrons = redox(host, *(per_ion * atoms * ions for ions in (inside, before)))
    values = (inside, inside - before, anions, oxygen, *mean, *spread, *astuple(electrons))
    return tuple(round(float(value), 6) + 0.0 for value in values)  # no -0.0
