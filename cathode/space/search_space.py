"""The search space of a campaign."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from cathode.errors import SpaceError, SpecError
from cathode.model import Candidate
from cathode.physics.prototypes import MIXING_SITE, prototype_named
from cathode.space.fractions import Counts, SiteFractions
from cathode.space.sequences import sobol_points
from cathode.spec import SpaceSpec


@dataclass(frozen=True)
class SearchSpace:
    """All candidates a campaign may propose.

    Its coordinates are the fractions of its elements, one column each, in sorted order; every
    surrogate and proposer sees candidates as rows of that matrix.

    Attributes:
        prototype: name of the host prototype.
        recipes: what may be on the mixing site.
    """

    prototype: str
    recipes: SiteFractions

    @classmethod
    def from_spec(cls, spec: SpaceSpec) -> "SearchSpace":
        """Build the space a spec describes.

        Raises:
            SpecError: the prototype or its site is unknown.
            SpaceError: the space is empty or contradicts itself.
        """
        prototype = prototype_named(spec.prototype)
        ((site, fractions),) = spec.sites.items()
        if site != MIXING_SITE:
            msg = f"space.sites: {prototype.name!r} has no mixing site {site!r}: it is called 'M'"
            raise SpecError(msg)
        return cls(prototype.name, SiteFractions.from_spec(site, fractions))

    @property
    def elements(self) -> tuple[str, ...]:
        """Elements on the mixing site."""
        return self.recipes.elements

    @property
    def coordinates(self) -> tuple[str, ...]:
        """Names of the coordinates: the elements."""
        return self.elements

    @property
    def step(self) -> Fraction:
        """Weighable step of the fractions."""
        return Fraction(1, self.recipes.parts)

    @property
    def size(self) -> int:
        """Exact number of candidates."""
        return self.recipes.size

    @property
    def bounds(self) -> NDArray[np.float64]:
        """Least and greatest value of each coordinate, shape (2, d)."""
        return np.array([self.recipes.lower, self.recipes.upper], dtype=float) / self.recipes.parts

    def has_coordinates(self, candidate: Candidate) -> bool:
        """Whether a candidate is made of this space's elements, within its bounds or not."""
        return candidate.prototype == self.prototype and set(candidate.on_site(MIXING_SITE)) <= set(
            self.elements
        )

    def encode(self, candidates: Sequence[Candidate]) -> NDArray[np.float64]:
        """Coordinates of candidates, shape (n, d); they need not keep the space's bounds or step.

        Raises:
            SpaceError: a candidate has another prototype or an element the space lacks.
        """
        rows = []
        for candidate in candidates:
            if not self.has_coordinates(candidate):
                msg = f"{candidate.content()} is no {self.prototype} of {', '.join(self.elements)}"
                raise SpaceError(msg)
            fractions = candidate.on_site(MIXING_SITE)
            rows.append([float(fractions.get(e, 0)) for e in self.elements])
        return np.array(rows, dtype=float).reshape(-1, len(self.elements))

    def round(self, X: NDArray[np.float64]) -> list[Candidate]:
        """The nearest candidate to each row of coordinates, shape (n, d)."""
        return [self._candidate(self.recipes.nearest(row)) for row in np.atleast_2d(X)]

    def __contains__(self, candidate: object) -> bool:
        """Whether the space allows a candidate."""
        return isinstance(candidate, Candidate) and self._counts(candidate) in self.recipes

    def __iter__(self) -> Iterator[Candidate]:
        """All candidates, in a fixed order; look at ``size`` first."""
        return (self._candidate(counts) for counts in self.recipes)

    def sample(self, n: int, rng: np.random.Generator) -> list[Candidate]:
        """Candidates drawn uniformly, with replacement."""
        return [self._candidate(self.recipes.at(u)) for u in rng.random((n, len(self.elements)))]

    def sobol(self, n: int, seed: int, skip: int = 0) -> list[Candidate]:
        """Points ``skip`` to ``skip + n`` of a scrambled Sobol sequence; repeats are possible."""
        points = sobol_points(len(self.elements), n, seed, skip)
        return [self._candidate(self.recipes.at(u)) for u in points]

    def neighbours(self, candidate: Candidate) -> list[Candidate]:
        """Candidates one weighable step away.

        Raises:
            SpaceError: the candidate itself lies outside the space.
        """
        counts = self._counts(candidate)
        if counts is None:
            msg = f"{candidate.content()} lies outside the space: it has no neighbours there"
            raise SpaceError(msg)
        return [self._candidate(moved) for moved in self.recipes.neighbours(counts)]

    def _counts(self, candidate: Candidate) -> Counts | None:
        """A candidate in whole steps, None where it is no recipe of these elements and steps."""
        if not self.has_coordinates(candidate):
            return None
        fractions = candidate.on_site(MIXING_SITE)
        steps = [fractions.get(e, Fraction(0)) * self.recipes.parts for e in self.elements]
        return tuple(map(int, steps)) if all(n.denominator == 1 for n in steps) else None

    def _candidate(self, counts: Counts) -> Candidate:
        return Candidate.of(self.prototype, {MIXING_SITE: self.recipes.fractions(counts)})
