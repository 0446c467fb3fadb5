"""The recipe of a candidate: what to weigh in, what that makes, and how to fire it."""

from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any

from cathode.errors import RecipeError
from cathode.lab.furnace import Heating, in_hours, programme_of
from cathode.lab.plan import Plan, Sites
from cathode.lab.weighing import Weighing
from cathode.model import Candidate
from cathode.physics.prototypes import PROTOTYPES
from cathode.spec import CampaignSpec, LabSpec, RecipeSpec, SpaceSpec
from cathode.spec.recipe import MOST


@dataclass(frozen=True)
class Recipe:
    """How to make a candidate.

    Attributes:
        batch: grams of product.
        balance: resolution in g.
        lithium_excess: in % of the lithium asked for.
        weighings: what to weigh, in the order of the elements.
        asked: fractions asked for, per site and element that is weighed in.
        weighed: the same as the rounded masses have them, without the excess; site M as a whole
            is what the others are counted by.
        warnings: what the balance is too coarse for, in words, with a way out.
        programme: steps of the furnace.
    """

    batch: float
    balance: Fraction
    lithium_excess: float
    weighings: tuple[Weighing, ...]
    asked: Sites
    weighed: Sites
    warnings: tuple[str, ...]
    programme: tuple[Heating, ...]

    @property
    def digits(self) -> int:
        """Digits after the point that the balance shows."""
        text = f"{float(self.balance):.12f}".rstrip("0")
        return len(text.partition(".")[2])

    def grams(self, weighing: Weighing) -> str:
        """A mass as the balance shows it."""
        return f"{weighing.mass:.{self.digits}f}"

    @property
    def deviation(self) -> float:
        """Largest difference between a fraction asked for and weighed in."""
        return max(
            abs(self.weighed[s][e] - x) for s, all_ in self.asked.items() for e, x in all_.items()
        )

    @property
    def hours(self) -> float:
        """How long the furnace programme takes, in h, without what comes after its last hold."""
        return sum(step.hours for step in self.programme)

    def as_dict(self) -> dict[str, Any]:
        """All of it, ready for JSON."""
        return asdict(self) | {
            "balance": float(self.balance),
            "deviation": self.deviation,
            "programme": [asdict(s) | {"hours": s.hours, "words": s.words} for s in self.programme],
            "hours": self.hours,
            "total_time": in_hours(self.hours),
        }


def recipe_for(
    candidate: Candidate,
    spec: CampaignSpec,
    *,
    evaluator: str | None = None,
    batch: float | None = None,
) -> Recipe:
    """The recipe by which a lab makes a candidate.

    Args:
        candidate: what is made.
        spec: the campaign.
        evaluator: name of the cheaper evaluator that makes it; None for the campaign's own.
        batch: grams of product; as the spec says if None.

    Raises:
        RecipeError: there is none, and why.
    """
    recipe = recipe_spec(spec, evaluator)
    if recipe is None:
        msg = f"{spec.name} has no recipe: add evaluator.recipe to its spec"
        raise RecipeError(msg)
    host = PROTOTYPES.get(candidate.prototype)
    if host is None or not isinstance(spec.space, SpaceSpec):
        msg = f"the composition of {candidate.id} is not known: rows of a pool have no recipe"
        raise RecipeError(msg)
    grams = recipe.batch if batch is None else checked_batch(batch)
    plan = Plan.of(candidate, host, recipe, spec.space)
    found, weighed, warnings = plan.weighed(grams)
    if warnings:
        warnings = [*warnings, plan.way_out(grams)]
    return Recipe(
        grams,
        recipe.balance,
        plan.excess,
        tuple(found),
        {site: {e: float(x) for e, x in mine.items()} for site, mine in plan.sites.items()},
        weighed,
        tuple(warnings),
        tuple(programme_of(candidate, recipe, spec.units)),
    )


def recipe_spec(spec: CampaignSpec, evaluator: str | None) -> RecipeSpec | None:
    """How the lab that an evaluator is makes candidates; None where nothing is said."""
    lab = spec.evaluator if evaluator is None else None
    if evaluator in spec.cheaper:
        lab = spec.cheaper[evaluator].evaluator
    return lab.recipe if isinstance(lab, LabSpec) else None


def checked_batch(batch: float) -> float:
    """Grams of a batch.

    Raises:
        RecipeError: nobody can make as many.
    """
    if not 0 < batch <= MOST:
        msg = f"a batch of {batch:g} g: needs to be above 0 and at most {MOST:g} g"
        raise RecipeError(msg)
    return batch
