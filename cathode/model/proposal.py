"""What an agent asks for."""

from collections.abc import Mapping
from dataclasses import dataclass

from cathode.model.candidate import Candidate


@dataclass(frozen=True)
class Suggestion:
    """A candidate a proposer chose, and why.

    Attributes:
        candidate: the candidate to try.
        acquisition: value of the acquisition function, None where a design chose.
        reason: one sentence for people.
        evaluator: name of the cheaper evaluator to ask; None for the campaign's own.
    """

    candidate: Candidate
    acquisition: float | None
    reason: str
    evaluator: str | None = None


@dataclass(frozen=True)
class Proposal:
    """A suggestion as the ledger keeps it.

    Attributes:
        campaign: name of the campaign.
        turn: number of the turn that asked.
        rank: place within the turn, from 0.
        candidate: what to try.
        proposer: name of the proposer that chose it.
        acquisition: value of the acquisition function, None where a design chose.
        reason: one sentence for people.
        predictions: per property the mean and sigma expected of a measurement, and the
            surrogate that said so; empty where none could.
        evaluator: name of the cheaper evaluator that is asked; None for the campaign's own.
    """

    campaign: str
    turn: int
    rank: int
    candidate: Candidate
    proposer: str
    acquisition: float | None
    reason: str
    predictions: Mapping[str, Mapping[str, float | str]]
    evaluator: str | None = None
