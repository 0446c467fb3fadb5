"""Elastic moduli of the Materials Project with their crystals."""

import math
from collections import Counter
from pathlib import Path

from cathode.errors import SourceError
from cathode.sources.crystal_pack import Runner
from cathode.sources.crystal_table import CrystalTable, Row, table_of, without_crystal
from cathode.sources.csv_cells import headings_and_rows, number, read_text
from cathode.sources.json_lines import records

MODULI, STRUCTURES = "elastic.csv", "structures.jsonl.gz"
"""Files of a folder of moduli."""

LOGARITHMS = {"log10_bulk_modulus": "bulk_vrh", "log10_shear_modulus": "shear_vrh"}
"""Columns, in GPa, of which the decimal logarithm is learned, as the CGCNN paper does."""

OTHERS = {
    "poisson_ratio": "homogeneous_poisson",
    "formation_energy_per_atom": "formation_energy_per_atom",
    "band_gap": "band_gap",
}


def elastic_crystals(folder: Path, cache: Path | None = None, run: Runner = map) -> CrystalTable:
    """Rows whose moduli are usable; the table itself says which. The others are counted.

    Args:
        folder: holds :data:`MODULI` and :data:`STRUCTURES`.
        cache: folder where parsed crystals are kept.
        run: parses them, side by side where it can.

    Raises:
        SourceError: a file, a column or a cell is missing or wrong, or no row is usable.
    """
    path = folder / MODULI
    headings, lines = headings_and_rows(path, read_text(path))
    columns = {**LOGARITHMS, **OTHERS}
    for column in ("material_id", "usable", *columns.values()):
        if column not in headings:
            msg = f"{path}: no column {column!r}"
            raise SourceError(msg)
    usable: dict[str, dict[str, float]] = {}
    left_out = Counter[str]()
    for where, cells in lines:
        row = dict(zip(headings, map(str.strip, cells), strict=True))
        if row["usable"].lower() not in ("true", "1"):
            left_out["moduli not usable"] += 1
            continue
        known = {
            name: number(f"{where}, column {column}", row[column], "or leave the cell empty")
            if row[column]
            else math.nan
            for name, column in columns.items()
        }
        for name, column in LOGARITHMS.items():
            if known[name] <= 0:
                msg = f"{where}: {column} {known[name]:g} has no logarithm"
                raise SourceError(msg)
            known[name] = math.log10(known[name])
        if row["material_id"] in usable:
            left_out["a later row of the same material"] += 1
        usable.setdefault(row["material_id"], known)
    found = {r["material_id"]: r for r in records(folder / STRUCTURES, "material_id", usable)}
    missing = without_crystal(usable, found)
    rows = [Row(name, found[name]["cif"], usable[name]) for name in usable if name not in missing]
    return table_of(folder, rows, cache, run).refusing(missing).leaving_out(left_out)
