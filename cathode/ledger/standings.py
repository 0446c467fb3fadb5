"""Where a campaign stands, counted by the database: quick however many measurements there are.

What counts is what :func:`cathode.evaluation.outcomes.outcomes` says of the same measurements.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Connection, Select, and_, case, func, select

from cathode.ledger.tables import measurements
from cathode.model import Status

Values = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Standings:
    """The candidates of a campaign that have results of their own.

    Attributes:
        candidates: ids, shape (n,).
        values: per property the mean of the ok measurements, nan where there is none, shape (n,).
        low: per property the greatest of the bounds ">", -inf where there is none, shape (n,).
        high: per property the least of the bounds "<", inf where there is none, shape (n,).
        failed: whether a property of the candidate has failed and has no value, shape (n,).
    """

    candidates: Sequence[str]
    values: Mapping[str, Values]
    low: Mapping[str, Values]
    high: Mapping[str, Values]
    failed: NDArray[np.bool_]

    def __len__(self) -> int:
        """Number of candidates."""
        return len(self.candidates)


def standings(connection: Connection, campaign: str, properties: Sequence[str]) -> Standings:
    """What is known of each candidate by the campaign's own evaluator.

    Args:
        connection: any transaction.
        campaign: name of the campaign.
        properties: those that decide.
    """
    columns: list[ColumnElement[Any]] = []
    for name in properties:
        mine = measurements.c.property == name
        value = measurements.c.value
        columns += [
            func.avg(case((and_(mine, measurements.c.status == Status.OK), value))),
            func.max(case((and_(mine, measurements.c.bound == ">"), value))),
            func.min(case((and_(mine, measurements.c.bound == "<"), value))),
        ]
    query = (
        select(measurements.c.candidate, *columns)
        .where(*_counting(connection, campaign))
        .group_by(measurements.c.candidate)
    )
    rows = connection.execute(query).all()
    table = np.array([row[1:] for row in rows], dtype=float).reshape(len(rows), -1)
    names = [row[0] for row in rows]
    return Standings(
        names,
        {name: table[:, 3 * i] for i, name in enumerate(properties)},
        {name: _or(table[:, 3 * i + 1], -np.inf) for i, name in enumerate(properties)},
        {name: _or(table[:, 3 * i + 2], np.inf) for i, name in enumerate(properties)},
        np.isin(names, _failed(connection, campaign)),
    )


def _or(values: Values, otherwise: float) -> Values:
    return np.where(np.isnan(values), otherwise, values)


def _failed(connection: Connection, campaign: str) -> list[str]:
    """Candidates of which a property has failed and has no value."""
    failures = func.count(case((measurements.c.status == Status.FAILED, 1)))
    values = func.count(case((measurements.c.status == Status.OK, 1)))
    by_property: Select[Any] = (
        select(measurements.c.candidate)
        .where(*_counting(connection, campaign))
        .group_by(measurements.c.candidate, measurements.c.property)
        .having(and_(failures > 0, values == 0))
    )
    return list(connection.scalars(by_property.distinct()))


def _counting(connection: Connection, campaign: str) -> list[ColumnElement[bool]]:
    """Conditions on the results of a campaign's own evaluator that count."""
    asked = [
        measurements.c.campaign == campaign,
        measurements.c.evaluator.is_(None),
        measurements.c.status != Status.RETRACTED,
    ]
    superseded = list(
        connection.scalars(
            select(measurements.c.supersedes).where(
                measurements.c.campaign == campaign, measurements.c.supersedes.is_not(None)
            )
        )
    )
    if superseded:
        asked.append(measurements.c.id.not_in(superseded))
    return asked
