"""Turns and the steps they have finished."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from cathode.ledger.database import now
from cathode.ledger.tables import steps, turns
from cathode.model import Turn


@dataclass(frozen=True)
class TurnRecord:
    """A turn with what it has done.

    Attributes:
        turn: the turn.
        started_at: when it began.
        finished_at: when its last step was done; None while it goes on.
        results: per finished step what it recorded.
        seconds: per finished step how long it took.
    """

    turn: Turn
    started_at: datetime
    finished_at: datetime | None
    results: dict[str, dict[str, Any]]
    seconds: dict[str, float]


def history(connection: Connection, campaign: str) -> list[TurnRecord]:
    """All turns of a campaign in order."""
    done: dict[int, list[Any]] = {}
    query = select(steps).where(steps.c.campaign == campaign).order_by(steps.c.finished_at)
    for row in connection.execute(query):
        done.setdefault(row.turn, []).append(row)
    found = []
    for row in connection.execute(
        select(turns).where(turns.c.campaign == campaign).order_by(turns.c.number)
    ):
        finished = done.get(row.number, [])
        found.append(
            TurnRecord(
                Turn(row.campaign, row.number, row.revision),
                row.started_at,
                row.finished_at,
                {step.step: step.result for step in finished},
                {step.step: step.seconds for step in finished},
            )
        )
    return found


def start(connection: Connection, turn: Turn) -> None:
    """Enter a new turn."""
    row = {
        "campaign": turn.campaign,
        "number": turn.number,
        "revision": turn.revision,
        "started_at": now(),
    }
    connection.execute(turns.insert().values(row))


def finish(connection: Connection, turn: Turn) -> None:
    """Mark a turn as done."""
    connection.execute(
        turns.update()
        .where(turns.c.campaign == turn.campaign, turns.c.number == turn.number)
        .values(finished_at=now())
    )


def step_result(connection: Connection, turn: Turn, step: str) -> dict[str, Any] | None:
    """What a step recorded, None if it has not finished."""
    result: dict[str, Any] | None = connection.execute(
        select(steps.c.result).where(
            steps.c.campaign == turn.campaign, steps.c.turn == turn.number, steps.c.step == step
        )
    ).scalar_one_or_none()
    return result


def finish_step(
    connection: Connection, turn: Turn, step: str, result: dict[str, Any], seconds: float
) -> None:
    """Mark a step as done; a second time is an integrity error, so no step commits twice."""
    row = {
        "campaign": turn.campaign,
        "turn": turn.number,
        "step": step,
        "finished_at": now(),
        "seconds": seconds,
        "result": result,
    }
    connection.execute(steps.insert().values(row))
