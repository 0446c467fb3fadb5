"""A CSV file of results, read strictly: what is unclear is refused, with its line and column."""

import math
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args

from cathode.errors import SourceError, UnitError
from cathode.lab.conditions import CONDITIONS, Condition, Value
from cathode.model import PROPERTIES, Candidate, Limit, Measurement, Property, Status
from cathode.physics.precursors import is_weighing
from cathode.sources.candidate_columns import HEADING, CandidateColumns
from cathode.sources.csv_cells import headings_and_rows, number
from cathode.sources.gathering import Faults
from cathode.spec import CampaignSpec, PoolSpec, SpaceSpec
from cathode.units import convert

ID, FAILED, ORDER, ASKED = "candidate", "failed", "order", "asked"
"""Columns of a candidate's id, of the cause of a failure, of the work order, "turn/place", and of
the evaluator that was asked."""


@dataclass(frozen=True)
class Row:
    """What a row says of its candidate.

    Attributes:
        values: per property what was measured, None where the cell is empty.
        failed: why it has no values, as far as the table says.
        order: the work order it answers, as far as the table says.
        asked: the evaluator that was asked, as far as the table says.
        limits: ``<`` or ``>`` of the properties of which a bound was measured.
        conditions: how it was measured, of which cell, by whom.
        where: file and line.
    """

    values: Mapping[str, float | None]
    failed: str | None = None
    order: str | None = None
    asked: str | None = None
    limits: Mapping[str, Limit] = field(default_factory=dict)
    conditions: Mapping[str, Value] = field(default_factory=dict)
    where: str = ""

    def measurement(
        self, candidate: Candidate, known: Property, **origin: Any
    ) -> Measurement | None:
        """What was measured of a property, None where the cell is empty."""
        value, limit = self.values[known.name], self.limits.get(known.name)
        if value is None:
            return None
        status = Status.OK if limit is None else Status.BOUND
        subject = (candidate.id, known.name, known.unit)
        return Measurement(*subject, value, status=status, bound=limit, **origin)


@dataclass(frozen=True)
class PropertyColumn:
    """A column that holds values of a property in a unit of its own."""

    index: int
    known: Property
    unit: str


@dataclass(frozen=True)
class ConditionColumn:
    """A column that says how something was measured, in a unit of its own."""

    index: int
    known: Condition
    unit: str

    def value(self, where: str, cell: str) -> Value | None:
        """What a cell says, None where it is empty.

        Raises:
            SourceError: it cannot be.
        """
        if not cell.strip():
            return None
        place = f"{where}, column {self.known.name}"
        if self.known.is_text:
            return self.known.checked(place, cell)
        measured = number(place, cell, "leave the cell empty where it is not known")
        return self.known.checked(place, convert(measured, self.unit, self.known.unit))


def parse_table(
    path: Path,
    text: str,
    campaign: CampaignSpec,
    known: Mapping[str, Candidate] | None = None,
    *,
    elsewhere: bool = False,
    faults: Faults | None = None,
) -> tuple[tuple[Property, ...], dict[Candidate, list[Row]]]:
    """The properties a table has and its rows by their candidate.

    Args:
        path: what messages call the file.
        text: its content.
        campaign: whose space and properties it speaks of.
        known: candidates by id; with them, a column ``candidate`` may name rows by id.
        elsewhere: whether rows may have prototypes that are not in the space.
        faults: where faults of rows and cells are noted, and these left out; else the first is
            refused.

    Raises:
        SourceError: something in it is wrong or can be read in two ways.
    """
    faults = faults or Faults()
    headings, lines = headings_and_rows(path, text, faults)
    keys = [campaign.space.name, ID] if isinstance(campaign.space, PoolSpec) else [ID]
    key = next((key for key in keys if key in headings), ID)
    named = headings.index(key) if known is not None and key in headings else None
    made = None
    if named is None:
        made = _columns(path, headings, campaign.space, elsewhere=elsewhere)
    taken = set() if made is None else made.indices
    told = _condition_columns(path, headings, faults)
    taken |= {column.index for column in told}
    columns = _property_columns(path, headings, taken, campaign, faults)
    rows: dict[Candidate, list[Row]] = {}
    for where, cells in lines:
        with faults.noted():
            candidate = (
                _named(where, cells[named or 0], known or {})
                if made is None
                else made.candidate(where, cells)
            )
            row = _row(where, headings, cells, columns, told, faults)
            mine = rows.setdefault(candidate, [])
            if any(_alike(row, other) for other in mine):
                msg = f"{where}: this candidate stands in the table twice: leave one row out, or "
                raise SourceError(msg + "tell replicates apart in a column cell or order")
            mine.append(row)
    every = [row for mine in rows.values() for row in mine]
    if all(x is None for row in every for x in row.values.values()) and FAILED not in headings:
        with faults.noted():
            names = ", ".join(c.known.name for c in columns)
            raise SourceError(
                f"{path}: not one cell of {names} holds a value: fill in what was measured"
            )
    return tuple(column.known for column in columns), rows


def one_each(rows: Mapping[Candidate, Sequence[Row]]) -> dict[Candidate, Row]:
    """The row of each candidate, where replicates have no place.

    Raises:
        SourceError: one has several.
    """
    for mine in rows.values():
        if len(mine) > 1:
            msg = f"{mine[1].where}: this candidate stands in the table twice: leave one row out"
            raise SourceError(msg)
    return {candidate: mine[0] for candidate, mine in rows.items()}


