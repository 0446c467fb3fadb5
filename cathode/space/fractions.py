"""Fractions of elements on one site, held as integer counts of a weighable step."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from cathode.errors import SpaceError
from cathode.spec import SiteSpec
from cathode.spec.base import to_text

Counts = tuple[int, ...]
"""Steps of each element, in the order of ``elements``; they always sum to ``parts``."""


@dataclass(frozen=True)
class SiteFractions:
    """All recipes of one site: integer counts within bounds that sum to ``parts``.

    A recipe is walked element by element; the state of the walk is how many parts are left and
    how many elements of each limited set are present. Counting the ways to finish from each
    state gives the exact size of the space and exactly uniform samples, without listing it.

    Attributes:
        elements: symbols, sorted.
        parts: the whole in steps, 1 / step.
        lower: least count of each element.
        upper: greatest count of each element.
        limits: (indices of a set's elements, how many may be present).
    """

    elements: tuple[str, ...]
    parts: int
    lower: Counts
    upper: Counts
    limits: tuple[tuple[frozenset[int], int], ...] = ()

    @classmethod
    def from_spec(cls, site: str, spec: SiteSpec) -> "SiteFractions":
        """Build the recipes a spec describes.

        Raises:
            SpaceError: the spec names no element, contradicts itself or allows no recipe.
        """
        where = f"space.sites.{site}"
        elements = tuple(sorted(spec.fractions))
        _check_symbols(where, elements)
        if spec.step <= 0 or (1 / spec.step).denominator != 1:
            msg = f"{where}.step={to_text(spec.step)}: needs to divide one, such as 0.05 or '1/12'"
            raise SpaceError(msg)
        lower, upper = _bounds(where, elements, spec)
        index = {element: i for i, element in enumerate(elements)}
        for limit in spec.at_most:
            if unknown := [e for e in limit.of if e not in index]:
                msg = f"{where}.at_most names {unknown[0]!r}: allowed are {', '.join(elements)}"
                raise SpaceError(msg)
        limits = tuple((frozenset(index[e] for e in m.of), m.count) for m in spec.at_most)
        recipes = cls(elements, int(1 / spec.step), lower, upper, limits)
        recipes._refuse_empty(where)
        return recipes

    def _refuse_empty(self, where: str) -> None:
        least, most = (Fraction(sum(b), self.parts) for b in (self.lower, self.upper))
        if least > 1:
            msg = f"{where}: the least fractions sum to {to_text(least)}, more than one: lower some"
            raise SpaceError(msg)
        if most < 1:
            msg = (
                f"{where}: the greatest fractions sum to {to_text(most)}, short of one: raise some"
            )
            raise SpaceError(msg)
        if self.size == 0:
            sets = "; ".join(
                f"at most {count} of {', '.join(self.elements[i] for i in sorted(members))}"
                for members, count in self.limits
            )
            msg = f"{where}: no recipe satisfies the bounds and {sets}: raise a maximum or a count"
            raise SpaceError(msg)

    @cached_property
    def size(self) -> int:
        """Exact number of recipes."""
        return self._ways(0, self.parts, self._none_present)

    @cached_property
    def _none_present(self) -> Counts:
        return (0,) * len(self.limits)

    @cached_property
    def _known_ways(self) -> dict[tuple[int, int, Counts], int]:
        return {}

    def _ways(self, j: int, left: int, present: Counts) -> int:
        """Ways to finish a recipe from element ``j`` on with ``left`` parts."""
        if j == len(self.elements):
            return int(left == 0)
        key = (j, left, present)
        if key not in self._known_ways:
            self._known_ways[key] = sum(
                self._ways(j + 1, left - count, then)
                for count, then in self._choices(j, left, present)
            )
        return self._known_ways[key]

    def _choices(self, j: int, left: int, present: Counts) -> list[tuple[int, Counts]]:
        """Counts element ``j`` may take, each with the limited sets' state after it."""
        choices = []
        for count in range(self.lower[j], min(self.upper[j], left) + 1):
            then = present if count == 0 else self._with(j, present)
            if all(used <= most for used, (_, most) in zip(then, self.limits, strict=True)):
                choices.append((count, then))
        return choices

    def _with(self, j: int, present: Counts) -> Counts:
        return tuple(
            used + (j in members) for used, (members, _) in zip(present, self.limits, strict=True)
        )

    def at(self, point: Sequence[float]) -> Counts:
        """The recipe at a point of the unit cube.

        Each coordinate picks one element's count from its exact distribution given those before
        it, so uniform points give uniform recipes and low-discrepancy points spread over them.

        Args:
            point: one number in [0, 1) per element.
        """
        counts: list[int] = []
        left, present = self.parts, self._none_present
        for j, u in enumerate(point):
            choices = self._choices(j, left, present)
            ways = [self._ways(j + 1, left - count, then) for count, then in choices]
            # Integers, since ways can exceed what a float counts.
            rank = min(int(u * (1 << 53)) * sum(ways) >> 53, sum(ways) - 1)
            for (count, then), n in zip(choices, ways, strict=True):
                if rank < n:
                    counts.append(count)
                    left, present = left - count, then
                    break
                rank -= n
        return tuple(counts)

    def __iter__(self) -> Iterator[Counts]:
        """All recipes, in lexicographic order."""
        yield from self._from(0, self.parts, self._none_present)

    def _from(self, j: int, left: int, present: Counts) -> Iterator[Counts]:
        if j == len(self.elements):
            yield ()
            return
        for count, then in self._choices(j, left, present):
            if self._ways(j + 1, left - count, then):
                for rest in self._from(j + 1, left - count, then):
                    yield (count, *rest)

    def __contains__(self, counts: object) -> bool:
        """Whether a recipe keeps all bounds and limits."""
        if not isinstance(counts, tuple) or len(counts) != len(self.elements):
            return False
        return (
            sum(counts) == self.parts
            and all(
                low <= n <= high
                for low, n, high in zip(self.lower, counts, self.upper, strict=True)
            )
            and all(sum(counts[i] > 0 for i in members) <= most for members, most in self.limits)
        )

    def neighbours(self, counts: Counts) -> list[Counts]:
        """All recipes that differ by one step moved from one element to another."""
        found = []
        for i in range(len(counts)):
            for j in range(len(counts)):
                if i != j:
                    moved = list(counts)
                    moved[i] -= 1
                    moved[j] += 1
                    if tuple(moved) in self:
                        found.append(tuple(moved))
        return found

    def nearest(self, fractions: NDArray[np.float64]) -> Counts:
        """The recipe at the least Euclidean distance from any fractions, shape (elements,).

        Exact, by dynamic programming over the same states that count the recipes.
        """
        wanted = np.asarray(fractions, dtype=float) * self.parts
        known: dict[tuple[int, int, Counts], tuple[float, Counts] | None] = {}

        def best(j: int, left: int, present: Counts) -> tuple[float, Counts] | None:
            if j == len(self.elements):
                return (0.0, ()) if left == 0 else None
            key = (j, left, present)
            if key not in known:
                options = []
                for count, then in self._choices(j, left, present):
                    rest = best(j + 1, left - count, then)
                    if rest is not None:
                        cost = (count - wanted[j]) ** 2 + rest[0]
                        options.append((float(cost), (count, *rest[1])))
                known[key] = min(options, default=None)
            return known[key]

        result = best(0, self.parts, self._none_present)
        if result is None:  # cannot be: from_spec refuses empty spaces
            msg = "the space has no recipe"
            raise SpaceError(msg)
        return result[1]

    def fractions(self, counts: Counts) -> dict[str, Fraction]:
        """A recipe as exact fractions by element."""
        return {e: Fraction(n, self.parts) for e, n in zip(self.elements, counts, strict=True)}


def _check_symbols(where: str, elements: Sequence[str]) -> None:
    from pymatgen.core import Element

    for symbol in elements:
        if not Element.is_valid_symbol(symbol):
            msg = f"{where}.fractions: {symbol!r} is no element: write symbols such as Ni or Mn"
            raise SpaceError(msg)


def _bounds(where: str, elements: Sequence[str], spec: SiteSpec) -> tuple[Counts, Counts]:
    lower: list[int] = []
    upper: list[int] = []
    for element in elements:
        bounds = spec.fractions[element]
        if not 0 <= bounds.min <= bounds.max <= 1:
            msg = (
                f"{where}.fractions.{element}: min={to_text(bounds.min)}, "
                f"max={to_text(bounds.max)}: needs 0 <= min <= max <= 1, fractions and not percent"
            )
            raise SpaceError(msg)
        for name, value, found in (("min", bounds.min, lower), ("max", bounds.max, upper)):
            steps = value / spec.step
            if steps.denominator != 1:
                down = int(steps) * spec.step
                msg = (
                    f"{where}.fractions.{element}.{name}={to_text(value)} is no multiple of step "
                    f"{to_text(spec.step)}: use {to_text(down)} or {to_text(down + spec.step)}"
                )
                raise SpaceError(msg)
            found.append(int(steps))
    return tuple(lower), tuple(upper)
