"""Proposals and the candidates they name."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, func, select

from cathode.errors import LedgerError
from cathode.ledger.database import insert_new, now
from cathode.ledger.tables import candidates, measurements, proposals
from cathode.model import Candidate, Proposal
from cathode.physics.formulas import formula

MOST_KEPT = 100_000

_known: dict[str, Candidate] = {}
"""Candidates of this process by id, a hash of the content: exact fractions take time to make."""


def add_candidates(connection: Connection, found: Sequence[Candidate]) -> None:
    """Enter candidates that are not known yet.

    Raises:
        LedgerError: another candidate has the same id.
    """
    rows = [{"id": c.id, "content": c.content(), "formula": formula(c)} for c in found]
    insert_new(connection, candidates, "id", rows)
    known = select(candidates).where(candidates.c.id.in_([c.id for c in found]))
    contents = {row.id: row.content for row in connection.execute(known)}
    for candidate in found:
        if contents[candidate.id] != candidate.content():
            msg = f"two candidates share the id {candidate.id}: report this as a defect"
            raise LedgerError(msg)


def record(connection: Connection, found: Sequence[Proposal]) -> None:
    """Enter the proposals of a turn."""
    add_candidates(connection, [proposal.candidate for proposal in found])
    for proposal in found:
        row = {
            "campaign": proposal.campaign,
            "turn": proposal.turn,
            "rank": proposal.rank,
            "candidate": proposal.candidate.id,
            "proposer": proposal.proposer,
            "acquisition": proposal.acquisition,
            "reason": proposal.reason,
            "predictions": {name: dict(p) for name, p in proposal.predictions.items()},
            "proposed_at": now(),
            "evaluator": proposal.evaluator,
        }
        connection.execute(proposals.insert().values(row))


def of_campaign(
    connection: Connection, campaign: str, only: Sequence[str] | None = None
) -> list[Proposal]:
    """All proposals of a campaign, in the order they were made.

    Args:
        connection: any transaction.
        campaign: name of the campaign.
        only: ids of the candidates to look at; all if None.
    """
    query = (
        select(proposals, candidates.c.content)
        .join(candidates)
        .where(proposals.c.campaign == campaign)
        .order_by(proposals.c.turn, proposals.c.rank)
    )
    if only is not None:
        query = query.where(proposals.c.candidate.in_(only))
    return [_proposal(row) for row in connection.execute(query)]


def count(connection: Connection, campaign: str) -> int:
    """How many proposals the campaign's own evaluator got."""
    query = select(func.count()).where(
        proposals.c.campaign == campaign, proposals.c.evaluator.is_(None)
    )
    return int(connection.execute(query).scalar_one())


def unanswered(connection: Connection, campaign: str) -> list[Proposal]:
    """Proposals that no measurement answers yet."""
    query = (
        select(proposals, candidates.c.content)
        .join(candidates)
        .where(
            proposals.c.campaign == campaign,
            ~select(measurements.c.id)
            .where(
                measurements.c.campaign == proposals.c.campaign,
                measurements.c.turn == proposals.c.turn,
                measurements.c.rank == proposals.c.rank,
            )
            .exists(),
        )
        .order_by(proposals.c.turn, proposals.c.rank)
    )
    return [_proposal(row) for row in connection.execute(query)]


def candidates_of(
    connection: Connection, campaign: str, only: Sequence[str] | None = None
) -> dict[str, Candidate]:
    """All candidates a campaign has proposed or measured, by id.

    Args:
        connection: any transaction.
        campaign: name of the campaign.
        only: ids to look for; all if None.
    """
    mine = select(proposals.c.candidate).where(proposals.c.campaign == campaign)
    measured = select(measurements.c.candidate).where(measurements.c.campaign == campaign)
    if only is not None:
        mine = mine.where(proposals.c.candidate.in_(only))
        measured = measured.where(measurements.c.candidate.in_(only))
    query = select(candidates).where(candidates.c.id.in_(mine.union(measured)))
    return {row.id: _made(row.id, row.content) for row in connection.execute(query)}


def candidates_named(connection: Connection, ids: Sequence[str]) -> dict[str, Candidate]:
    """Candidates by id."""
    query = select(candidates).where(candidates.c.id.in_(ids))
    return {row.id: _made(row.id, row.content) for row in connection.execute(query)}


def _proposal(row: Row[Any]) -> Proposal:
    return Proposal(
        row.campaign,
        row.turn,
        row.rank,
        _made(row.candidate, row.content),
        row.proposer,
        row.acquisition,
        row.reason,
        row.predictions,
        row.evaluator,
    )


def _made(name: str, content: Mapping[str, Any]) -> Candidate:
    if name not in _known:
        if len(_known) >= MOST_KEPT:
            _known.clear()
        _known[name] = Candidate.from_content(content)
    return _known[name]
