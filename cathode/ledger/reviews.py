"""Reviews of proposals: append-only, the newest counts."""

from sqlalchemy import Connection, select

from cathode.ledger.database import now
from cathode.ledger.tables import reviews
from cathode.model import Proposal, Review, Verdict


def record(
    connection: Connection, proposal: Proposal, verdict: Verdict, reason: str, who: str
) -> None:
    """Enter a verdict on a proposal."""
    row = {
        "campaign": proposal.campaign,
        "turn": proposal.turn,
        "rank": proposal.rank,
        "verdict": str(verdict),
        "reason": reason,
        "recorded_by": who,
        "recorded_at": now(),
    }
    connection.execute(reviews.insert().values(row))


def of_campaign(connection: Connection, campaign: str) -> list[Review]:
    """All reviews of a campaign, the oldest first."""
    query = select(reviews).where(reviews.c.campaign == campaign).order_by(reviews.c.id)
    return [
        Review(r.turn, r.rank, Verdict(r.verdict), r.reason, r.recorded_by, r.recorded_at)
        for r in connection.execute(query)
    ]
