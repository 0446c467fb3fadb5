"""The search space of a campaign: recipes on sites, process variables, and rules."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from cathode.errors import SpecError
from cathode.model import Candidate
from cathode.physics.prototypes import MIXING_SITE, Prototype, prototype_named
from cathode.space.feasibility import refuse_empty
from cathode.space.fractions import SiteFractions
from cathode.space.grid import Grid
from cathode.space.rules import Compiler, Quantities, Rule, compile_rules
from cathode.space.sequences import sobol_points
from cathode.space.space import Points
from cathode.space.variables import ABSENT, Variables
from cathode.spec import SpaceSpec

COUNTED = 1_000_000
"""Up to this many candidates before rules, those that keep them are counted one by one."""

DRAWS = 1 << 17
"""Random draws after which rules are met by walking instead."""

CHUNK = 1 << 13
PROBES = 1 << 14
"""Random draws from which the size of a large space under rules is estimated."""

WALKERS, WALK_STEPS = 256, 24
PAIRS = 48
"""Random pairs of moves tried beside single ones: rules may couple what changes."""


@dataclass(frozen=True, eq=False)
class SearchSpace(Grid):
    """All candidates a campaign may propose: a grid, and rules that every candidate keeps.

    Attributes:
        rules: what every candidate keeps.
    """

    rules: tuple[Rule, ...] = ()

    @classmethod
    def from_spec(cls, spec: SpaceSpec) -> "SearchSpace":
        """Build the space a spec describes.

        Raises:
            SpecError: a prototype or a site is unknown.
            SpaceError: the space is empty or contradicts itself.
        """
        prototypes = tuple(prototype_named(name) for name in spec.prototypes)
        for prototype in prototypes:
            _check_sites(prototype, spec)
        # The metal site first, as people read it.
        names = sorted(spec.sites, key=lambda site: (site != MIXING_SITE, site))
        sites = tuple(SiteFractions.from_spec(site, spec.sites[site]) for site in names)
        variables = Variables.from_specs(spec.prototypes, spec.variables)
        grid = Grid(prototypes, sites, variables)
        compiler = Compiler(prototypes, sites, variables.every, grid.names)
        space = cls(prototypes, sites, variables, compile_rules(compiler, spec.constraints))
        if space.rules:
            refuse_empty(space)
        return space

    @cached_property
    def size_without_rules(self) -> int:
        """Exact number of recipes times combinations of variables."""
        size = self.variables.size
        for site in self.sites:
            size *= site.size
        return size

    @property
    def size_is_exact(self) -> bool:
        """Whether :attr:`size` is counted, not estimated."""
        return not self.rules or self.size_without_rules <= COUNTED

    @cached_property
    def size(self) -> int:
        """Number of candidates; estimated from random draws where rules cut a large space."""
        if not self.rules:
            return self.size_without_rules
        if self.size_is_exact:
            return len(self._listed)
        kept = self._keeping(np.random.default_rng(0).random((PROBES, self.width)))
        # Where none is kept there are fewer than that of one in all draws.
        return round(Fraction(max(1, len(kept)), PROBES) * self.size_without_rules)

    def points_of(self, candidates: Sequence[Candidate]) -> Points:
        """Those candidates that the space allows, as points, shape (n, m)."""
        found = [p for c in candidates if (p := self.point_of(c)) is not None and self.keeps(p)[0]]
        return np.concatenate([np.empty((0, self.width), dtype=np.int64), *found])

    def __contains__(self, candidate: object) -> bool:
        """Whether the space allows a candidate."""
        if not isinstance(candidate, Candidate):
            return False
        return bool(len(self.points_of([candidate])))

    def quantities(self, points: Points) -> Quantities:
        """What rules look at."""
        counts, levels = self.parts(points)
        columns = [part / site.parts for part, site in zip(counts, self.sites, strict=True)]
        for i, variable in enumerate(self.variables.every):
            absent = levels[:, i] == ABSENT
            columns.append(np.where(absent, np.nan, variable.numbers[levels[:, i]])[:, None])
        several = len(self.prototypes) > 1
        prototype = levels[:, 0] if several else np.zeros(len(points), dtype=np.int64)
        return Quantities(np.concatenate(columns, axis=1), prototype, levels)

    def keeps(self, points: Points) -> NDArray[np.bool_]:
        """Whether points keep bounds, limits and rules, shape (n,)."""
        kept = self.on_grid(points)
        kept[kept] = self.keeps_rules(points[kept])
        return kept

    def keeps_rules(self, points: Points, without: int | None = None) -> NDArray[np.bool_]:
        """Whether points keep all rules, or all but one, shape (n,)."""
        kept = np.ones(len(points), dtype=bool)
        if self.rules and len(points):
            quantities = self.quantities(points)
            for i, rule in enumerate(self.rules):
                if i != without:
                    kept &= rule.holds(quantities)
        return kept

    @cached_property
    def _listed(self) -> Points:
        combinations = self.variables.combinations()
        parts = [*(site.walk.every() for site in self.sites), combinations]
        rows = np.indices([len(part) for part in parts]).reshape(len(parts), -1)
        points = np.concatenate([part[row] for part, row in zip(parts, rows, strict=True)], axis=1)
        return points[self.keeps_rules(points)]

    def every(self, most: int) -> Points | None:
        """All points in a fixed order; None where there may be more than ``most``."""
        if self.size_without_rules > max(most, COUNTED if self.rules else 0):
            return None
        return self._listed if len(self._listed) <= most else None

    def __iter__(self) -> Iterator[Candidate]:
        """All candidates, in a fixed order; look at ``size`` first."""
        return iter(self.candidates_at(self._listed))

    def _keeping(self, cube: NDArray[np.float64]) -> Points:
        points = self.drawn(cube)
        return points[self.keeps_rules(points)]

    def sample(self, n: int, rng: np.random.Generator) -> Points:
        """Points drawn with replacement, uniformly.

        Where rules leave next to nothing of what is drawn, random walks from what was found fill
        up; these are not uniform.
        """
        found = [self._keeping(rng.random((n, self.width)))]
        total, drawn = len(found[0]), n
        while total < n and drawn < DRAWS:
            more = self._keeping(rng.random((CHUNK, self.width)))
            found.append(more)
            total, drawn = total + len(more), drawn + CHUNK
        points = np.concatenate(found)
        if len(points) >= n:
            return points[:n]
        start = points if len(points) else refuse_empty(self)
        walked = self._walked(start[rng.integers(len(start), size=min(n, WALKERS))], rng)
        return walked[rng.integers(len(walked), size=n)]

    def _walked(self, points: Points, rng: np.random.Generator) -> Points:
        points = points.copy()
        for _ in range(WALK_STEPS):
            for row in range(len(points)):
                around = self.neighbours(points[row], rng)
                if len(around):
                    points[row] = around[rng.integers(len(around))]
        return points

    def set_to(self, point: NDArray[np.int64], x: NDArray[np.float64]) -> Points:
        """A point with its continuous variables set to the nearest levels of coordinates x.

        Returns:
            Shape (1, m); (0, m) where the space does not allow it.
        """
        after = point[None].copy()
        for i, variable in enumerate(self.variables.every, self.fractions_width):
            if variable.kind == "continuous" and point[i] != ABSENT:
                value = x[self.coordinates.index(variable.name)]
                after[0, i] = np.abs(variable.numbers - value).argmin()
        allowed: Points = after[self.keeps(after)]
        return allowed

    def sobol(self, n: int, seed: int, skip: int = 0) -> Points:
        """Points ``skip`` to ``skip + n`` of a scrambled Sobol sequence, less what breaks rules.

        Repeats are possible.
        """
        # Even over the levels of variables: a design should see one step as often as two, though
        # two steps have more candidates.
        points = self.drawn(sobol_points(self.width, n, seed, skip), even=True)
        allowed: Points = points[self.keeps_rules(points)]
        return allowed

    def neighbours(self, point: NDArray[np.int64], rng: np.random.Generator) -> Points:
        """Points a move away, shape (n, m).

        Moves are 1, 2, 4, … steps from one element to another, all of one element, 1, 2, 4, …
        levels of a variable, another category; and random pairs of these.
        """
        single = self.moves(point)
        some = rng.integers(len(single), size=(2, PAIRS if len(single) else 0))
        pairs = single[some[0]] + single[some[1]] - point
        moved = np.unique(np.concatenate([single, pairs]), axis=0)
        allowed: Points = moved[self.keeps(moved) & (moved != point).any(axis=1)]
        return allowed


def _check_sites(prototype: Prototype, spec: SpaceSpec) -> None:
    names = [site for site, _ in prototype.formula]
    for site in spec.sites:
        if site not in names:
            msg = f"space.sites: {prototype.name!r} has no mixing site {site!r}: "
            raise SpecError(f"{msg}it has {', '.join(names)}")
    if MIXING_SITE not in spec.sites:
        msg = f"space.sites: site M of {prototype.name!r} is left open: say what may be on it"
        raise SpecError(msg)
