"""Where a campaign stands, counted by the database: quick however many measurements there are.

What counts is what :mod:`cathode.evaluation.outcomes` says of the same measurements.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Connection, Subquery, and_, case, func, or_, select

from cathode.evaluation.pareto import gains_of, hypervolume, non_dominated, reference_point
from cathode.ledger.tables import measurements, proposals
from cathode.model import Status
from cathode.spec import CampaignSpec, Constraint

FAR = 1e300
"""Stands for a bound that is not there; databases write infinity in different ways."""


@dataclass(frozen=True)
class Tally:
    """How many candidates have results of the campaign's own evaluator.

    Attributes:
        answered: candidates with any.
        counting: of those, how many have all objectives and keep all constraints.
        failed: candidates of which a property has failed and has no value.
        best: per objective the best value among those that count; empty where none does.
    """

    answered: int
    counting: int
    failed: int
    best: dict[str, float]


def tally(connection: Connection, spec: CampaignSpec) -> Tally:
    """Count the candidates of a campaign."""
    table = _by_candidate(connection, spec)
    counts = _counts(table, spec)
    best = []
    for i, objective in enumerate(spec.objectives):
        value: ColumnElement[Any] = case((counts, table.c[f"value_{i}"]))
        if objective.goal == "target":
            value = func.abs(value - objective.target)
        best.append(func.max(value) if objective.goal == "max" else func.min(value))
    row = connection.execute(select(func.count(), func.count(case((counts, 1))), *best)).one()
    values = {o.property: each for o, each in zip(spec.objectives, row[2:], strict=True)}
    for i, objective in enumerate(spec.objectives):
        if objective.goal == "target" and row[1]:
            nearest = func.abs(table.c[f"value_{i}"] - objective.target)
            query = select(table.c[f"value_{i}"]).where(counts).order_by(nearest).limit(1)
            values[objective.property] = connection.execute(query).scalar_one()
    best_values = {name: float(each) for name, each in values.items() if each is not None}
    return Tally(row[0], row[1], _failed(connection, spec.name), best_values)


def leading(connection: Connection, spec: CampaignSpec, n: int) -> list[tuple[str, bool]]:
    """The best candidates that count, and whether each is on the Pareto front.

    One objective is ranked by value; of several, the front comes first, then all by the first.

    Args:
        connection: any transaction.
        spec: the campaign.
        n: how many at most.
    """
    table = _by_candidate(connection, spec)
    columns = [table.c[f"value_{i}"] for i in range(len(spec.objectives))]
    rows = connection.execute(select(table.c.candidate, *columns).where(_counts(table, spec))).all()
    if not rows:
        return []
    gains = gains_in(rows, spec)
    front = non_dominated(gains)
    order = np.lexsort(([row[0] for row in rows], -gains[:, 0], ~front))[:n]
    return [(rows[i][0], bool(front[i])) for i in order]


def dominated_volume(connection: Connection, spec: CampaignSpec) -> float:
    """Hypervolume of the candidates that count, from the worst of the initial design."""
    table = _by_candidate(connection, spec)
    columns = [table.c[f"value_{i}"] for i in range(len(spec.objectives))]
    first = select(proposals.c.candidate).where(
        proposals.c.campaign == spec.name, proposals.c.turn == 0, proposals.c.evaluator.is_(None)
    )
    known = [column.is_not(None) for column in columns]
    query = select(table.c.candidate, *columns)
    initial = connection.execute(query.where(table.c.candidate.in_(first), *known)).all()
    rows = connection.execute(query.where(_counts(table, spec))).all()
    reference = reference_point(spec.objectives, gains_in(initial, spec))
    return hypervolume(gains_in(rows, spec), reference)


def gains_in(rows: Sequence[Any], spec: CampaignSpec) -> NDArray[np.float64]:
    """Objectives of rows of an id and their values, turned so that more is better."""
    values = np.array([row[1:] for row in rows], dtype=float).reshape(
        len(rows), len(spec.objectives)
    )
    return np.column_stack([gains_of(o, values[:, i]) for i, o in enumerate(spec.objectives)])


def _by_candidate(connection: Connection, spec: CampaignSpec) -> Subquery:
    """A row per candidate: for each property that decides its value and the bounds it has."""
    columns: list[ColumnElement[Any]] = [measurements.c.candidate]
    value = measurements.c.value
    for i, name in enumerate(spec.modelled):
        mine = measurements.c.property == name
        ok = and_(mine, measurements.c.status == str(Status.OK))
        above, below = (and_(mine, measurements.c.bound == side) for side in ("><"))
        columns += [
            func.avg(case((ok, value))).label(f"value_{i}"),
            func.coalesce(func.max(case((above, value))), -FAR).label(f"low_{i}"),
            func.coalesce(func.min(case((below, value))), FAR).label(f"high_{i}"),
        ]
    query = select(*columns).where(*_valid(connection, spec.name))
    return query.group_by(measurements.c.candidate).subquery()


def _counts(table: Subquery, spec: CampaignSpec) -> ColumnElement[bool]:
    """Whether a candidate has all objectives and keeps all constraints."""
    place = {name: i for i, name in enumerate(spec.modelled)}
    known = [table.c[f"value_{place[o.property]}"].is_not(None) for o in spec.objectives]
    return and_(*known, *(_kept(table, place[c.property], c) for c in spec.constraints))


def _kept(table: Subquery, i: int, constraint: Constraint) -> ColumnElement[bool]:
    """Whether a constraint is kept: by the value, or by bounds that decide."""
    value, low, high = (table.c[f"{word}_{i}"] for word in ("value", "low", "high"))
    least = -FAR if constraint.min is None else constraint.min
    most = FAR if constraint.max is None else constraint.max
    by_value = and_(value >= least, value <= most)
    by_bounds = and_(value.is_(None), low >= least, high <= most)
    has_bounds = or_(low > -FAR, high < FAR)
    return or_(by_value, and_(by_bounds, has_bounds))


def _failed(connection: Connection, campaign: str) -> int:
    """Candidates of which a property has failed and has no value."""
    valid = _valid(connection, campaign)
    lost = select(measurements.c.candidate, measurements.c.property).where(
        *valid, measurements.c.status == str(Status.FAILED)
    )
    failures = {(row[0], row[1]) for row in connection.execute(lost.distinct())}
    if not failures:
        return 0
    ids = sorted({candidate for candidate, _ in failures})
    found = select(measurements.c.candidate, measurements.c.property).where(
        *valid, measurements.c.status == str(Status.OK), measurements.c.candidate.in_(ids)
    )
    failures -= {(row[0], row[1]) for row in connection.execute(found.distinct())}
    return len({candidate for candidate, _ in failures})


def _valid(connection: Connection, campaign: str) -> list[ColumnElement[bool]]:
    """Conditions on the results of a campaign's own evaluator that count."""
    asked = [
        measurements.c.campaign == campaign,
        measurements.c.evaluator.is_(None),
        measurements.c.status != str(Status.RETRACTED),
    ]
    query = select(measurements.c.supersedes).where(
        measurements.c.campaign == campaign, measurements.c.supersedes.is_not(None)
    )
    if superseded := list(connection.scalars(query)):
        asked.append(measurements.c.id.not_in(superseded))
    return asked
