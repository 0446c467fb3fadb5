"""A CSV file of results, read strictly: what is unclear is refused, with its line and column."""

import math
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args

from cathode.errors import SourceError, UnitError
from cathode.model import PROPERTIES, Candidate, Limit, Measurement, Property, Status
from cathode.sources.candidate_columns import HEADING, CandidateColumns
from cathode.sources.csv_cells import headings_and_rows, number
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
        limits: ``<`` or ``>`` of the properties of which a bound was measured.
        failed: why it has no values, as far as the table says.
        order: the work order it answers, as far as the table says.
        asked: the evaluator that was asked, as far as the table says.
    """

    values: Mapping[str, float | None]
    failed: str | None = None
    order: str | None = None
    asked: str | None = None
    limits: Mapping[str, Limit] = field(default_factory=dict)

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


def parse_table(
    path: Path,
    text: str,
    campaign: CampaignSpec,
    known: Mapping[str, Candidate] | None = None,
    *,
    elsewhere: bool = False,
) -> tuple[tuple[Property, ...], dict[Candidate, Row]]:
    """The properties a table has and its rows by their candidate.

    Args:
        path: what messages call the file.
        text: its content.
        campaign: whose space and properties it speaks of.
        known: candidates by id; with them, a column ``candidate`` may name rows by id.
        elsewhere: whether rows may have prototypes that are not in the space.

    Raises:
        SourceError: something in it is wrong or can be read in two ways.
    """
    headings, lines = headings_and_rows(path, text)
    key = campaign.space.name if isinstance(campaign.space, PoolSpec) else ID
    named = headings.index(key) if known is not None and key in headings else None
    made = None
    if named is None:
        made = _columns(path, headings, campaign.space, elsewhere=elsewhere)
    failed = headings.index(FAILED) if FAILED in headings else None
    order = headings.index(ORDER) if ORDER in headings else None
    asked = headings.index(ASKED) if ASKED in headings else None
    taken = set() if made is None else made.indices
    columns = _property_columns(path, headings, taken, campaign)
    rows: dict[Candidate, Row] = {}
    for where, cells in lines:
        candidate = (
            _named(where, cells[named or 0], known or {})
            if made is None
            else made.candidate(where, cells)
        )
        if candidate in rows:
            msg = f"{where}: this candidate stands in the table twice: leave one row out"
            raise SourceError(msg)
        cut = {c.known.name: _without_limit(cells[c.index]) for c in columns}
        values = {c.known.name: _value(where, c, cut[c.known.name][1]) for c in columns}
        limits = {name: limit for name, (limit, _) in cut.items() if limit is not None}
        cause = None if failed is None else cells[failed].strip() or None
        if cause is not None and any(value is not None for value in values.values()):
            msg = f"{where}: values, and {cause!r} as the cause of a failure: leave one of them out"
            raise SourceError(msg)
        answered = None if order is None else cells[order].strip() or None
        by = None if asked is None else cells[asked].strip() or None
        rows[candidate] = Row(values, cause, answered, by, limits)
    if all(x is None for row in rows.values() for x in row.values.values()) and failed is None:
        msg = f"{path}: not one cell of {', '.join(c.known.name for c in columns)} holds a value"
        raise SourceError(msg + ": fill in what was measured")
    return tuple(column.known for column in columns), rows


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
    path: Path, headings: Sequence[str], taken: Container[int], campaign: CampaignSpec
) -> list[PropertyColumn]:
    found: list[PropertyColumn] = []
    for index, heading in enumerate(headings):
        if index in taken:
            continue
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
