"""The spec of a campaign: one goal over one search space with a budget."""

import hashlib
import json
from typing import Annotated, Literal

from pydantic import Field, model_validator

from cathode.model.properties import PROPERTIES, Property
from cathode.spec.base import Spec
from cathode.spec.evaluator import EvaluatorSpec
from cathode.spec.proposer import BayesianSpec, ProposerSpec
from cathode.spec.space import SpaceSpec
from cathode.spec.surrogate import GPSpec, SurrogateSpec


class PropertySpec(Spec):
    """A property that the platform does not know by itself."""

    unit: str = Field(description="the unit its values are stored in")
    label: str | None = Field(None, description="what plots call it; its name if absent")
    meaning: str = ""


class Objective(Spec):
    """A property to bring to its best."""

    property: str
    goal: Literal["max", "min", "target"] = "max"
    target: float | None = Field(None, description="wanted value, with goal: target")
    reference: float | None = Field(
        None,
        description="value from which hypervolume is counted (for goal: target a distance); "
        "the worst of the initial design if absent",
    )

    @model_validator(mode="after")
    def _target_goes_with_goal(self) -> "Objective":
        if (self.goal == "target") != (self.target is not None):
            msg = f"goal={self.goal!r} with target={self.target}: goal 'target' needs a target"
            raise ValueError(msg)
        return self


class Constraint(Spec):
    """A property that must lie within bounds for a candidate to count."""

    property: str
    min: float | None = None
    max: float | None = None

    @model_validator(mode="after")
    def _bounds_are_bounds(self) -> "Constraint":
        if self.min is None and self.max is None:
            msg = f"constraint on {self.property!r} has neither min nor max: give one or both"
            raise ValueError(msg)
        if self.min is not None and self.max is not None and self.min > self.max:
            msg = f"min={self.min} exceeds max={self.max}: no value satisfies both"
            raise ValueError(msg)
        return self


class Budget(Spec):
    """When the campaign ends."""

    turns: int = Field(ge=0, description="turns after the initial design")
    candidates: int | None = Field(None, ge=1, description="candidates proposed in all")


class CampaignSpec(Spec):
    """One goal over one search space with a budget."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")] = Field(
        description="lower-case letters, digits and hyphens; the campaign's name in the ledger"
    )
    description: str = ""
    seed: int = Field(0, ge=0, description="the same ledger and seed give the same proposals")
    properties: dict[str, PropertySpec] = Field(
        default_factory=dict, description="properties beyond those the platform knows"
    )
    space: SpaceSpec
    objectives: tuple[Objective, ...] = Field(min_length=1)
    constraints: tuple[Constraint, ...] = ()
    evaluator: EvaluatorSpec
    surrogates: tuple[SurrogateSpec, ...] = Field(
        (GPSpec(kind="gp"),), min_length=1, description="scored every turn; the best one serves"
    )
    proposer: ProposerSpec = BayesianSpec()
    initial: int = Field(8, ge=1, description="candidates of the initial Sobol design")
    batch: int = Field(4, ge=1, description="proposals per turn")
    budget: Budget
    folds: int = Field(5, ge=2, description="folds on which surrogates are scored")

    @model_validator(mode="after")
    def _properties_are_known(self) -> "CampaignSpec":
        elements = {e for site in self.space.sites.values() for e in site.fractions}
        for name in self.modelled:
            if name not in PROPERTIES and name not in self.properties:
                hint = (
                    f"bounds of the fraction of {name} go into space.sites"
                    if name in elements
                    else "or declare it under properties"
                )
                known = ", ".join([*PROPERTIES, *self.properties])
                msg = f"unknown property {name!r}: known are {known}; {hint}"
                raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _share_goes_with_one_objective(self) -> "CampaignSpec":
        share = getattr(self.proposer, "share", None)
        plain = len(self.objectives) == 1 and self.objectives[0].goal != "target"
        if share is not None and (not plain or self.constraints):
            msg = f"proposer.share={share}: needs a single objective to maximise or minimise and "
            raise ValueError(msg + "no constraints; leave share out")
        return self

    @model_validator(mode="after")
    def _nothing_twice(self) -> "CampaignSpec":
        objectives = [objective.property for objective in self.objectives]
        surrogates = [surrogate.name for surrogate in self.surrogates]
        for kind, names in (("objective", objectives), ("surrogate", surrogates)):
            if twice := sorted({name for name in names if names.count(name) > 1}):
                msg = f"{kind} {twice[0]!r} is listed twice: leave one of them out"
                raise ValueError(msg)
        return self

    @property
    def modelled(self) -> tuple[str, ...]:
        """Properties that decide: those of objectives and constraints, each once, in order."""
        wanted = [objective.property for objective in self.objectives]
        required = [constraint.property for constraint in self.constraints]
        return tuple(dict.fromkeys(wanted + required))

    def property_named(self, name: str) -> Property:
        """The property of that name, the platform's own or the spec's."""
        if name in self.properties:
            own = self.properties[name]
            return Property(name, own.unit, own.label or name.replace("_", " "), own.meaning)
        return PROPERTIES[name]

    def canonical(self) -> str:
        """The whole spec as JSON with sorted keys, defaults filled in."""
        return json.dumps(self.model_dump(mode="json"), sort_keys=True)

    def digest(self) -> str:
        """A hash of the content: equal specs have equal digests, however they are written."""
        return hashlib.sha256(self.canonical().encode()).hexdigest()
