"""A CSV file of results, read strictly: what is unclear is refused, with its line and column."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from fractions import Fraction
from pathlib import Path

from pymatgen.core import Element

from cathode.errors import SourceError, UnitError
from cathode.model import PROPERTIES, Property
from cathode.sources.csv_cells import headings_and_rows, number
from cathode.spec import CampaignSpec
from cathode.spec.base import to_fraction
from cathode.units import convert

HEADING = re.compile(r"^(?P<name>\w+)\s*\((?P<unit>.+)\)$")
"""How a column of a property is headed."""

SEPARATORS = {";": "semicolons", "\t": "tabs"}

Recipe = tuple[tuple[str, Fraction], ...]
"""Elements with their fractions, sorted, zeros left out."""

Values = dict[str, float | None]
"""Per property what was measured, None where the cell is empty."""


@dataclass(frozen=True)
class PropertyColumn:
    """A column that holds values of a property in a unit of its own."""

    index: int
    known: Property
    unit: str


def parse_table(
    path: Path, text: str, campaign: CampaignSpec
) -> tuple[tuple[Property, ...], dict[Recipe, Values]]:
    """The properties a table has and its rows by their composition.

    Raises:
        SourceError: something in it is wrong or can be read in two ways.
    """
    headings, lines = headings_and_rows(path, text)
    columns = _property_columns(path, headings, campaign)
    elements = sorted((h, i) for i, h in enumerate(headings) if Element.is_valid_symbol(h))
    rows: dict[Recipe, Values] = {}
    for where, cells in lines:
        recipe = _recipe(where, [(element, cells[i]) for element, i in elements])
        if recipe in rows:
            msg = f"{where}: this composition stands in the table twice: leave one row out"
            raise SourceError(msg)
        rows[recipe] = {c.known.name: _value(where, c, cells[c.index]) for c in columns}
    if all(value is None for values in rows.values() for value in values.values()):
        msg = f"{path}: not one cell of {', '.join(c.known.name for c in columns)} holds a value"
        raise SourceError(msg + ": fill in what was measured")
    return tuple(column.known for column in columns), rows


def _property_columns(
    path: Path, headings: Sequence[str], campaign: CampaignSpec
) -> list[PropertyColumn]:
    found: list[PropertyColumn] = []
    for index, heading in enumerate(headings):
        match = HEADING.match(heading)
        if match is None:
            _refuse_without_unit(path, heading, campaign)
            continue
        known = _property(path, heading, match["name"], campaign)
        try:
            convert(1.0, match["unit"], known.unit)
        except UnitError as error:
            msg = (
                f"{path}: column {heading!r}: {match['unit']!r} is no unit of "
                f"{known.name}: head it '{known.name} ({known.unit})', and convert"
            )
            raise SourceError(msg) from error
        if known in (column.known for column in found):
            msg = f"{path}: {known.name} has two columns: leave one of them out"
            raise SourceError(msg)
        found.append(PropertyColumn(index, known, match["unit"]))
    if not found:
        msg = f"{path}: no column is headed by a property, such as 'average_voltage (V)'"
        for mark, name in SEPARATORS.items():
            if any(mark in heading for heading in headings):
                msg += f"; its cells seem to be parted by {name}: save it with commas"
        raise SourceError(msg)
    return found


def _property(path: Path, heading: str, name: str, campaign: CampaignSpec) -> Property:
    try:
        return campaign.property_named(name)
    except KeyError as error:
        near = get_close_matches(name, [*PROPERTIES, *campaign.properties], n=1)
        hint = f"did you mean {near[0]!r}? If not, " if near else ""
        msg = f"{path}: column {heading!r} is no known property: {hint}declare it under properties"
        raise SourceError(msg + " in the spec") from error


def _refuse_without_unit(path: Path, heading: str, campaign: CampaignSpec) -> None:
    try:
        known = campaign.property_named(heading)
    except KeyError:
        return  # a note
    msg = f"{path}: column {heading!r} has no unit: head it '{known.name} ({known.unit})'"
    raise SourceError(msg)


def _recipe(where: str, cells: Sequence[tuple[str, str]]) -> Recipe:
    recipe = tuple((e, x) for e, cell in cells if (x := _fraction(where, e, cell)))
    if (total := sum(x for _, x in recipe)) != 1:
        shown = ", ".join(f"{e} {float(x):g}" for e, x in recipe) or "its fractions"
        known = ", ".join(e for e, _ in cells) or "none"
        msg = (
            f"{where}: {shown} sum to {float(total):g}, not one: mend the row, or head the "
            f"column of each element by its symbol (found: {known})"
        )
        raise SourceError(msg)
    return recipe


def _fraction(where: str, element: str, cell: str) -> Fraction:
    """An empty cell is an element that is absent."""
    if not cell.strip():
        return Fraction(0)
    try:
        value = to_fraction(cell.strip())
    except ValueError as error:
        raise SourceError(f"{where}, column {element}: {error}") from error
    if value < 0:
        msg = f"{where}, column {element}: {cell.strip()} is below zero: fractions run from 0 to 1"
        raise SourceError(msg)
    return value


def _value(where: str, column: PropertyColumn, cell: str) -> float | None:
    if not cell.strip():
        return None
    place = f"{where}, column {column.known.name}"
    measured = number(place, cell, "leave the cell empty where nothing was measured")
    value = convert(measured, column.unit, column.known.unit)
    if not math.isfinite(value):
        msg = f"{place}: {cell.strip()} {column.unit} is no finite value in {column.known.unit}"
        raise SourceError(f"{msg}: mend the cell")
    return value
