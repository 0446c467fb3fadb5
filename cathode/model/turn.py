"""One pass of the loop."""

from dataclasses import dataclass

STEPS = ("assimilate", "audit", "retrain", "propose", "dispatch")
"""The steps of a turn, in order; each commits to the ledger once."""


@dataclass(frozen=True)
class Turn:
    """One pass of the loop.

    Attributes:
        campaign: name of the campaign.
        number: 0 is the initial design.
        revision: revision of the campaign's spec this turn works by.
    """

    campaign: str
    number: int
    revision: int
