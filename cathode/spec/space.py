"""Specs of the search space."""

from fractions import Fraction
from typing import Annotated

from pydantic import Field, field_validator, model_validator

from cathode.spec.base import Exact, Spec
from cathode.spec.rules import RuleSpec
from cathode.spec.variables import VariableSpec

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")]


RESERVED = ("prototype", "candidate", "order", "recipe", "failed")
"""Columns that tables of results have anyway."""


class FractionBounds(Spec):
    """Bounds of one element's fraction on a site."""

    min: Exact = Field(Fraction(0), description="least fraction, a multiple of the step")
    max: Exact = Field(Fraction(1), description="greatest fraction, a multiple of the step")


class AtMost(Spec):
    """Limits on a set of elements together: how many may be present, and how much of them."""

    of: Annotated[tuple[str, ...], Field(min_length=1)] = Field(description="elements of the set")
    count: int | None = Field(None, ge=0, description="how many of the set may be present")
    total: Exact | None = Field(
        None, description="greatest sum of their fractions, a multiple of the step"
    )

    @model_validator(mode="after")
    def _limits_something(self) -> "AtMost":
        if self.count is None and self.total is None:
            msg = f"at_most of {', '.join(self.of)} limits nothing: give count, total or both"
            raise ValueError(msg)
        return self


class SiteSpec(Spec):
    """Fractions of the elements on one mixing site; they always sum to exactly one."""

    step: Exact = Field(description="weighable step of the fractions, such as 0.05 or '1/12'")
    fractions: dict[str, FractionBounds] = Field(
        min_length=1, description="allowed elements with their bounds; vac is a vacancy"
    )
    at_most: tuple[AtMost, ...] = Field((), description="limits on sets of elements")


class SpaceSpec(Spec):
    """All candidates a campaign may propose."""

    prototype: str | tuple[str, ...] = Field(
        description="host prototype, or a list of them: layered, spinel, olivine"
    )
    sites: dict[str, SiteSpec] = Field(
        min_length=1, description="mixing sites: M, and where wanted Li, O or P"
    )
    variables: dict[Name, VariableSpec] = Field(
        default_factory=dict, description="process variables, by name"
    )
    constraints: tuple[RuleSpec, ...] = Field(
        (), description="what every candidate must keep, known before anything is measured"
    )

    @field_validator("prototype")
    @classmethod
    def _some_prototype(cls, value: str | tuple[str, ...]) -> str | tuple[str, ...]:
        if not isinstance(value, str) and (not value or len(set(value)) < len(value)):
            msg = f"prototype={list(value)}: name one, or several different ones"
            raise ValueError(msg)
        return value

    @field_validator("variables")
    @classmethod
    def _no_reserved_name(cls, value: dict[str, VariableSpec]) -> dict[str, VariableSpec]:
        if taken := sorted(set(value) & set(RESERVED)):
            msg = f"a variable may not be called {taken[0]!r}, which tables use: rename it"
            raise ValueError(msg)
        return value

    @property
    def prototypes(self) -> tuple[str, ...]:
        """The prototypes, as a tuple in any case."""
        return (self.prototype,) if isinstance(self.prototype, str) else self.prototype
