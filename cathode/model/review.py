"""What people think of a proposal."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Verdict(StrEnum):
    """What becomes of a proposal.

    ``approved``: it may be made, where the campaign asks for approval. ``rejected``: it is not
    made, its order is closed, and it is not proposed again. ``pinned``: it is approved, and made
    before all others. ``reopened``: as if it had never been reviewed.
    """

    APPROVED = "approved"
    REJECTED = "rejected"
    PINNED = "pinned"
    REOPENED = "reopened"


@dataclass(frozen=True)
class Review:
    """A verdict on a proposal; the newest one counts.

    Attributes:
        turn: of the proposal.
        rank: of the proposal.
        verdict: the verdict.
        reason: why, in words; a rejection has one.
        who: who reviewed.
        when: and when.
    """

    turn: int
    rank: int
    verdict: Verdict
    reason: str
    who: str
    when: datetime
