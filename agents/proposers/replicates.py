"""Whether the best candidate deserves to be measured again."""

from typing import Literal

import numpy as np
import torch

from cathode.evaluation.pareto import gain
from cathode.model import Candidate, Suggestion
from cathode.protocols import ProposalRequest
from cathode.spec import Constraint

MOST = 3
"""Measurements of a candidate at which noise is no longer a reason for another one."""


def replicate(request: ProposalRequest, wanted: int | Literal["auto"]) -> Suggestion | None:
    """The best candidate again, where it was measured less often than wanted.

    Args:
        request: what is known; one objective, or the first of several decides.
        wanted: measurements in all; ``auto``: another one, up to three in all, while the noise
            of a measurement is larger than the lead over the next best candidate.
    """
    objective = request.objectives[0]
    gains = _gains(request) if wanted != 1 else {}
    ranked = sorted(gains, key=lambda group: -float(np.mean(gains[group])))
    candidate = next((c for c in request.excluded if ranked and c.id == ranked[0]), None)
    if candidate is None or candidate in request.pending or candidate not in request.space:
        return None
    times = len(gains[candidate.id])
    if wanted != "auto":
        why = f"measured {times} of {wanted} times" if times < wanted else None
    else:
        lead = np.mean(gains[ranked[0]]) - (np.mean(gains[ranked[1]]) if ranked[1:] else -np.inf)
        sigma = _noise(request, objective.property, candidate)
        due = times < MOST and sigma > lead
        why = f"noise {sigma:.3g} is larger than its lead {lead:.3g}" if due else None
    if why is None:
        return None
    return Suggestion(candidate, None, f"replicate of the best so far: {why}")


def _gains(request: ProposalRequest) -> dict[str, list[float]]:
    """Gains measured of each candidate that keeps the constraints; a bound is no gain."""
    objective = request.objectives[0]
    data = (request.observed or {}).get(objective.property)
    gains: dict[str, list[float]] = {}
    if data is None:
        return gains
    for group, value in zip(data.exact.groups, data.exact.y, strict=True):
        if all(_keeps(request, constraint, group) for constraint in request.constraints):
            gains.setdefault(group, []).append(gain(objective, float(value)))
    return gains


def _keeps(request: ProposalRequest, constraint: Constraint, group: str) -> bool:
    """Whether the mean of what was measured of a candidate, or a bound, keeps a constraint."""
    data = (request.observed or {})[constraint.property]
    low = -np.inf if constraint.min is None else constraint.min
    high = np.inf if constraint.max is None else constraint.max
    mine = data.take(np.flatnonzero([each == group for each in data.groups]))
    if len(mine.exact):
        return bool(low <= mine.exact.y.mean() <= high)
    least = np.max(mine.y, where=mine.sides > 0, initial=-np.inf)
    most = np.min(mine.y, where=mine.sides < 0, initial=np.inf)
    return bool(low <= least and most <= high)


def _noise(request: ProposalRequest, name: str, candidate: Candidate) -> float:
    """Standard deviation of a measurement about the function."""
    model = (request.models or {})[name].model
    X = torch.as_tensor(request.space.encode([candidate]))
    with torch.no_grad():
        read, function = model.posterior(X, observation_noise=True), model.posterior(X)
        return float((read.variance - function.variance).clamp_min(0).sqrt())
