"""How far a campaign has come, turn by turn."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cathode.evaluation.outcomes import Outcome
from cathode.evaluation.pareto import hypervolume, reference_point
from cathode.spec import CampaignSpec


@dataclass(frozen=True)
class Progress:
    """The state of a campaign after some candidates.

    Attributes:
        turn: turn these candidates belong to.
        candidates: candidates answered so far.
        counting: of those, how many have all objectives and keep all constraints.
        best: best value so far of each objective, among those that count.
        hypervolume: volume dominated so far, None with one objective.
    """

    turn: int
    candidates: int
    counting: int
    best: dict[str, float]
    hypervolume: float | None


def reference_of(found: Sequence[Outcome], spec: CampaignSpec) -> tuple[float, ...]:
    """The reference point of a campaign: as stated, else the worst of its initial design."""
    gains = [outcome.gains(spec) for outcome in found if outcome.turn == 0]
    rows = [row for row in gains if row is not None]
    initial = np.array(rows, dtype=float).reshape(-1, len(spec.objectives))
    return reference_point(spec.objectives, initial)


def best_of(found: Sequence[Outcome], spec: CampaignSpec) -> dict[str, float]:
    """The best value of each objective among the outcomes that count."""
    counting = [outcome for outcome in found if outcome.counts(spec)]
    if not counting:
        return {}
    gains = np.array([outcome.gains(spec) for outcome in counting], dtype=float)
    return {
        objective.property: counting[int(best)].values[objective.property]
        for objective, best in zip(spec.objectives, gains.argmax(axis=0), strict=True)
    }


def score_of(found: Sequence[Outcome], spec: CampaignSpec) -> float | None:
    """How good the best is: its gain, or the volume dominated by several; None if none counts."""
    counting = [outcome for outcome in found if outcome.counts(spec)]
    if not counting:
        return None
    if len(spec.objectives) > 1:
        return dominated_volume(found, spec, reference_of(found, spec))
    return max(gains[0] for outcome in counting if (gains := outcome.gains(spec)))


def dominated_volume(
    found: Sequence[Outcome], spec: CampaignSpec, reference: Sequence[float]
) -> float:
    """Hypervolume of the outcomes that count."""
    gains = [outcome.gains(spec) for outcome in found if outcome.counts(spec)]
    rows = np.array(gains, dtype=float).reshape(-1, len(spec.objectives))
    return hypervolume(rows, reference)


def after(found: Sequence[Outcome], spec: CampaignSpec, turn: int) -> Progress:
    """The state after a turn, given all outcomes of the campaign."""
    so_far = [outcome for outcome in found if outcome.turn is not None and outcome.turn <= turn]
    several = len(spec.objectives) > 1
    return Progress(
        turn,
        len(so_far),
        sum(outcome.counts(spec) for outcome in so_far),
        best_of(so_far, spec),
        dominated_volume(so_far, spec, reference_of(found, spec)) if several else None,
    )
