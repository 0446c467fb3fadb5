"""A table whose rows are candidates: a name, and the numbers in which models see them."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cathode.errors import SourceError
from cathode.sources.csv_cells import headings_and_rows, number, read_text


def read_ids(path: Path, column: str) -> list[str]:
    """What stands in a column, row by row.

    Raises:
        SourceError: the file or the column is missing.
    """
    headings, lines = headings_and_rows(path, read_text(path))
    if column not in headings:
        msg = f"{path}: no column {column!r}: it has {', '.join(headings)}"
        raise SourceError(msg)
    place = headings.index(column)
    return [cells[place].strip() for _, cells in lines]


def read_pool(
    path: Path, name: str, coordinates: Sequence[str]
) -> tuple[list[str], NDArray[np.float64]]:
    """Names and numbers of all rows, shape (n, len(coordinates)).

    Raises:
        SourceError: the file, a column or a cell is missing or wrong, or a name stands twice.
    """
    headings, lines = headings_and_rows(path, read_text(path))
    for column in (name, *coordinates):
        if column not in headings:
            msg = f"{path}: no column {column!r}: it has {', '.join(headings)}"
            raise SourceError(msg)
    places = [headings.index(column) for column in coordinates]
    names: dict[str, str] = {}
    rows = []
    for where, cells in lines:
        called = cells[headings.index(name)].strip()
        if not called:
            msg = f"{where}, column {name}: the cell is empty: every row needs a name"
            raise SourceError(msg)
        if called in names:
            msg = f"{where}: {called!r} is the name of {names[called]}, too: each needs its own"
            raise SourceError(msg)
        names[called] = where
        rows.append(
            [
                number(f"{where}, column {column}", cells[i], "every candidate needs all numbers")
                for column, i in zip(coordinates, places, strict=True)
            ]
        )
    if not rows:
        msg = f"{path}: the pool has no row: give it some"
        raise SourceError(msg)
    return list(names), np.array(rows, dtype=float)
