"""A CSV table of numbers: what was varied, and one column of what came of it."""

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cathode.errors import SourceError


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
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        msg = f"cannot read the table {str(path)!r} ({error}): give the path of a CSV file in UTF-8"
        raise SourceError(msg) from error
    lines = [row for row in csv.reader(io.StringIO(text)) if any(cell.strip() for cell in row)]
    header = [name.strip() for name in lines[0]] if lines else []
    _check_header(path, header, target)
    numbers = np.array([_numbers(path, i, header, row) for i, row in enumerate(lines[1:], 2)])
    if not len(numbers):
        msg = f"{path}: the table has no rows below its heading: add some"
        raise SourceError(msg)
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


def _check_header(path: Path, header: Sequence[str], target: str) -> None:
    for name in header:
        if header.count(name) > 1:
            msg = f"{path}: column {name!r} stands in the table twice: leave one of them out"
            raise SourceError(msg)
    if target not in header:
        near = get_close_matches(target, header, n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        msg = f"{path} has no column {target!r}: {hint}it has {', '.join(header) or 'none'}"
        raise SourceError(msg)
    if len(header) == 1:
        msg = f"{path} has only the column {target!r}: add what was varied"
        raise SourceError(msg)


def _numbers(path: Path, line: int, header: Sequence[str], row: Sequence[str]) -> list[float]:
    if len(row) != len(header):
        msg = f"{path}, line {line}: {len(row)} cells under {len(header)} headings: mend the row"
        raise SourceError(msg)
    return [
        _number(cell, f"{path}, line {line}, column {name!r}")
        for name, cell in zip(header, row, strict=True)
    ]


def _number(cell: str, where: str) -> float:
    if not cell.strip():
        msg = f"{where}: the cell is empty: fill it in, or leave the row out"
        raise SourceError(msg)
    try:
        value = float(cell)
    except ValueError as error:
        msg = f"{where}: {cell.strip()!r} is no number: code it in columns of 0 and 1"
        raise SourceError(msg) from error
    if not math.isfinite(value):
        msg = f"{where}: {cell.strip()!r} is not finite: leave the row out"
        raise SourceError(msg)
    return value
