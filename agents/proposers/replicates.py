"""Whether the best candidate deserves to be measured again."""

from typing import Literal

import numpy as np
import torch

from cathode.evaluation.pareto import gain
from cathode.model import Suggestion
from cathode.protocols import ProposalRequest

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
    data = (request.observed or {}).get(objective.property)
    if wanted == 1 or data is None or not len(data):
        return None
    gains: dict[str, list[float]] = {}
    for group, value in zip(data.groups, data.y, strict=True):
        gains.setdefault(group, []).append(gain(objective, float(value)))
    ranked = sorted(gains, key=lambda group: -float(np.mean(gains[group])))
    best, times = ranked[0], len(gains[ranked[0]])
    if any(candidate.id == best for candidate in request.pending):
        return None
    candidate = next((c for c in request.excluded if c.id == best), None)
    if candidate is None or candidate not in request.space:
        return None
    if wanted == "auto":
        lead = np.inf if len(ranked) == 1 else np.mean(gains[best]) - np.mean(gains[ranked[1]])
        sigma = _noise(request, objective.property, data.X[data.groups.index(best)])
        if times >= MOST or sigma <= lead:
            return None
        why = f"noise {sigma:.3g} is larger than its lead {lead:.3g}"
    elif times >= wanted:
        return None
    else:
        why = f"measured {times} of {wanted} times"
    return Suggestion(candidate, None, f"replicate of the best so far: {why}")


def _noise(request: ProposalRequest, name: str, x: np.ndarray) -> float:
    """Standard deviation of a measurement about the function."""
    model = (request.models or {})[name].model
    X = torch.as_tensor(x)[None]
    with torch.no_grad():
        read, function = model.posterior(X, observation_noise=True), model.posterior(X)
        return float((read.variance - function.variance).clamp_min(0).sqrt())
