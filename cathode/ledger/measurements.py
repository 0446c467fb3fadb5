"""Measurements: append-only, each submission stored once, corrections keep what they correct."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, case, func, select

from cathode.ledger.database import insert_new, now
from cathode.ledger.tables import measurements
from cathode.model import Measurement, Proposal, Status


@dataclass(frozen=True)
class Recorded:
    """A measurement as the ledger holds it.

    Attributes:
        id: its number in the ledger.
        measurement: what was measured.
        turn: turn of the proposal it answers, None if it answers none.
        rank: rank of that proposal.
        submission: the submitter's name for it, unique.
        recorded_by: who entered it.
        recorded_at: when.
        supersedes: number of the one it corrects or takes back, None if none.
    """

    id: int
    measurement: Measurement
    turn: int | None
    rank: int | None
    submission: str
    recorded_by: str
    recorded_at: datetime
    supersedes: int | None = None


def record_answer(
    connection: Connection, proposal: Proposal, answer: Sequence[Measurement], who: str
) -> int:
    """Enter an evaluator's answer to a proposal; the same answer again changes nothing.

    Returns:
        How many measurements were new.
    """
    asked = f"{proposal.campaign}/{proposal.turn}/{proposal.rank}"
    rows = [
        _row(measurement, proposal.campaign, who)
        | {
            "turn": proposal.turn,
            "rank": proposal.rank,
            "submission": f"{asked}/{measurement.property}",
        }
        for measurement in answer
    ]
    return insert_new(connection, measurements, "submission", rows)


def record(
    connection: Connection,
    campaign: str,
    measurement: Measurement,
    who: str,
    submission: str,
    supersedes: int | None = None,
    answers: Proposal | None = None,
) -> bool:
    """Enter one measurement of a candidate that the ledger knows.

    Args:
        connection: a write transaction.
        campaign: name of the campaign.
        measurement: what was measured.
        who: who enters it.
        submission: name of the submission, unique; one that is known changes nothing.
        supersedes: number of the measurement it corrects.
        answers: the proposal it answers, if any.

    Returns:
        Whether it was new.
    """
    row = _row(measurement, campaign, who) | {"submission": submission, "supersedes": supersedes}
    if answers is not None:
        row |= {"turn": answers.turn, "rank": answers.rank}
    return insert_new(connection, measurements, "submission", [row]) == 1


def last_id(connection: Connection, campaign: str) -> int:
    """Number of the campaign's newest measurement, 0 if it has none."""
    query = select(func.max(measurements.c.id)).where(measurements.c.campaign == campaign)
    return connection.execute(query).scalar() or 0


def effective(connection: Connection, campaign: str, up_to: int | None = None) -> list[Recorded]:
    """The measurements that count: all but those superseded, and what only takes one back.

    Args:
        connection: any transaction.
        campaign: name of the campaign.
        up_to: number of the newest measurement to look at; all if None. As nothing is ever
            changed, the same number gives the same measurements for ever.

    Returns:
        In an order that does not depend on when they arrived.
    """
    return counting(every(connection, campaign, up_to))


def counting(found: Sequence[Recorded]) -> list[Recorded]:
    """Those of all measurements that count."""
    superseded = {known.supersedes for known in found}
    kept = [
        known
        for known in found
        if known.id not in superseded and known.measurement.status is not Status.RETRACTED
    ]
    return sorted(kept, key=lambda r: (r.turn is None, r.turn or 0, r.rank or 0, r.submission))


def every(
    connection: Connection,
    campaign: str,
    up_to: int | None = None,
    candidates: Sequence[str] | None = None,
) -> list[Recorded]:
    """All measurements of a campaign as they came, those that no longer count among them.

    Args:
        connection: any transaction.
        campaign: name of the campaign.
        up_to: number of the newest measurement to look at; all if None.
        candidates: ids of those to look at; all if None.
    """
    query = select(measurements).where(measurements.c.campaign == campaign)
    if up_to is not None:
        query = query.where(measurements.c.id <= up_to)
    if candidates is not None:
        query = query.where(measurements.c.candidate.in_(candidates))
    rows = connection.execute(query.order_by(measurements.c.id))
    return [_recorded(row) for row in rows]


def bounded(connection: Connection, campaign: str) -> list[str]:
    """Ids of the candidates of which a bound is known."""
    query = select(measurements.c.candidate).where(
        measurements.c.campaign == campaign, measurements.c.status == str(Status.BOUND)
    )
    return list(connection.scalars(query.distinct()))


def answered_by(
    connection: Connection, campaign: str, evaluators: Iterable[str]
) -> dict[str, tuple[int, int]]:
    """How many candidates each cheaper evaluator has answered, and how many not in all."""
    found = {}
    for name in evaluators:
        failed = case((measurements.c.status == str(Status.FAILED), measurements.c.candidate))
        query = select(
            func.count(measurements.c.candidate.distinct()), func.count(failed.distinct())
        ).where(measurements.c.campaign == campaign, measurements.c.evaluator == name)
        answered, lost = connection.execute(query).one()
        found[name] = (int(answered), int(lost))
    return found


def _row(measurement: Measurement, campaign: str, who: str) -> dict[str, Any]:
    return {
        "campaign": campaign,
        "candidate": measurement.candidate_id,
        "property": measurement.property,
        "unit": measurement.unit,
        "value": measurement.value,
        "sigma": measurement.sigma,
        "status": str(measurement.status),
        "bound": measurement.bound,
        "cause": measurement.cause,
        "detail": measurement.detail,
        "source": measurement.source,
        "fidelity": measurement.fidelity,
        "conditions": dict(measurement.conditions),
        "evaluator": measurement.evaluator,
        "recorded_by": who,
        "recorded_at": now(),
    }


def _recorded(row: Row[Any]) -> Recorded:
    measurement = Measurement(
        row.candidate,
        row.property,
        row.unit,
        row.value,
        row.sigma,
        Status(row.status),
        row.bound,
        row.cause,
        row.detail,
        row.source,
        row.fidelity,
        row.conditions,
        row.evaluator,
    )
    return Recorded(
        row.id,
        measurement,
        row.turn,
        row.rank,
        row.submission,
        row.recorded_by,
        row.recorded_at,
        row.supersedes,
    )
