"""How much of each precursor brings the elements of a candidate, and what a balance makes of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from cathode.errors import RecipeError
from cathode.physics.precursors import molar_mass
from cathode.spec import Compound

NOTHING = 1e-9
"""Amounts below this share of a formula unit are none."""


@dataclass(frozen=True)
class Weighing:
    """A precursor on the balance.

    Attributes:
        precursor: its formula with its water, such as ``Co(NO3)2*6H2O``.
        supplies: elements that are asked of it.
        purity: % by mass.
        molar_mass: of the pure compound, in g/mol.
        exact: grams of the bottle's content that bring what is asked.
        mass: the same in whole steps of the balance: what is weighed.
    """

    precursor: str
    supplies: tuple[str, ...]
    purity: float
    molar_mass: float
    exact: float
    mass: float

    @property
    def moles(self) -> float:
        """Formula units in what is weighed, in mol."""
        return self.mass * self.purity / 100 / self.molar_mass


def weighings(
    wanted: Mapping[str, float], sources: Mapping[str, Compound], balance: Fraction
) -> list[Weighing]:
    """What to weigh.

    Args:
        wanted: mol of each element.
        sources: the precursor of each; one may bring several of them.
        balance: resolution in g.

    Raises:
        RecipeError: the precursors cannot bring these elements in this ratio.
    """
    bottles = list(dict.fromkeys(sources[element] for element in wanted))
    _refuse_two_purities(bottles)
    found = []
    for bottle, moles in zip(bottles, _amounts(wanted, bottles), strict=True):
        mass = molar_mass(bottle.text)
        exact = moles * mass * 100 / bottle.purity
        supplies = tuple(element for element in wanted if sources[element] == bottle)
        steps = round(Fraction(exact) / balance)
        kept = (bottle.text, supplies, bottle.purity, mass, exact, float(steps * balance))
        if moles:
            found.append(Weighing(*kept))
    return found


def brought(found: Sequence[Weighing], sources: Mapping[str, Compound]) -> dict[str, float]:
    """Mol of each element that weighed precursors bring."""
    bottles = {bottle.text: bottle for bottle in sources.values()}
    amounts = dict.fromkeys(sources, 0.0)
    for each in found:
        for element, count in bottles[each.precursor].elements.items():
            if element in amounts:
                amounts[element] += each.moles * count
    return amounts


def _amounts(wanted: Mapping[str, float], bottles: Sequence[Compound]) -> list[float]:
    """Mol of each precursor: the one way in which all elements come out as wanted."""
    target = np.array(list(wanted.values()))
    brings = np.array([[bottle.elements.get(e, 0.0) for bottle in bottles] for e in wanted])
    moles, *_ = np.linalg.lstsq(brings, target, rcond=None)
    small = NOTHING * target.sum()
    names = ", ".join(bottle.text for bottle in bottles)
    if np.linalg.matrix_rank(brings) < len(bottles) or abs(brings @ moles - target).max() > small:
        shown = ", ".join(f"{e} {x / target.max():.4g}" for e, x in wanted.items())
        msg = f"{names} cannot bring {shown} in this ratio: give elements precursors of their own"
        raise RecipeError(msg)
    if moles.min() < -small:
        least = bottles[int(moles.argmin())]
        msg = (
            f"{names} bring more than is asked for, and {least.text} would have to be taken away: "
        )
        raise RecipeError(msg + "name a precursor that brings one element alone")
    return [float(x) if x > small else 0.0 for x in moles]


def _refuse_two_purities(bottles: Sequence[Compound]) -> None:
    for bottle in bottles:
        others = [b.purity for b in bottles if b.text == bottle.text and b != bottle]
        if others:
            msg = f"{bottle.text} is asked for with {bottle.purity:g} % and {others[0]:g} %: "
            raise RecipeError(msg + "give it one purity")
