"""Proposers that look at no result: the Sobol design and random search."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from cathode.model import Candidate, Suggestion
from cathode.protocols import ProposalRequest
from cathode.space import Points

MOST_DRAWN = 1 << 14
"""Draws after which the rest of a small space is listed instead."""

MOST_LISTED = 100_000
"""Largest space that is listed to find what is left of it."""


class SobolProposer:
    """A scrambled Sobol sequence, carried on where the campaign stopped."""

    name = "sobol"

    def propose(self, request: ProposalRequest) -> list[Suggestion]:
        """The next distinct points of the sequence."""

        def draw(n: int, skip: int) -> Points:
            return request.space.sobol(n, request.seed, request.proposed + skip)

        found = _distinct(draw, request)
        return [Suggestion(c, None, "point of the Sobol design") for c in found]


class RandomProposer:
    """Uniformly random candidates: the baseline every other proposer must beat."""

    name = "random"

    def propose(self, request: ProposalRequest) -> list[Suggestion]:
        """Distinct random candidates."""
        rng = np.random.default_rng([request.seed, request.proposed])

        def draw(n: int, skip: int) -> Points:  # noqa: ARG001 - rng moves on by itself
            return request.space.sample(n, rng)

        return [Suggestion(c, None, "random candidate") for c in _distinct(draw, request)]


def _distinct(draw: Callable[[int, int], Points], request: ProposalRequest) -> list[Candidate]:
    """Draw until enough candidates are new; list what is left when draws keep repeating.

    Where rules leave so little that a sequence does not meet it, random candidates of what is
    left go on.
    """
    found: dict[bytes, NDArray[np.int64]] = {}
    taken = {
        point.tobytes() for point in request.space.points_of([*request.excluded, *request.pending])
    }

    def keep(points: Points) -> None:
        for point in points:
            if len(found) < request.n and point.tobytes() not in taken:
                found.setdefault(point.tobytes(), point)

    drawn, step = 0, 2 * request.n
    while len(found) < request.n and drawn < MOST_DRAWN:
        keep(draw(step, drawn))
        drawn, step = drawn + step, 2 * step
    if len(found) < request.n:
        rng = np.random.default_rng(request.seed)
        every = request.space.every(MOST_LISTED)
        keep(request.space.sample(step, rng) if every is None else rng.permutation(every))
    return request.space.candidates_at(np.array(list(found.values()))) if found else []
