"""Specs of process variables: what is set at a furnace or a cycler."""

from fractions import Fraction
from typing import Annotated, Literal

from pydantic import Field, model_validator

from cathode.spec.base import Exact, Spec, to_text

Value = float | str
"""A value of a variable: a number in its unit, or a word."""

When = Annotated[dict[str, Value | tuple[Value, ...]], Field(min_length=1, max_length=1)]
"""``{steps: 2}`` or ``{route: [sol-gel, spray]}``."""


class _Variable(Spec):
    unit: str = Field("", description="unit of the values, such as degC, h or %")
    when: When | None = Field(
        None, description="the variable exists only where another one has this value"
    )


class _Range(_Variable):
    min: Exact
    max: Exact

    @model_validator(mode="after")
    def _bounds_are_bounds(self) -> "_Range":
        if self.min >= self.max:
            msg = f"min={to_text(self.min)}, max={to_text(self.max)}: needs min < max"
            raise ValueError(msg)
        return self


class SteppedVariable(_Range):
    """A number that is set in steps, such as a temperature in steps of 10 °C."""

    kind: Literal["stepped"]
    step: Exact = Field(description="step from min on; max must be reached")

    @model_validator(mode="after")
    def _step_fits(self) -> "SteppedVariable":
        if self.step <= 0 or ((self.max - self.min) / self.step).denominator != 1:
            whole = f"min={to_text(self.min)}, max={to_text(self.max)}"
            msg = f"step={to_text(self.step)} does not lead from {whole}: use one that does"
            raise ValueError(msg)
        return self


class ContinuousVariable(_Range):
    """A number that is set as finely as it can be."""

    kind: Literal["continuous"]
    resolution: Exact | None = Field(
        None, description="finest step that is set; about a thousandth of the range if absent"
    )

    @model_validator(mode="after")
    def _resolution_is_positive(self) -> "ContinuousVariable":
        if self.resolution is not None and not 0 < self.resolution <= self.max - self.min:
            msg = f"resolution={to_text(self.resolution)}: needs to be above 0, within the range"
            raise ValueError(msg)
        return self

    @property
    def step(self) -> Fraction:
        """The resolution: a power of ten from a two-thousandth to a two-hundredth if not given."""
        if self.resolution is not None:
            return self.resolution
        step, wide = Fraction(1), self.max - self.min
        while wide / step < 200:  # noqa: PLR2004
            step /= 10
        while wide / step >= 2000:  # noqa: PLR2004
            step *= 10
        return step


class _Choice(_Variable):
    values: tuple[Value, ...] = Field(min_length=2)

    @model_validator(mode="after")
    def _values_differ(self) -> "_Choice":
        if len(set(self.values)) < len(self.values):
            msg = f"values={list(self.values)}: each may stand there once"
            raise ValueError(msg)
        return self


class OrderedVariable(_Choice):
    """Some values in an order, such as 1 or 2 steps, or low, medium and high."""

    kind: Literal["ordered"]


class CategoricalVariable(_Choice):
    """Some values without an order, such as precursor routes or atmospheres."""

    kind: Literal["categorical"]
    values: tuple[str, ...] = Field(min_length=2)


VariableSpec = Annotated[
    SteppedVariable | ContinuousVariable | OrderedVariable | CategoricalVariable,
    Field(discriminator="kind"),
]
