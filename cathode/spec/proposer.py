"""Specs of proposers: who decides what to try next."""

from typing import Annotated, Literal

from pydantic import Field

from cathode.spec.base import Spec


class BayesianSpec(Spec):
    """Expected improvement of one objective, hypervolume improvement of several."""

    kind: Literal["bayesian"] = "bayesian"
    share: float | None = Field(
        None,
        gt=0,
        lt=1,
        description="share of the space that is wanted: improvement is counted over the value "
        "this share is expected to reach, not over the best; one objective, no constraints",
    )
    samples: int = Field(128, ge=16, description="posterior samples behind an acquisition value")


class SobolSpec(Spec):
    """A space-filling design, blind to results."""

    kind: Literal["sobol"]


class RandomSpec(Spec):
    """Uniformly random candidates: the baseline to beat."""

    kind: Literal["random"]


ProposerSpec = Annotated[BayesianSpec | SobolSpec | RandomSpec, Field(discriminator="kind")]
