"""Folders as the CGCNN code has them: ``id_prop.csv`` without a heading, and a CIF file per id."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from cathode.errors import SourceError
from cathode.sources.crystal_pack import Runner
from cathode.sources.crystal_table import CrystalTable, Row, table_of
from cathode.sources.csv_cells import number, read_text

LABELS = "id_prop.csv"


NOT_PLAIN = "its id is no plain name of a file"


def is_plain(name: str) -> bool:
    """Whether an id can only name a file of the folder itself."""
    return name.isprintable() and not {"/", "\\"} & {*name} and name[:1] not in ("", ".")


def cgcnn_folder(
    folder: Path, wanted: str, cache: Path | None = None, run: Runner = map
) -> CrystalTable:
    """Its crystals with the one property that it has.

    Args:
        folder: holds :data:`LABELS` and the CIF files.
        wanted: what the property is called; the folder does not say.
        cache: folder where parsed crystals are kept.
        run: parses them, side by side where it can.

    Raises:
        SourceError: the table is missing or wrong.
    """
    path = folder / LABELS
    rows, missing, seen = [], {}, set()
    for where, cells in _lines(path):
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != 2:  # noqa: PLR2004 - an id and a value
            msg = f"{where}: {len(cells)} cells: each line holds an id and a value"
            raise SourceError(msg)
        name = cells[0].strip()
        if name in seen:
            msg = f"{where}: {name!r} stands there twice: leave one of them out"
            raise SourceError(msg)
        seen.add(name)
        value = number(where, cells[1], "or leave the line out")
        if not is_plain(name):
            missing[name] = NOT_PLAIN
            continue
        try:
            rows.append(Row(name, (folder / f"{name}.cif").read_text("utf-8-sig"), {wanted: value}))
        except (OSError, UnicodeDecodeError) as error:
            reason = "it is no UTF-8 text" if isinstance(error, ValueError) else error.strerror
            missing[name] = f"{name}.cif cannot be read ({reason})"
    if not seen:
        msg = f"{path} is empty: give each crystal a line with its id and its value, as in a1,3.5"
        raise SourceError(msg)
    if not rows:
        none = {wanted: np.empty(0)}
        return CrystalTable(str(folder), (), (), none, (), (), missing)
    return table_of(folder, rows, cache, run).refusing(missing)


def _lines(path: Path) -> Iterator[tuple[str, list[str]]]:
    """The cells of each line, with its place in words."""
    reader = csv.reader(io.StringIO(read_text(path)))
    try:
        for cells in reader:
            yield f"{path}, line {reader.line_num}", cells
    except csv.Error as error:
        msg = f"{path}, line {reader.line_num}: it cannot be read as CSV ({error}): mend it"
        raise SourceError(msg) from error
