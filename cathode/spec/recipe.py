"""Specs of recipes: what a lab weighs in, and how it fires it."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Annotated, Any

from pydantic import AfterValidator, Discriminator, Field, Tag, field_validator, model_validator

from cathode.errors import SpecError
from cathode.physics.precursors import COMMON, WATER, elements_of, plain_formula
from cathode.spec.base import Exact, Spec
from cathode.spec.space import SpaceSpec
from cathode.spec.variables import When

EXCESS = "lithium_excess"
"""Variable that tells the lithium excess where a recipe names none."""

CHOICE = "precursor"
"""Variable that chooses the lithium precursor where a recipe names none."""

MOST = 100_000.0
"""Grams of a batch; no lab makes more."""


def _checked(text: str) -> str:
    try:
        elements_of(text)
    except SpecError as error:
        raise ValueError(str(error)) from error
    return plain_formula(text)


Formula = Annotated[str, AfterValidator(_checked)]
"""A chemical formula, kept as ``plain_formula`` writes it."""


class Compound(Spec):
    """A precursor as it stands in its bottle."""

    formula: Formula = Field(description="such as Ni(OH)2, or with its water Co(NO3)2*6H2O")
    hydrate: float = Field(
        0.0, ge=0, le=50, description="water molecules per formula, if not in the formula"
    )
    purity: float = Field(100.0, gt=0, le=100, description="% by mass, as the label says")

    @model_validator(mode="after")
    def _water_is_given_once(self) -> "Compound":
        if self.hydrate and any(part.endswith(WATER) for part in self.formula.split("*")[1:]):
            msg = f"formula={self.formula!r} has its water, and hydrate={self.hydrate:g} adds "
            raise ValueError(msg + "more: leave one of them out")
        return self

    @property
    def text(self) -> str:
        """The formula with all its water, such as ``Co(NO3)2*6H2O``; its name in tables."""
        count = "" if self.hydrate == 1 else f"{self.hydrate:g}"
        return f"{self.formula}*{count}{WATER}" if self.hydrate else self.formula

    @property
    def elements(self) -> Mapping[str, float]:
        """Atoms of each element in the formula with its water."""
        return elements_of(self.text)


def _kind_of_choice(value: Any) -> str:
    return "formula" if isinstance(value, str) else "compound"


Bottle = Annotated[
    Annotated[Formula, Tag("formula")] | Annotated[Compound, Tag("compound")],
    Discriminator(_kind_of_choice),
]
"""A precursor: its formula alone, which counts as pure, or with its water and purity."""


def compound(bottle: str | Compound) -> Compound:
    """The precursor; a formula alone counts as pure."""
    return Compound(formula=bottle) if isinstance(bottle, str) else bottle


class Chosen(Spec):
    """A precursor that each candidate chooses by a process variable."""

    variable: str = Field(description="process variable whose values stand for precursors")
    choices: dict[str, Bottle] = Field(
        default_factory=dict,
        description="by value of the variable its precursor; the value itself if absent",
    )

    def compound_of(self, value: str) -> Compound:
        """The precursor that a value of the variable stands for.

        Raises:
            ValueError: the value is no formula, and no choice says what it means.
        """
        return compound(self.choices[value] if value in self.choices else _checked(value))


def _kind_of_precursor(value: Any) -> str:
    chosen = "variable" in value if isinstance(value, dict) else isinstance(value, Chosen)
    return "variable" if chosen else _kind_of_choice(value)


PrecursorSpec = Annotated[
    Annotated[Formula, Tag("formula")]
    | Annotated[Compound, Tag("compound")]
    | Annotated[Chosen, Tag("variable")],
    Discriminator(_kind_of_precursor),
]
"""What an element is weighed in as."""


class FurnaceStep(Spec):
    """A step of the furnace: a ramp to a temperature, and how long it is held.

    A text in place of a number names a process variable.
    """

    ramp: float | str = Field(description="degC/min, or a process variable")
    to: float | str = Field(description="degC, or a process variable")
    hold: float | str = Field(0.0, description="h, or a process variable")
    atmosphere: str | None = Field(
        None, description="a process variable of that name, else the gas itself, such as O2"
    )
    when: When | None = Field(
        None, description="the step is made only where a process variable has this value"
    )


class RecipeSpec(Spec):
    """How a lab makes a candidate: precursors, lithium excess and the furnace programme."""

    batch: float = Field(10.0, gt=0, le=MOST, description="grams of product per order")
    balance: Exact = Field(
        Fraction(1, 1000), gt=0, le=1000, description="resolution of the balance in g"
    )
    precursors: dict[str, PrecursorSpec] = Field(
        default_factory=dict,
        description="by element its precursor: a formula, {formula, hydrate, purity}, or "
        "{variable, choices}; a common one if absent",
    )
    lithium_excess: float | str | None = Field(
        None,
        description="% of lithium on top, or the process variable that tells it; the variable "
        "lithium_excess if absent and there is one, else 0",
    )
    leaves: tuple[str, ...] = Field(
        (),
        description="elements of precursors that do not stay in the product, such as S that is "
        "washed out, beside H, C and N",
    )
    programme: tuple[FurnaceStep, ...] = Field((), description="steps of the furnace, in order")

    @field_validator("lithium_excess")
    @classmethod
    def _excess_is_a_percentage(cls, value: float | str | None) -> float | str | None:
        if isinstance(value, float) and not 0 <= value <= 100:  # noqa: PLR2004 - percent
            msg = f"{value:g} %: needs to be from 0 to 100"
            raise ValueError(msg)
        return value

    def precursor_of(self, element: str, space: SpaceSpec) -> Compound | Chosen | None:
        """What an element is weighed in as: as the recipe says, else a common precursor.

        Returns:
            None where the recipe says nothing, and none is common.
        """
        if element in self.precursors:
            own = self.precursors[element]
            return own if isinstance(own, Chosen) else compound(own)
        if element == "Li" and chooses_lithium(space):
            return Chosen(variable=CHOICE)
        if element not in COMMON:
            return None
        formula, purity = COMMON[element]
        return Compound(formula=formula, purity=purity)

    def excess_in(self, space: SpaceSpec) -> float | str:
        """The lithium excess in %, or the process variable that tells it."""
        if self.lithium_excess is None:
            return EXCESS if EXCESS in space.variables else 0.0
        return self.lithium_excess


def chooses_lithium(space: SpaceSpec) -> bool:
    """Whether the values of the variable ``precursor`` are lithium compounds, each of them."""
    variable = space.variables.get(CHOICE)
    values = getattr(variable, "values", ())
    try:
        return bool(values) and all("Li" in elements_of(str(value)) for value in values)
    except SpecError:
        return False
