"""Find the candidates of highest acquisition in a discrete space."""

from collections.abc import Callable, Iterable, Sequence

import numpy as np
import torch
from botorch.acquisition import AcquisitionFunction
from numpy.typing import NDArray

from cathode.model import Candidate
from cathode.space import SearchSpace

MOST_LISTED = 20_000
"""Spaces up to this size are scored as a whole."""

STARTS = 2000
"""Random candidates scored in a larger space; the best of them are improved step by step."""

CLIMBERS = 8
CLIMBS = 50
CHUNK = 512

Scored = tuple[Candidate, float]


def best_candidates(
    acquisition: AcquisitionFunction,
    space: SearchSpace,
    n: int,
    taken: Iterable[str],
    pending: Sequence[Candidate],
    rng: np.random.Generator,
) -> list[Scored]:
    """Choose a batch one by one, each knowing those chosen before it.

    Args:
        acquisition: takes ``b x 1 x d`` coordinates; its pending points are set here.
        space: what may be chosen.
        n: size of the batch.
        taken: ids that may not be chosen.
        pending: candidates asked for and not answered yet.
        rng: source of randomness for large spaces.

    Returns:
        Candidates with their acquisition values; fewer than n where the space holds no more.
    """
    chosen: list[Scored] = []
    waiting = list(pending)
    out = set(taken) | {candidate.id for candidate in pending}
    everything = list(space) if space.size <= MOST_LISTED else None
    for _ in range(n):
        if waiting:
            acquisition.set_X_pending(torch.as_tensor(space.encode(waiting)))
        best = (
            _best_listed(acquisition, space, everything, out)
            if everything is not None
            else _best_climbed(acquisition, space, out, rng)
        )
        if best is None:
            break
        chosen.append(best)
        waiting.append(best[0])
        out.add(best[0].id)
    return chosen


def _best_listed(
    acquisition: AcquisitionFunction,
    space: SearchSpace,
    everything: Sequence[Candidate],
    out: set[str],
) -> Scored | None:
    free = [candidate for candidate in everything if candidate.id not in out]
    return max(_score(acquisition, space, free), key=_value, default=None)


def _best_climbed(
    acquisition: AcquisitionFunction, space: SearchSpace, out: set[str], rng: np.random.Generator
) -> Scored | None:
    """Climb from the best random candidates to neighbours one weighable step away."""
    free = {c.id: c for c in space.sample(STARTS, rng) if c.id not in out}
    seen = _score(acquisition, space, list(free.values()))
    front = sorted(seen, key=_value, reverse=True)[:CLIMBERS]
    known = set(free) | out
    for _ in range(CLIMBS):
        around = {
            moved.id: moved
            for candidate, _ in front
            for moved in space.neighbours(candidate)
            if moved.id not in known
        }
        known |= set(around)
        scored = _score(acquisition, space, list(around.values()))
        better = sorted([*front, *scored], key=_value, reverse=True)[:CLIMBERS]
        if better == front:
            break
        front = better
    return front[0] if front else None


def _score(
    acquisition: Callable[[torch.Tensor], torch.Tensor],
    space: SearchSpace,
    candidates: Sequence[Candidate],
) -> list[Scored]:
    X: NDArray[np.float64] = space.encode(candidates)
    values: list[float] = []
    with torch.no_grad():
        for start in range(0, len(X), CHUNK):
            rows = torch.as_tensor(X[start : start + CHUNK]).unsqueeze(-2)
            values += acquisition(rows).tolist()
    return list(zip(candidates, values, strict=True))


def _value(scored: Scored) -> float:
    return scored[1]
