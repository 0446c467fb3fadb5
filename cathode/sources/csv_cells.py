"""A CSV file as headings and rows of cells, read strictly."""

import csv
import io
import math
from collections.abc import Iterator, Sequence
from pathlib import Path

from cathode.errors import SourceError
from cathode.sources.gathering import Faults

SEPARATORS = {";": "semicolons", "\t": "tabs"}


def read_text(path: Path) -> str:
    """The text of a file.

    Raises:
        SourceError: it is missing or no UTF-8 text.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        msg = f"{path} is no UTF-8 text ({error.reason}): save the table as 'CSV UTF-8'"
        raise SourceError(msg) from error
    except OSError as error:
        msg = f"cannot read the table {str(path)!r} ({error}): give the path of a CSV file"
        raise SourceError(msg) from error


def headings_and_rows(
    path: Path, text: str, faults: Faults | None = None
) -> tuple[list[str], Iterator[tuple[str, list[str]]]]:
    """The headings, and the rows that are not blank with their place in words.

    Args:
        path: what messages call the file.
        text: its content.
        faults: where rows of another width are noted, and left out; else the first is refused.

    Raises:
        SourceError: a heading stands there twice; while iterating, a row has more or fewer
            cells than there are headings, or there is no row.
    """
    lines = csv_rows(path, text)
    _, first = next(lines, (0, []))
    headings = [heading.strip() for heading in first]
    if not any(headings):
        msg = f"{path}: the table is empty: it needs headings and rows"
        raise SourceError(msg)
    for mark, name in SEPARATORS.items():
        if len(headings) == 1 and mark in headings[0]:
            msg = f"{path}: its cells seem to be parted by {name}: save it with commas"
            raise SourceError(msg)
    _refuse_headings_twice(path, headings)
    noted = faults or Faults()

    def rows() -> Iterator[tuple[str, list[str]]]:
        empty = True
        for line, cells in lines:
            if not any(cell.strip() for cell in cells):
                continue
            empty = False
            where = f"{path}, line {line}"
            with noted.noted():
                _refuse_other_width(where, cells, headings)
            if len(cells) == len(headings):
                yield where, cells
        if empty:
            msg = f"{path}: the table has no rows below its heading: add some"
            raise SourceError(msg)

    return headings, rows()


def csv_rows(path: Path, text: str, delimiter: str = ",") -> Iterator[tuple[int, list[str]]]:
    """The rows of a CSV text, each with the number of its last line.

    Raises:
        SourceError: it is no CSV; while iterating.
    """
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for cells in reader:
            yield reader.line_num, cells
    except csv.Error as error:
        msg = f"{path}, line {reader.line_num}: it is no table ({error}): save it as 'CSV UTF-8'"
        raise SourceError(msg) from error


def _refuse_headings_twice(path: Path, headings: Sequence[str]) -> None:
    for heading in headings:
        if heading and headings.count(heading) > 1:
            msg = f"{path}: column {heading!r} stands in the table twice: leave one of them out"
            raise SourceError(msg)


def _refuse_other_width(where: str, cells: Sequence[str], headings: Sequence[str]) -> None:
    if len(cells) != len(headings):
        msg = (
            f"{where}: {len(cells)} cells under {len(headings)} headings: give every column a "
            "cell, and write decimals with a point"
        )
        raise SourceError(msg)


def number(where: str, cell: str, remedy: str) -> float:
    """The finite number in a cell.

    Raises:
        SourceError: it is none; the message ends with the remedy.
    """
    try:
        value = float(cell)
    except ValueError as error:
        msg = f"{where}: {cell.strip()!r} is no number: write one with a decimal point; {remedy}"
        raise SourceError(msg) from error
    if not math.isfinite(value):
        msg = f"{where}: {cell.strip()!r} is not finite: {remedy}"
        raise SourceError(msg)
    return value
