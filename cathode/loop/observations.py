"""All that is known at some point of a campaign."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from cathode.evaluation.outcomes import Outcome, outcomes
from cathode.ledger import Ledger, measurements, proposals
from cathode.ledger.measurements import Recorded
from cathode.model import Candidate, Proposal, Status, TrainingData
from cathode.space import SearchSpace


@dataclass(frozen=True)
class Observations:
    """Measurements, candidates and proposals, read in one transaction.

    Attributes:
        measured: the measurements that count, in an order independent of their arrival.
        candidates: all candidates proposed or measured, by id.
        proposals: all proposals, in order.
    """

    measured: tuple[Recorded, ...]
    candidates: Mapping[str, Candidate]
    proposals: tuple[Proposal, ...]

    @cached_property
    def outcomes(self) -> list[Outcome]:
        """One outcome per measured candidate."""
        return outcomes(self.measured, self.candidates, self.proposals)

    def training_data(self, name: str, space: SearchSpace) -> TrainingData:
        """The ok measurements of a property whose candidates have coordinates in the space."""
        # Candidates of an earlier revision of the space may lack coordinates; assimilate counts
        # them.
        usable = [
            m
            for m in (recorded.measurement for recorded in self.measured)
            if m.property == name
            and m.status is Status.OK
            and space.has_coordinates(self.candidates[m.candidate_id])
        ]
        return TrainingData(
            name,
            space.encode([self.candidates[m.candidate_id] for m in usable]),
            np.array([m.value for m in usable], dtype=float),
            np.array([math.nan if m.sigma is None else m.sigma for m in usable], dtype=float),
            tuple(m.candidate_id for m in usable),
        )


def observe(ledger: Ledger, campaign: str, up_to: int | None = None) -> Observations:
    """Read all that is known of a campaign.

    Args:
        ledger: where from.
        campaign: name of the campaign.
        up_to: number of the newest measurement to look at; all if None.
    """
    with ledger.read() as connection:
        return Observations(
            tuple(measurements.effective(connection, campaign, up_to)),
            proposals.candidates_of(connection, campaign),
            tuple(proposals.of_campaign(connection, campaign)),
        )
