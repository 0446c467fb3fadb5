"""A CSV table of numbers: what was varied, and one column of what came of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cathode.errors import SourceError
from cathode.sources.csv_cells import headings_and_rows, number, read_text


@dataclass(frozen=True, eq=False)
class NumericTable:
    """Distinct settings with what was measured at them.

    Attributes:
        columns: names of what was varied.
        target: name of what was measured.
        X: settings, shape (n, d); no two rows are equal.
        y: the target, averaged over the rows of equal settings, shape (n,).
        repeats: rows that each average is over, shape (n,).
    """

    columns: tuple[str, ...]
    target: str
    X: NDArray[np.float64]
    y: NDArray[np.float64]
    repeats: NDArray[np.int64]

    def __len__(self) -> int:
        """Number of distinct settings."""
        return len(self.y)


def read_numeric_table(path: Path, target: str) -> NumericTable:
    """Read a table; every column but the target is something that was varied.

    Raises:
        SourceError: the file, a column or a cell is not what it should be.
    """
    header, lines = headings_and_rows(path, read_text(path))
    _check_target(path, header, target)
    numbers = np.array([_numbers(where, header, cells) for where, cells in lines])
    column = header.index(target)
    X, y, repeats = averaged(np.delete(numbers, column, axis=1), numbers[:, column])
    names = tuple(name for name in header if name != target)
    return NumericTable(names, target, X, y, repeats)


def averaged(
    X: NDArray[np.float64], y: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Distinct rows in order of appearance, their mean values and how many rows each had."""
    rows: dict[tuple[float, ...], list[float]] = {}
    for row, value in zip(X.tolist(), y.tolist(), strict=True):
        rows.setdefault(tuple(row), []).append(value)
    return (
        np.array(list(rows), dtype=float).reshape(len(rows), X.shape[1]),
        np.array([np.mean(values) for values in rows.values()]),
        np.array([len(values) for values in rows.values()]),
    )


def _check_target(path: Path, header: Sequence[str], target: str) -> None:
    if target not in header:
        near = get_close_matches(target, header, n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        msg = f"{path} has no column {target!r}: {hint}it has {', '.join(header) or 'none'}"
        raise SourceError(msg)
    if len(header) == 1:
        msg = f"{path} has only the column {target!r}: add what was varied"
        raise SourceError(msg)


def _numbers(where: str, header: Sequence[str], cells: Sequence[str]) -> list[float]:
    remedy = "leave the row out, or code what is no number in columns of 0 and 1"
    return [
        number(f"{where}, column {name!r}", cell, remedy)
        for name, cell in zip(header, cells, strict=True)
    ]
