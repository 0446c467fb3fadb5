"""A table of cells as they stand in a file: CSV, or numbers parted by blanks."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cathode.errors import SourceError
from cathode.sources.csv_cells import headings_and_rows, number, read_text


@dataclass(frozen=True)
class TextTable:
    """Cells under headings.

    Attributes:
        path: the file.
        headings: names of the columns.
        places: where each row stands, in words.
        cells: rows of cells, without the blanks around them.
    """

    path: Path
    headings: tuple[str, ...]
    places: tuple[str, ...]
    cells: tuple[tuple[str, ...], ...]

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.cells)

    def column(self, name: str) -> list[str]:
        """The cells of a column.

        Raises:
            SourceError: there is no such column.
        """
        if name not in self.headings:
            near = get_close_matches(name, self.headings, n=1)
            hint = f"did you mean {near[0]!r}? " if near else ""
            msg = f"{self.path} has no column {name!r}: {hint}it has {', '.join(self.headings)}"
            raise SourceError(msg)
        place = self.headings.index(name)
        return [row[place] for row in self.cells]

    def numbers(self, name: str, remedy: str) -> NDArray[np.float64]:
        """The finite numbers in a column, shape (rows,).

        Raises:
            SourceError: there is no such column, or a cell holds something else; the message
                then ends with the remedy.
        """
        return np.array(
            [
                number(f"{place}, column {name!r}", cell, remedy)
                for place, cell in zip(self.places, self.column(name), strict=True)
            ]
        )


def read_text_table(path: Path) -> TextTable:
    """Read a CSV file, or a table of numbers parted by blanks without headings.

    The columns of the latter are called ``column_1``, ``column_2`` and so on.

    Raises:
        SourceError: the file is no such table.
    """
    text = read_text(path)
    first = next((line for line in text.splitlines() if line.strip()), "")
    if _is_numbers(first.split()):
        headings = [f"column_{i + 1}" for i in range(len(first.split()))]
        rows = _blank_separated(path, text, len(headings))
    else:
        headings, rows = headings_and_rows(path, text)
    places, cells = zip(*rows, strict=True)
    stripped = tuple(tuple(cell.strip() for cell in row) for row in cells)
    return TextTable(path, tuple(headings), places, stripped)


def _is_numbers(words: Sequence[str]) -> bool:
    try:
        return bool([float(word) for word in words])
    except ValueError:
        return False


def _blank_separated(path: Path, text: str, width: int) -> Iterator[tuple[str, list[str]]]:
    for i, line in enumerate(text.splitlines(), start=1):
        words = line.split()
        if words and len(words) != width:
            msg = f"{path}, line {i}: {len(words)} numbers where the first line has {width}"
            raise SourceError(msg)
        if words:
            yield f"{path}, line {i}", words
