"""Proposers that look at no result: the Sobol design and random search."""

from collections.abc import Callable, Iterable, Iterator

import numpy as np

from cathode.model import Candidate, Suggestion
from cathode.protocols import ProposalRequest
from cathode.space import Space

DRAWS_PER_CANDIDATE = 64
"""Draws spent per wanted candidate before the rest of a small space is listed instead."""

MOST_LISTED = 100_000
"""Largest space that is listed to find what is left of it."""


class SobolProposer:
    """A scrambled Sobol sequence, carried on where the campaign stopped."""

    name = "sobol"

    def propose(self, request: ProposalRequest) -> list[Suggestion]:
        """The next distinct points of the sequence."""

        def draw(n: int, skip: int) -> list[Candidate]:
            return request.space.sobol(n, request.seed, request.proposed + skip)

        found = _distinct(draw, request)
        return [Suggestion(c, None, "point of the Sobol design") for c in found]


class RandomProposer:
    """Uniformly random candidates: the baseline every other proposer must beat."""

    name = "random"

    def propose(self, request: ProposalRequest) -> list[Suggestion]:
        """Distinct random candidates."""
        rng = np.random.default_rng([request.seed, request.proposed])

        def draw(n: int, skip: int) -> list[Candidate]:  # noqa: ARG001 - rng moves on by itself
            return request.space.sample(n, rng)

        return [Suggestion(c, None, "random candidate") for c in _distinct(draw, request)]


def _distinct(
    draw: Callable[[int, int], list[Candidate]], request: ProposalRequest
) -> list[Candidate]:
    """Draw until enough candidates are new; list what is left when draws keep repeating."""
    found: dict[str, Candidate] = {}
    taken = request.excluded | {candidate.id for candidate in request.pending}

    def keep(candidates: Iterable[Candidate]) -> None:
        for candidate in candidates:
            if len(found) < request.n and candidate.id not in taken:
                found.setdefault(candidate.id, candidate)

    drawn = 0
    while len(found) < request.n and drawn < DRAWS_PER_CANDIDATE * request.n:
        keep(draw(2 * request.n, drawn))
        drawn += 2 * request.n
    if len(found) < request.n and request.space.size <= MOST_LISTED:
        keep(_shuffled(request.space, request.seed))
    return list(found.values())


def _shuffled(space: Space, seed: int) -> Iterator[Candidate]:
    everything = list(space)
    for i in np.random.default_rng(seed).permutation(len(everything)):
        yield everything[i]
