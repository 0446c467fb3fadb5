"""Specs of the search space."""

from fractions import Fraction
from typing import Annotated

from pydantic import Field

from cathode.spec.base import Exact, Spec


class FractionBounds(Spec):
    """Bounds of one element's fraction on a site."""

    min: Exact = Field(Fraction(0), description="least fraction, a multiple of the step")
    max: Exact = Field(Fraction(1), description="greatest fraction, a multiple of the step")


class AtMost(Spec):
    """At most ``count`` elements of a set may be present together."""

    count: int = Field(ge=0, description="how many of the set may be present")
    of: Annotated[tuple[str, ...], Field(min_length=1)] = Field(description="elements of the set")


class SiteSpec(Spec):
    """Fractions of the elements on one mixing site; they always sum to exactly one."""

    step: Exact = Field(description="weighable step of the fractions, such as 0.05 or '1/12'")
    fractions: dict[str, FractionBounds] = Field(
        min_length=1, description="allowed elements with their bounds"
    )
    at_most: tuple[AtMost, ...] = Field((), description="limits on how many of a set are present")


class SpaceSpec(Spec):
    """All candidates a campaign may propose."""

    prototype: str = Field(description="host prototype: layered, spinel or olivine")
    sites: dict[str, SiteSpec] = Field(
        min_length=1, max_length=1, description="the mixing site, M in every prototype so far"
    )
