"""What has to be weighed in for a candidate, and what a balance makes of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from cathode.errors import RecipeError
from cathode.lab.furnace import setting
from cathode.lab.weighing import Weighing, brought, weighings
from cathode.model import Candidate
from cathode.physics.prototypes import MIXING_SITE, Prototype
from cathode.physics.species import VACANCY, mass
from cathode.spec import Compound, RecipeSpec, SpaceSpec
from cathode.spec.recipe import MOST
from cathode.spec.recipe_in_space import FROM_AIR, PERCENT, stays
from cathode.units import convert

FEWEST_STEPS = 10
"""Steps of the balance below which a mass is too small to be weighed well."""

TOLERATED = Fraction(1, 10)
"""Of a site's step, by how much rounding may move a fraction."""

LARGER = (2, 5, 10, 20, 50, 100, 200, 500, 1000)
"""How many times as large a batch is looked at where one is too small."""

Sites = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class Plan:
    """What has to be weighed in for a formula unit.

    Attributes:
        sites: asked fractions per site, of elements that are weighed in.
        steps: by how much a fraction moves at least, per site.
        wanted: atoms of each element in a formula unit, the excess of lithium among them.
        sources: the precursor of each.
        excess: of lithium, in %.
        mass: of a formula unit, in g/mol.
        balance: resolution in g.
    """

    sites: Mapping[str, Mapping[str, Fraction]]
    steps: Mapping[str, Fraction]
    wanted: Mapping[str, float]
    sources: Mapping[str, Compound]
    excess: float
    mass: float
    balance: Fraction

    @classmethod
    def of(
        cls, candidate: Candidate, host: Prototype, recipe: RecipeSpec, space: SpaceSpec
    ) -> "Plan":
        """What a candidate takes.

        Raises:
            RecipeError: the precursors of the recipe cannot make it.
        """
        filled = {site: dict(fractions) for site, fractions in candidate.sites}
        every = {site: filled.get(site, {site: Fraction(1)}) for site, _ in host.formula}
        counts = dict(host.formula)
        sites = {site: _weighed_in(mine) for site, mine in every.items() if _weighed_in(mine)}
        if MIXING_SITE not in sites:
            msg = f"{candidate.id} has nothing on site {MIXING_SITE}: propose something to make"
            raise RecipeError(msg)
        excess = _excess(candidate, recipe, space)
        wanted: dict[str, float] = {}
        for site, mine in sites.items():
            for e, x in mine.items():
                more = 1 + excess / 100 if e == "Li" else 1.0
                wanted[e] = wanted.get(e, 0.0) + float(x) * counts[site] * more
        sources = {e: _compound(e, candidate, recipe, space) for e in wanted}
        _refuse_foreign(candidate, sources, recipe)
        mixed = space.sites[MIXING_SITE].step
        steps = {s: space.sites[s].step if s in space.sites else mixed for s in sites}
        heavy = [
            mass(e) * float(x) * counts[s] for s, mine in every.items() for e, x in mine.items()
        ]
        return cls(sites, steps, wanted, sources, excess, sum(heavy), recipe.balance)

    def weighed(self, batch: float) -> tuple[list[Weighing], Sites, list[str]]:
        """What to weigh for a batch (g), the fractions that this makes, and what is amiss."""
        units = batch / self.mass
        wanted = {element: x * units for element, x in self.wanted.items()}
        found = weighings(wanted, self.sources, self.balance)
        amounts = brought(found, self.sources)
        ratio = {element: amounts[element] / x for element, x in wanted.items()}
        metals = self.sites[MIXING_SITE]
        whole = sum(ratio[e] * float(x) for e, x in metals.items()) / float(sum(metals.values()))
        fractions = {
            site: {e: float(x) * ratio[e] / whole if whole else 0.0 for e, x in mine.items()}
            for site, mine in self.sites.items()
        }
        return found, fractions, self._warnings(found, fractions)

    def _warnings(self, found: list[Weighing], weighed: Sites) -> list[str]:
        least = float(FEWEST_STEPS * self.balance)
        words = [
            f"{each.mass:g} g of {each.precursor} are less than {least:g} g, which this balance "
            "can weigh well"
            for each in found
            if each.mass < least
        ]
        for site, mine in self.sites.items():
            step = self.steps[site]
            for e, x in mine.items():
                if abs(weighed[site][e] - float(x)) > float(step * TOLERATED):
                    words.append(
                        f"rounding moves {e} on site {site} from {float(x):g} to "
                        f"{weighed[site][e]:.4g}, more than a tenth of the step {float(step):g}"
                    )
        return words

    def way_out(self, batch: float) -> str:
        """Which batch the balance is fine enough for."""
        for times in LARGER:
            larger = batch * times
            if larger <= MOST and not self.weighed(larger)[2]:
                return f"a batch of {larger:g} g has none of this"
        return "use a finer balance"


def _weighed_in(fractions: Mapping[str, Fraction]) -> dict[str, Fraction]:
    """The elements of a site that precursors bring, the most abundant first."""
    solid = {e: x for e, x in fractions.items() if e not in (VACANCY, FROM_AIR)}
    return dict(sorted(solid.items(), key=lambda item: (-item[1], item[0])))


def _excess(candidate: Candidate, recipe: RecipeSpec, space: SpaceSpec) -> float:
    """Lithium on top, in %."""
    asked = recipe.excess_in(space)
    if isinstance(asked, float):
        return asked
    value = float(setting(candidate, asked))
    return convert(value, space.variables[asked].unit, PERCENT[0])


def _compound(element: str, candidate: Candidate, recipe: RecipeSpec, space: SpaceSpec) -> Compound:
    """What an element is weighed in as."""
    source = recipe.precursor_of(element, space)
    if source is None:
        msg = f"{element} has no precursor: add one to recipe.precursors"
        raise RecipeError(msg)
    if isinstance(source, Compound):
        return source
    value = setting(candidate, source.variable)
    try:
        return source.compound_of(str(value))
    except ValueError as error:
        msg = f"{source.variable}={value!r} is no precursor of {element}: say under choices what "
        raise RecipeError(msg + "it means") from error


def _refuse_foreign(
    candidate: Candidate, sources: Mapping[str, Compound], recipe: RecipeSpec
) -> None:
    """Refuse precursors that bring what this candidate has not."""
    for element, source in sources.items():
        for other in source.elements:
            if other not in sources and stays(other, recipe):
                msg = f"{source.text}, the precursor of {element}, brings {other}, which "
                raise RecipeError(f"{msg}{candidate.id} has not: name another precursor")