def _row(
    where: str,
    headings: Sequence[str],
    cells: Sequence[str],
    columns: Sequence[PropertyColumn],
    told: Sequence[ConditionColumn],
    faults: Faults,
) -> Row:
    """What a row says; cells with faults are left out where faults are gathered."""

    def word(name: str) -> str | None:
        return cells[headings.index(name)].strip() or None if name in headings else None

    values: dict[str, float | None] = {}
    limits: dict[str, Limit] = {}
    for column in columns:
        values[column.known.name] = None
        with faults.noted():
            limit, rest = _without_limit(cells[column.index])
            values[column.known.name] = _value(where, column, rest)
            if limit is not None:
                limits[column.known.name] = limit
    conditions: dict[str, Value] = {}
    for each in told:
        with faults.noted():
            value = each.value(where, cells[each.index])
            if value is not None:
                conditions[each.known.name] = value
    cause = word(FAILED)
    if cause is not None and any(value is not None for value in values.values()):
        msg = f"{where}: values, and {cause!r} as the cause of a failure: leave one of them out"
        raise SourceError(msg)
    return Row(values, cause, word(ORDER), word(ASKED), limits, conditions, where)


def _alike(row: Row, other: Row) -> bool:
    """Whether nothing tells two rows of a candidate apart."""
    return (row.order, row.conditions.get("cell")) == (other.order, other.conditions.get("cell"))


def _condition_columns(
    path: Path, headings: Sequence[str], faults: Faults
) -> list[ConditionColumn]:
    """The columns that say how something was measured."""
    found = []
    for index, heading in enumerate(headings):
        match = HEADING.match(heading)
        name, unit = (match["name"], match["unit"]) if match else (heading, "")
        known = CONDITIONS.get(name)
        if known is None:
            continue
        with faults.noted():
            if known.unit and not unit:
                msg = f"{path}: column {heading!r} has no unit: head it '{name} ({known.unit})'"
                raise SourceError(msg)
            try:
                convert(1.0, unit, known.unit)
            except UnitError as error:
                msg = f"{path}: column {heading!r}: {unit!r} is no unit of it: write it in "
                msg += known.unit or "no unit"
                raise SourceError(msg) from error
            found.append(ConditionColumn(index, known, unit))
    return found


def _columns(
    path: Path, headings: Sequence[str], space: SpaceSpec | PoolSpec, *, elsewhere: bool
) -> CandidateColumns:
    if isinstance(space, PoolSpec):
        msg = f"{path}: no column {space.name!r}: rows are named by it"
        raise SourceError(msg)
    return CandidateColumns.find(path, headings, space, elsewhere=elsewhere)


def _named(where: str, cell: str, known: Mapping[str, Candidate]) -> Candidate:
    name = cell.strip()
    for spelling in (name, name.lower()):
        if spelling in known:
            return known[spelling]
    near = get_close_matches(name, known, n=3)
    hint = f"did you mean {' or '.join(near)}?" if near else "look it up where it came from"
    msg = f"{where}: candidate {name!r} is not in this campaign: {hint}"
    raise SourceError(msg)


def _property_columns(
    path: Path,
    headings: Sequence[str],
    taken: Container[int],
    campaign: CampaignSpec,
    faults: Faults,
) -> list[PropertyColumn]:
    found: list[PropertyColumn] = []
    for index, heading in enumerate(headings):
        if index in taken:
            continue
        with faults.noted():
            column = _property_column(path, index, heading, campaign)
            if column is None:
                continue
            if column.known in (other.known for other in found):
                msg = f"{path}: {column.known.name} has two columns: leave one of them out"
                raise SourceError(msg)
            found.append(column)
    if not found and not faults.found:
        msg = f"{path}: no column is headed by a property, such as 'average_voltage (V)'"
        raise SourceError(msg)
    return found


def _property_column(
    path: Path, index: int, heading: str, campaign: CampaignSpec
) -> PropertyColumn | None:
    """The column of a property; None where it is a note, or tells grams of a precursor."""
    if is_weighing(heading) and heading.partition("(")[0].strip() not in campaign.properties:
        return None
    match = HEADING.match(heading)
    if match is None:
        _refuse_without_unit(path, heading, campaign)
        return None
    known = _property(path, heading, match["name"], campaign)
    try:
        convert(1.0, match["unit"], known.unit)
    except UnitError as error:
        msg = (
            f"{path}: column {heading!r}: {match['unit']!r} is no unit of "
            f"{known.name}: head it '{known.name} ({known.unit})', and convert"
        )
        raise SourceError(msg) from error
    return PropertyColumn(index, known, match["unit"])


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


def _without_limit(cell: str) -> tuple[Limit | None, str]:
    """Whether a cell holds a bound, and the rest of it."""
    text = cell.strip()
    for limit in get_args(Limit):
        if text.startswith(limit):
            return limit, text[1:] or limit  # what is no number is said to be none
    return None, cell


def _value(where: str, column: PropertyColumn, cell: str) -> float | None:
    if not cell.strip():
        return None
    place = f"{where}, column {column.known.name}"
    measured = number(
        place,
        cell,
        "put < or > before it where it is a bound, leave the cell empty where nothing was measured",
    )
    value = convert(measured, column.unit, column.known.unit)
    if not math.isfinite(value):
        msg = f"{place}: {cell.strip()} {column.unit} is no finite value in {column.known.unit}"
        raise SourceError(f"{msg}: mend the cell")
    return value
