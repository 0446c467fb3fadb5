"""Electrodes of the Materials Project as crystals: the discharged phases of voltage pairs."""

import math
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cathode.errors import SourceError
from cathode.sources.crystal_pack import Runner
from cathode.sources.crystal_table import CrystalTable, Row, table_of, without_crystal
from cathode.sources.csv_cells import headings_and_rows, number, read_text
from cathode.sources.json_lines import records
from cathode.sources.mp_electrodes import implausible, unverified

PAIRS, STRUCTURES = "pairs.csv", "structures.jsonl.gz"
"""Files of a folder of electrodes."""

OF_PAIR = {
    "average_voltage": "average_voltage",
    "maximum_voltage": "battery_max_voltage",
    "minimum_voltage": "battery_min_voltage",
    "gravimetric_capacity": "capacity_grav",
    "volumetric_capacity": "capacity_vol",
    "specific_energy": "energy_grav",
    "energy_density": "energy_vol",
}
"""Columns of the pairs by property. Voltages of a battery are the extremes over its steps."""

OF_STRUCTURE = {
    "formation_energy_per_atom": "formation_energy_per_atom",
    "energy_per_atom": "energy_per_atom",
    "band_gap": "band_gap",
}
"""Entries of the structures by property."""

VOLTAGES = ("average_voltage", "maximum_voltage", "minimum_voltage")

EVERY_ION = "all"


def electrode_crystals(
    folder: Path, ion: str, cache: Path | None = None, run: Runner = map
) -> CrystalTable:
    """One row per discharged structure, of pairs with verified end points and plausible voltages.

    Of several pairs that end in one structure, which are charged to different degrees or to other
    phases, the first of the table is taken with all its values; of the Materials Project's lithium
    pairs this concerns 33 structures. A battery's extreme voltages are
    left unknown where they lie outside what is plausible. Pairs that are not taken are counted.

    Args:
        folder: holds :data:`PAIRS` and :data:`STRUCTURES`.
        ion: the working ion, such as Li; ``all`` for every one.
        cache: folder where parsed crystals are kept.
        run: parses them, side by side where it can.

    Raises:
        SourceError: a file, a column or a cell is missing or wrong, or no pair is of that ion.
    """
    pairs: dict[str, tuple[dict[str, float], str, str]] = {}
    left_out = Counter[str]()
    path = folder / PAIRS
    headings, lines = headings_and_rows(path, read_text(path))
    needed = ("working_ion", "material_id_discharge", "framework", "endpoints_verified")
    for column in (*needed, *OF_PAIR.values()):
        if column not in headings:
            msg = f"{path}: no column {column!r}"
            raise SourceError(msg)
    ions = set()
    for where, cells in lines:
        pair = dict(zip(headings, map(str.strip, cells), strict=True))
        ions.add(pair["working_ion"])
        reason = unverified(
            pair["working_ion"], pair["endpoints_verified"], None if ion == EVERY_ION else ion
        )
        if reason is None:
            values = _of_pair(where, pair)
            reason = implausible(values["average_voltage"])
        if reason is None and pair["material_id_discharge"] in pairs:
            reason = "a later pair of the same discharged structure"
        if reason is not None:
            left_out[reason] += 1
            continue
        for name in VOLTAGES[1:]:
            values[name] = values[name] if implausible(values[name]) is None else math.nan
        pairs[pair["material_id_discharge"]] = (values, pair["framework"], pair["working_ion"])
    if not pairs:
        msg = f"{path} has no usable pair of {ion}: ions are {', '.join(sorted(ions))}, or all"
        raise SourceError(msg)
    found = {r["material_id"]: r for r in records(folder / STRUCTURES, "material_id", pairs)}
    missing = without_crystal(pairs, found)
    rows = [
        Row(name, found[name]["cif"], {**values, **_of_structure(found[name])}, framework, of)
        for name, (values, framework, of) in pairs.items()
        if name not in missing
    ]
    return table_of(folder, rows, cache, run).refusing(missing).leaving_out(left_out)


def _of_pair(where: str, pair: Mapping[str, str]) -> dict[str, float]:
    return {
        name: number(f"{where}, column {column}", pair[column], "or leave the cell empty")
        if pair[column]
        else math.nan
        for name, column in OF_PAIR.items()
    }


def _of_structure(record: Mapping[str, Any]) -> dict[str, float]:
    known = {name: record.get(entry) for name, entry in OF_STRUCTURE.items()}
    for name, each in known.items():
        if not isinstance(each, int | float | None):
            msg = f"{record['material_id']}: its {name} {each!r} is no number"
            raise SourceError(msg)
    return {name: math.nan if each is None else float(each) for name, each in known.items()}
