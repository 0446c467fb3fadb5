"""All that is known at some point of a campaign."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from cathode.evaluation.outcomes import Outcome, outcomes
from cathode.ledger import Ledger, measurements, proposals, reviews
from cathode.ledger.measurements import Recorded
from cathode.model import Candidate, Proposal, Review, Status, TrainingData, Verdict
from cathode.space import Space
from cathode.spec import CampaignSpec


@dataclass(frozen=True)
class Observations:
    """Measurements, candidates and proposals, read in one transaction.

    Attributes:
        measured: the measurements that count, in an order independent of their arrival.
        candidates: all candidates proposed or measured, by id.
        proposals: all proposals, in order.
        reviews: what people think of them, the oldest first.
    """

    measured: tuple[Recorded, ...]
    candidates: Mapping[str, Candidate]
    proposals: tuple[Proposal, ...]
    reviews: tuple[Review, ...] = ()

    @cached_property
    def verdicts(self) -> dict[tuple[int, int], Review]:
        """The review that counts of each proposal that was reviewed, by turn and rank."""
        return {(review.turn, review.rank): review for review in self.reviews}

    def verdict_on(self, proposal: Proposal) -> Verdict | None:
        """What people think of a proposal; None where nobody said."""
        review = self.verdicts.get((proposal.turn, proposal.rank))
        return None if review is None or review.verdict is Verdict.REOPENED else review.verdict

    @cached_property
    def own(self) -> tuple[Recorded, ...]:
        """The measurements by the campaign's own evaluator: the results."""
        return tuple(r for r in self.measured if r.measurement.evaluator is None)

    @cached_property
    def orders(self) -> tuple[Proposal, ...]:
        """The proposals to the campaign's own evaluator."""
        return tuple(proposal for proposal in self.proposals if proposal.evaluator is None)

    @cached_property
    def outcomes(self) -> list[Outcome]:
        """One outcome per candidate with results."""
        return outcomes(self.own, self.candidates, self.orders)

    def asked(self, evaluator: str | None) -> list[Candidate]:
        """Candidates that an evaluator was asked about, or has answered unasked."""
        ids = {p.candidate.id for p in self.proposals if p.evaluator == evaluator}
        ids |= self.answers_of(evaluator)
        return [candidate for name, candidate in self.candidates.items() if name in ids]

    def answers_of(self, evaluator: str | None) -> set[str]:
        """Ids of the candidates an evaluator has answered, good or bad."""
        return {
            r.measurement.candidate_id
            for r in self.measured
            if r.measurement.evaluator == evaluator
        }

    def answer_to(self, proposal: Proposal) -> Outcome | None:
        """What a cheaper evaluator said of a proposal; no result."""
        mine = [r for r in self.measured if (r.turn, r.rank) == (proposal.turn, proposal.rank)]
        return next(iter(outcomes(mine, self.candidates, [proposal])), None)

    def open_orders(self, spec: CampaignSpec) -> list[Proposal]:
        """Proposals that still lack an answer, good or bad, for a property that is needed.

        Rejected ones are not open; pinned ones come first.
        """
        # A replicate is answered by a measurement of its own, not by an earlier one.
        answered = {
            (
                r.measurement.candidate_id if r.turn is None else (r.turn, r.rank),
                r.measurement.property,
                r.measurement.evaluator,
            )
            for r in self.measured
        }
        found = [
            proposal
            for proposal in self.proposals
            if self.verdict_on(proposal) is not Verdict.REJECTED
            and any(
                ((proposal.turn, proposal.rank), name, proposal.evaluator) not in answered
                and (proposal.candidate.id, name, proposal.evaluator) not in answered
                for name in spec.needed_of(proposal.evaluator)
            )
        ]
        return sorted(found, key=lambda each: self.verdict_on(each) is not Verdict.PINNED)

    def to_make(self, spec: CampaignSpec) -> list[Proposal]:
        """Open orders that people may make: all of them, unless the campaign asks for approval."""
        asks = getattr(spec.evaluator, "approval", False)
        return [
            order
            for order in self.open_orders(spec)
            if not asks or order.evaluator is not None or self.verdict_on(order) is not None
        ]

    def withdrawn(self, spec: CampaignSpec) -> list[Proposal]:
        """Proposals to evaluators that the spec has no more, which stayed without an answer."""
        answered = {(r.turn, r.rank) for r in self.measured}
        return [
            proposal
            for proposal in self.proposals
            if proposal.evaluator not in (None, *spec.cheaper)
            and (proposal.turn, proposal.rank) not in answered
        ]

    def failures_of(self, evaluator: str | None) -> set[str]:
        """Ids of the candidates of which an evaluator could not answer something."""
        return {
            r.measurement.candidate_id
            for r in self.measured
            if r.measurement.evaluator == evaluator and r.measurement.status is Status.FAILED
        }

    def training_data(self, name: str, space: Space) -> TrainingData:
        """The values and bounds of a property whose candidates have coordinates in the space.

        Those of cheaper evaluators are among them, where there are any.
        """
        # Candidates of an earlier revision of the space may lack coordinates; assimilate counts
        # them.
        usable = [
            m
            for m in (recorded.measurement for recorded in self.measured)
            if m.property == name
            and m.status is not Status.FAILED
            and space.has_coordinates(self.candidates[m.candidate_id])
        ]
        origins = tuple(m.evaluator for m in usable)
        limits = tuple(m.bound for m in usable)
        return TrainingData(
            name,
            space.encode([self.candidates[m.candidate_id] for m in usable]),
            np.array([m.value for m in usable], dtype=float),
            np.array([math.nan if m.sigma is None else m.sigma for m in usable], dtype=float),
            tuple(m.candidate_id for m in usable),
            origins if any(origin is not None for origin in origins) else (),
            limits if any(limit is not None for limit in limits) else (),
        )


def observe(
    ledger: Ledger, campaign: str, up_to: int | None = None, only: Candidate | None = None
) -> Observations:
    """Read all that is known of a campaign.

    Args:
        ledger: where from.
        campaign: name of the campaign.
        up_to: number of the newest measurement to look at; all if None.
        only: the candidate to look at; all of the campaign if None.
    """
    ids = None if only is None else [only.id]
    with ledger.read() as connection:
        every = measurements.every(connection, campaign, up_to, ids)
        known = proposals.candidates_of(connection, campaign) if only is None else {only.id: only}
        return Observations(
            tuple(measurements.counting(every)),
            known,
            tuple(proposals.of_campaign(connection, campaign, ids)),
            tuple(reviews.of_campaign(connection, campaign)),
        )
