"""Fractions of elements on one site, held as integer counts of a weighable step."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from cathode.errors import SpaceError
from cathode.physics.species import check_site
from cathode.space.walk import Limit, RecipeWalk
from cathode.spec import AtMost, SiteSpec
from cathode.spec.base import to_text

MOST_PARTS = 1000


@dataclass(frozen=True)
class SiteFractions:
    """All recipes of one site: integer counts within bounds that sum to ``parts``.

    Attributes:
        site: name of the site.
        elements: symbols, sorted.
        walk: the recipes as counts, in the order of ``elements``.
    """

    site: str
    elements: tuple[str, ...]
    walk: RecipeWalk

    @classmethod
    def from_spec(cls, site: str, spec: SiteSpec) -> "SiteFractions":
        """Build the recipes a spec describes.

        Raises:
            SpaceError: the spec names no element, contradicts itself or allows no recipe.
        """
        where = f"space.sites.{site}"
        elements = tuple(sorted(spec.fractions))
        check_site(where, site, elements)
        if spec.step <= 0 or (1 / spec.step).denominator != 1:
            msg = f"{where}.step={to_text(spec.step)}: needs to divide one, such as 0.05 or '1/12'"
            raise SpaceError(msg)
        if 1 / spec.step > MOST_PARTS:
            msg = (
                f"{where}.step={to_text(spec.step)}: at least 1/{MOST_PARTS}, as fine as is weighed"
            )
            raise SpaceError(msg)
        lower, upper = _bounds(where, elements, spec)
        limits = tuple(_limit(where, elements, spec.step, limit) for limit in spec.at_most)
        recipes = cls(site, elements, RecipeWalk(int(1 / spec.step), lower, upper, limits))
        recipes._refuse_empty(where)
        return recipes

    def _refuse_empty(self, where: str) -> None:
        least, most = (
            Fraction(sum(bounds), self.parts) for bounds in (self.walk.lower, self.walk.upper)
        )
        if least > 1:
            msg = f"{where}: the least fractions sum to {to_text(least)}, more than one: lower some"
            raise SpaceError(msg)
        if most < 1:
            msg = (
                f"{where}: the greatest fractions sum to {to_text(most)}, short of one: raise some"
            )
            raise SpaceError(msg)
        if self.size == 0:
            sets = "; ".join(self._words(limit) for limit in self.walk.limits)
            msg = f"{where}: no recipe satisfies the bounds and {sets}: raise a maximum or a limit"
            raise SpaceError(msg)

    def _words(self, limit: Limit) -> str:
        names = ", ".join(self.elements[i] for i in sorted(limit.members))
        total = Fraction(limit.total, self.parts)
        words = [f"at most {limit.count}"] if limit.count < len(limit.members) else []
        return " and ".join([*words, *([f"{to_text(total)} in all"] if total < 1 else [])]) + (
            f" of {names}"
        )

    @property
    def parts(self) -> int:
        """The whole in steps, 1 / step."""
        return self.walk.parts

    @property
    def step(self) -> Fraction:
        """Weighable step of the fractions."""
        return Fraction(1, self.parts)

    @cached_property
    def size(self) -> int:
        """Exact number of recipes."""
        return self.walk.size

    def fractions(self, counts: Sequence[int]) -> dict[str, Fraction]:
        """A recipe as exact fractions by element."""
        return {e: Fraction(int(n), self.parts) for e, n in zip(self.elements, counts, strict=True)}


def _limit(where: str, elements: Sequence[str], step: Fraction, spec: AtMost) -> Limit:
    if unknown := [element for element in spec.of if element not in elements]:
        msg = f"{where}.at_most names {unknown[0]!r}: allowed are {', '.join(elements)}"
        raise SpaceError(msg)
    members = frozenset(elements.index(element) for element in spec.of)
    total = Fraction(1) if spec.total is None else spec.total
    if not 0 <= total <= 1:
        msg = f"{where}.at_most.total={to_text(total)}: needs to be from 0 to 1"
        raise SpaceError(msg)
    count = len(members) if spec.count is None else spec.count
    return Limit(members, count, _steps(f"{where}.at_most.total", total, step))


def _bounds(
    where: str, elements: Sequence[str], spec: SiteSpec
) -> tuple[tuple[int, ...], tuple[int, ...]]:
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
            found.append(_steps(f"{where}.fractions.{element}.{name}", value, spec.step))
    return tuple(lower), tuple(upper)


def _steps(what: str, value: Fraction, step: Fraction) -> int:
    """A fraction as a whole number of steps.

    Raises:
        SpaceError: it is no multiple.
    """
    steps = value / step
    if steps.denominator == 1:
        return int(steps)
    down = int(steps) * step
    msg = (
        f"{what}={to_text(value)} is no multiple of step "
        f"{to_text(step)}: use {to_text(down)} or {to_text(down + step)}"
    )
    raise SpaceError(msg)
