"""A table as people hand it in: CSV, a sheet of a workbook, or cells pasted from one."""

import csv
import io
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from cathode.errors import SourceError
from cathode.sources.csv_cells import csv_rows, read_text

WORKBOOK = ".xlsx"

LARGEST = 20 * 2**20
"""Bytes of a workbook; it is packed, and may hold many times as much."""

MOST_ROWS, MOST_COLUMNS = 20_000, 200


def table_text(path: Path) -> str:
    """A table as text of CSV.

    Args:
        path: a CSV file, or a workbook whose first sheet is read, with values as they were computed
            last: no formula is evaluated.

    Raises:
        SourceError: it cannot be read, or is too large.
    """
    return sheet_text(path) if path.suffix.lower() == WORKBOOK else read_text(path)


def pasted_text(path: Path, text: str) -> str:
    """Pasted cells as text of CSV: spreadsheets part them by tabs.

    Raises:
        SourceError: they are no table.
    """
    first = next((line for line in text.splitlines() if line.strip()), "")
    if "\t" not in first:
        return text
    return _written(cells for _, cells in csv_rows(path, text, "\t"))


def sheet_text(path: Path) -> str:
    """The first sheet of a workbook as text of CSV.

    Raises:
        SourceError: it cannot be read, or is too large.
    """
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        size = path.stat().st_size
        if size > LARGEST:
            msg = f"{path.name} has {size / 2**20:.0f} MB: {LARGEST / 2**20:.0f} are the most"
            raise SourceError(msg)
        # Opened by us, so that nothing else that looks like a path is.
        with path.open("rb") as content:
            book = load_workbook(content, read_only=True, data_only=True)
            sheet = book.worksheets[0]
            rows = sheet.iter_rows(max_row=MOST_ROWS + 1, max_col=MOST_COLUMNS, values_only=True)
            cells = [[_text(cell) for cell in row] for row in rows]
    except (OSError, BadZipFile, InvalidFileException, KeyError, ValueError, IndexError) as error:
        msg = f"cannot read the workbook {path.name} ({error}): save it anew as .xlsx, or as CSV"
        raise SourceError(msg) from error
    if len(cells) > MOST_ROWS:
        msg = f"{path.name} has more than {MOST_ROWS} rows: hand it in in parts"
        raise SourceError(msg)
    return _written(_trimmed(cells))


def _text(cell: Any) -> str:
    """A cell as CSV would have it."""
    if cell is None:
        return ""
    if isinstance(cell, datetime | date):
        return cell.isoformat()
    return str(cell)


def _trimmed(cells: list[list[str]]) -> list[list[str]]:
    """Without empty columns to the right."""
    width = max((i for row in cells for i, cell in enumerate(row, 1) if cell), default=0)
    return [(row + [""] * width)[:width] for row in cells]


def _written(rows: Any) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()
