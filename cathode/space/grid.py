"""Recipes on sites times process variables: candidates as whole numbers, and as coordinates."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from cathode.errors import SpaceError
from cathode.model import Candidate
from cathode.physics.prototypes import MIXING_SITE, Prototype
from cathode.space.fractions import SiteFractions
from cathode.space.space import Points
from cathode.space.variables import ABSENT, Variables
from cathode.space.walk import swaps


@dataclass(frozen=True, eq=False)
class Grid:
    """Candidates as points in whole numbers and as rows of coordinates; nothing is stored.

    A point holds the counts of each site's elements, then the level of each variable.
    Coordinates, in which models see candidates, are the fractions of the elements, the numbers
    of variables in their units, and a column of 0 or 1 per category.

    Attributes:
        prototypes: the hosts.
        sites: what may be on each mixing site.
        variables: the process variables, the choice of a host first where there are several.
    """

    prototypes: tuple[Prototype, ...]
    sites: tuple[SiteFractions, ...]
    variables: Variables

    def site(self, name: str = MIXING_SITE) -> SiteFractions:
        """What may be on a site."""
        return next(site for site in self.sites if site.site == name)

    @property
    def elements(self) -> tuple[str, ...]:
        """Elements of the metal site."""
        return self.site().elements

    @cached_property
    def names(self) -> dict[str, int]:
        """Columns of quantities that rules may name; ``Li.Mg`` where ``Mg`` is not unique."""
        both = [(site.site, element) for site in self.sites for element in site.elements]
        symbols = [element for _, element in both]
        names: dict[str, int] = {}
        for i, (site, element) in enumerate(both):
            names[element if symbols.count(element) == 1 else f"{site}.{element}"] = i
        for i, variable in enumerate(self.variables.every, len(both)):
            if variable.kind != "categorical":
                names[variable.name] = i
        return names

    @cached_property
    def coordinates(self) -> tuple[str, ...]:
        """Names of the columns of :meth:`encode`."""
        fractions = [name for name, i in self.names.items() if i < self.fractions_width]
        return (*fractions, *(c for v in self.variables.every for c in v.columns))

    @cached_property
    def fractions_width(self) -> int:
        """How many of the first columns are fractions, of points and of coordinates."""
        return sum(len(site.elements) for site in self.sites)

    def columns_of(self, site: str) -> slice:
        """Where a site's fractions stand among the coordinates."""
        start = 0
        for each in self.sites:
            if each.site == site:
                break
            start += len(each.elements)
        return slice(start, start + len(self.site(site).elements))

    @cached_property
    def continuous(self) -> tuple[int, ...]:
        """Columns of coordinates whose variables are continuous."""
        names = [v.name for v in self.variables.every if v.kind == "continuous"]
        return tuple(self.coordinates.index(name) for name in names)

    @cached_property
    def categories(self) -> tuple[tuple[int, ...], ...]:
        """Per categorical variable the columns of coordinates that stand for its categories."""
        start, found = self.fractions_width, []
        for variable in self.variables.every:
            end = start + len(variable.columns)
            if variable.kind == "categorical":
                found.append(tuple(range(start, end)))
            start = end
        return tuple(found)

    @cached_property
    def bounds(self) -> NDArray[np.float64]:
        """Least and greatest value of each coordinate, shape (2, d)."""
        low = [n / site.parts for site in self.sites for n in site.walk.lower]
        high = [n / site.parts for site in self.sites for n in site.walk.upper]
        for variable in self.variables.every:
            if variable.kind == "categorical":
                low += [0.0] * len(variable.values)
                high += [1.0] * len(variable.values)
            else:
                low.append(float(variable.numbers[0]))
                high.append(float(variable.numbers[-1]))
        return np.array([low, high])

    def has_coordinates(self, candidate: Candidate) -> bool:
        """Whether a candidate is made of what this space has, within its bounds or not."""
        return self._row(candidate) is not None

    def encode(self, candidates: Sequence[Candidate]) -> NDArray[np.float64]:
        """Coordinates of candidates, shape (n, d); they need not keep bounds, steps or rules.

        Raises:
            SpaceError: a candidate has a prototype, element or condition that the space lacks.
        """
        rows = []
        for candidate in candidates:
            row = self._row(candidate)
            if row is None:
                hosts = " or ".join(p.name for p in self.prototypes)
                msg = f"{candidate.content()} is no {hosts} of {', '.join(self.coordinates)}"
                raise SpaceError(msg)
            rows.append(row)
        return np.array(rows, dtype=float).reshape(-1, len(self.coordinates))

    def _row(self, candidate: Candidate) -> list[float] | None:
        sites = {site: dict(fractions) for site, fractions in candidate.sites}
        hosts = [p.name for p in self.prototypes]
        if candidate.prototype not in hosts or set(sites) != {site.site for site in self.sites}:
            return None
        row: list[float] = []
        for site in self.sites:
            fractions = sites[site.site]
            if not set(fractions) <= set(site.elements):
                return None
            row += [float(fractions.get(element, 0)) for element in site.elements]
        given = self._conditions(candidate)
        if not set(given) <= {variable.name for variable in self.variables.every}:
            return None
        try:
            for variable in self.variables.every:
                row += variable.coordinate_of(given.get(variable.name))
        except KeyError:
            return None
        return row

    def _conditions(self, candidate: Candidate) -> dict[str, float | str]:
        given = dict(candidate.conditions)
        return given | {"prototype": candidate.prototype} if len(self.prototypes) > 1 else given

    def point_of(self, candidate: Candidate) -> Points | None:
        """A candidate in whole numbers, shape (1, m); None where it is no point of the grid."""
        if not self.has_coordinates(candidate):
            return None
        point: list[int] = []
        for site in self.sites:
            fractions = candidate.on_site(site.site)
            steps = [fractions.get(e, Fraction(0)) * site.parts for e in site.elements]
            if any(n.denominator != 1 for n in steps):
                return None
            point += [int(n) for n in steps]
        given = self._conditions(candidate)
        for variable in self.variables.every:
            value = given.get(variable.name)
            level = ABSENT if value is None else variable.level_of(value)
            if level is None:
                return None
            point.append(level)
        return np.array([point], dtype=np.int64)

    @cached_property
    def width(self) -> int:
        """Columns of points."""
        return self.fractions_width + len(self.variables)

    def parts(self, points: Points) -> tuple[list[Points], Points]:
        """The counts of each site, and the levels."""
        cuts = np.cumsum([len(site.elements) for site in self.sites])
        *counts, levels = np.split(points, cuts, axis=1)
        return counts, levels

    def coordinates_of(self, points: Points) -> NDArray[np.float64]:
        """Coordinates of points, shape (n, d)."""
        counts, levels = self.parts(points)
        columns = [part / site.parts for part, site in zip(counts, self.sites, strict=True)]
        for i, variable in enumerate(self.variables.every):
            columns.append(variable.coordinates(levels[:, i]))
        return np.concatenate(columns, axis=1)

    def candidates_at(self, points: Points) -> list[Candidate]:
        """The candidates that points stand for."""
        counts, levels = self.parts(points)
        found = []
        for row in range(len(points)):
            recipes = {
                site.site: site.fractions(part[row])
                for part, site in zip(counts, self.sites, strict=True)
            }
            conditions = {
                variable.name: variable.values[level]
                for variable, level in zip(self.variables.every, levels[row], strict=True)
                if level != ABSENT
            }
            host = str(conditions.pop("prototype", self.prototypes[0].name))
            found.append(Candidate.of(host, recipes, conditions))
        return found

    def on_grid(self, points: Points) -> NDArray[np.bool_]:
        """Whether points keep bounds and limits, shape (n,)."""
        counts, levels = self.parts(points)
        kept = self.variables.keeps(levels)
        for part, site in zip(counts, self.sites, strict=True):
            kept &= site.walk.keeps(part)
        return kept

    def drawn(self, cube: NDArray[np.float64], *, even: bool = False) -> Points:
        """The points at points of the unit cube, whatever the rules say.

        Uniform points give uniform candidates; with ``even``, uniform levels of each variable.
        """
        cuts = np.cumsum([len(site.elements) for site in self.sites])
        *cubes, rest = np.split(cube, cuts, axis=1)
        counts = [site.walk.draw(part) for site, part in zip(self.sites, cubes, strict=True)]
        return np.concatenate([*counts, self.variables.draw(rest, even=even)], axis=1)

    def moves(self, point: NDArray[np.int64]) -> Points:
        """Points one move away, near and far; lower bounds and limits are left to the caller."""
        counts, levels = self.parts(point[None])
        found = []
        start = 0
        for part, site in zip(counts, self.sites, strict=True):
            moved = swaps(part[0].tolist(), site.walk.upper)
            after = np.repeat(point[None], len(moved), axis=0)
            after[:, start : start + part.shape[1]] = moved
            found.append(after)
            start += part.shape[1]
        moved = self.variables.moves(levels[0])
        after = np.repeat(point[None], len(moved), axis=0)
        after[:, start:] = moved
        return np.concatenate([*found, after])
