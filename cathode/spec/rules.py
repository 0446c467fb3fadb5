"""Specs of what every candidate must keep, whatever is measured later."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from cathode.spec.base import Spec

EU_CRITICAL = (
    *("As", "B", "Be", "Bi", "Co", "Cu", "Ga", "Ge", "Hf", "Li", "Mg", "Mn", "Nb", "Ni"),
    *("P", "Sb", "Sc", "Si", "Sr", "Ta", "Ti", "V", "W", "Y", "Ru", "Rh", "Pd", "Os", "Ir", "Pt"),
    *("La", "Ce", "Pr", "Nd", "Pm", "Sm", "Eu", "Gd", "Tb", "Dy", "Ho", "Er", "Tm", "Yb", "Lu"),
)
"""Elements on the list of critical raw materials, Regulation (EU) 2024/1252, Annex II."""


class _Bounded(Spec):
    min: float | None = None
    max: float | None = None

    @model_validator(mode="after")
    def _bounds_something(self) -> "_Bounded":
        if self.min is None and self.max is None:
            msg = "has neither min nor max: give one or both"
            raise ValueError(msg)
        if self.min is not None and self.max is not None and self.min > self.max:
            msg = f"min={self.min} exceeds max={self.max}: no candidate keeps both"
            raise ValueError(msg)
        return self


class LinearRule(_Bounded):
    """A weighted sum of fractions and numeric variables within bounds.

    Where one of its variables does not exist, the rule does not apply.
    """

    kind: Literal["linear"]
    terms: dict[str, float] = Field(
        min_length=1, description="weight by element (Ni, or Li.Mg with several sites) or variable"
    )


class ChargeBalance(Spec):
    """The allowed oxidation states can make the candidate neutral.

    An element may be present in several of its states at once (Ni2+ beside Ni4+).
    """

    kind: Literal["charge_balance"]
    states: dict[str, tuple[int, ...]] = Field(
        default_factory=dict,
        description="allowed oxidation states by element; pymatgen's common ones if absent",
    )
    tolerance: float = Field(
        0.0, ge=0, description="charge per formula unit that is let pass, for instance 0.02"
    )


class LithiumRatio(_Bounded):
    """Lithium over all other cations on the mixing sites, as atoms."""

    kind: Literal["lithium_ratio"]


class PriceCap(Spec):
    """What the metals in a kilogram of the material cost.

    Oxygen, phosphorus and other non-metals come with the precursors and count nothing.
    """

    kind: Literal["price"]
    max: float = Field(gt=0, description="USD per kg of material")
    prices: dict[str, Annotated[float, Field(ge=0)]] = Field(
        default_factory=dict,
        description="USD per kg of element; those of pymatgen's cost database if absent",
    )


class CriticalCap(Spec):
    """How much of the material may be critical elements."""

    kind: Literal["critical"]
    max: float = Field(ge=0, le=1, description="greatest mass fraction")
    of: tuple[str, ...] = Field(
        EU_CRITICAL, min_length=1, description="critical elements; those of the EU if absent"
    )


class Range(_Bounded):
    """A range of a fraction or of a number."""


Test = float | str | tuple[float | str, ...] | Range
"""What a forbidden combination asks of one coordinate: a value, some values, or a range."""


class Forbidden(Spec):
    """A combination that may not occur, such as an atmosphere above a temperature."""

    kind: Literal["forbidden"]
    together: dict[str, Test] = Field(
        min_length=1,
        description="by element, variable or 'prototype': a value, a list of values or a range",
    )


RuleSpec = Annotated[
    LinearRule | ChargeBalance | LithiumRatio | PriceCap | CriticalCap | Forbidden,
    Field(discriminator="kind"),
]
