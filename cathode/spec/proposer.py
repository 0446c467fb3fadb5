"""Specs of proposers: who decides what to try next."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from cathode.spec.base import Spec

Share = Annotated[float, Field(gt=0, lt=1)]

DEFAULT_SHARE = 0.1
"""Share of a table that is wanted where nothing else is said; chosen over seven tables."""


class CostSpec(Spec):
    """What an experiment costs, in any unit: ``base + sum(weight * coordinate)``."""

    base: float = Field(1.0, gt=0, description="cost of any experiment")
    terms: dict[str, float] = Field(
        default_factory=dict, description="cost per unit of an element's fraction or a variable"
    )


class BayesianSpec(Spec):
    """What promises most, by a surrogate's posterior."""

    kind: Literal["bayesian"] = "bayesian"
    acquisition: Literal["improvement", "log_ei", "ucb", "thompson", "variance"] = Field(
        "improvement",
        description="improvement: log noisy expected improvement, of hypervolume where there are "
        "several objectives. log_ei: log expected improvement over the best posterior mean. ucb: "
        "upper confidence bound. thompson: the best of a function drawn from the posterior. "
        "variance: where least is known, whatever is wanted",
    )
    share: Literal["auto"] | Share | None = Field(
        "auto",
        description="share of the space that is wanted: improvement is counted over the value "
        "this share reaches, not over the best; one objective, no constraints. auto: a tenth of "
        "a table, where many good rows are wanted; none in an open space, or beside cheaper "
        "evaluators, where the best is",
    )
    samples: int = Field(128, ge=16, description="posterior samples behind an acquisition value")
    beta: float = Field(4.0, gt=0, description="ucb: mean + sqrt(beta) sigma")
    explore: float = Field(
        0.0, ge=0, le=1, description="least share of proposals that go where least is known"
    )
    cost: CostSpec | None = Field(
        None, description="what experiments cost; improvement is then counted per cost"
    )
    replicates: Literal["auto"] | Annotated[int, Field(ge=1)] = Field(
        1,
        description="how often the best candidate is measured in all; auto: up to three times, "
        "where noise is larger than its lead",
    )

    @model_validator(mode="after")
    def _weights_go_with_improvement(self) -> "BayesianSpec":
        if self.cost is not None and self.acquisition in ("ucb", "thompson"):
            msg = (
                f"cost with acquisition={self.acquisition!r}: only gains can be counted per cost; "
            )
            raise ValueError(msg + "use acquisition: improvement")
        if self.acquisition != "improvement" and isinstance(self.share, float):
            msg = f"share={self.share} with acquisition={self.acquisition!r}: leave one of them out"
            raise ValueError(msg)
        return self


class SobolSpec(Spec):
    """A space-filling design, blind to results."""

    kind: Literal["sobol"]


class RandomSpec(Spec):
    """Uniformly random candidates: the baseline to beat."""

    kind: Literal["random"]


ProposerSpec = Annotated[BayesianSpec | SobolSpec | RandomSpec, Field(discriminator="kind")]
