"""Find the candidates of highest acquisition in a discrete space."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from botorch.acquisition import AcquisitionFunction
from numpy.typing import NDArray

from cathode.model import Candidate
from cathode.space import Space

MOST_LISTED = 20_000
"""Spaces up to this size are scored as a whole."""

STARTS = 2000
"""Random candidates scored in a larger space; the best of them are improved step by step."""

CLIMBERS = 8
CLIMBS = 50
CHUNK = 512
"""Candidates scored at once where all are new."""

LOOK = 64
"""Candidates scored at once where an earlier score says which come first."""

Scored = tuple[Candidate, float]


def best_candidates(
    acquisition: AcquisitionFunction,
    space: Space,
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
    listing = Listing(list(space)) if space.size <= MOST_LISTED else None
    for _ in range(n):
        if waiting:
            acquisition.set_X_pending(torch.as_tensor(space.encode(waiting)))
        best = (
            listing.best(acquisition, space, out)
            if listing is not None
            else _best_climbed(acquisition, space, out, rng)
        )
        if best is None:
            break
        chosen.append(best)
        waiting.append(best[0])
        out.add(best[0].id)
    return chosen


@dataclass
class Listing:
    """All candidates of a small space, scored again only where that can change the choice.

    What a candidate adds to a batch shrinks as the batch grows, for expected improvement and
    hypervolume improvement are submodular. So its last score bounds its present one, and the
    search may stop at the first bound below the best present score (lazy greedy: Minoux,
    "Accelerated greedy algorithms for maximizing submodular set functions", 1978).

    Attributes:
        candidates: the space, in its order.
        bounds: the last score of each.
    """

    candidates: Sequence[Candidate]
    bounds: NDArray[np.float64] = field(init=False)

    def __post_init__(self) -> None:
        self.bounds = np.full(len(self.candidates), np.inf)

    def best(self, acquisition: AcquisitionFunction, space: Space, out: set[str]) -> Scored | None:
        """The candidate of highest acquisition that is not out; None where all are."""
        free = [i for i in np.argsort(-self.bounds, kind="stable") if self._id(i) not in out]
        best: Scored | None = None
        while free and (best is None or best[1] < self.bounds[free[0]]):
            size = CHUNK if np.isinf(self.bounds[free[0]]) else LOOK
            looked, free = free[:size], free[size:]
            scored = _score(acquisition, space, [self.candidates[i] for i in looked])
            self.bounds[looked] = [value for _, value in scored]
            best = max([*([best] if best else []), *scored], key=_value)
        return best

    def _id(self, i: int) -> str:
        return self.candidates[i].id


def _best_climbed(
    acquisition: AcquisitionFunction, space: Space, out: set[str], rng: np.random.Generator
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
    space: Space,
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
