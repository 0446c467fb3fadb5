"""The spec of a campaign: one goal over one search space with a budget."""

import hashlib
import json
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, model_validator

from cathode.lab.conditions import CONDITIONS
from cathode.model.properties import PROPERTIES, Property
from cathode.spec.base import Spec
from cathode.spec.evaluator import CheaperSpec, EvaluatorSpec, LabSpec
from cathode.spec.history import HistorySpec, refuse_history
from cathode.spec.pool import PoolSpec
from cathode.spec.proposer import BayesianSpec, ProposerSpec
from cathode.spec.recipe_in_space import refuse_recipes
from cathode.spec.schedule import ScheduleSpec
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
    """When the campaign ends: at the first of these."""

    turns: int = Field(ge=0, description="turns after the initial design")
    candidates: int | None = Field(None, ge=1, description="candidates proposed in all")
    patience: int | None = Field(
        None, ge=1, description="turns in a row that brought nothing better"
    )
    least_gain: float | None = Field(
        None,
        gt=0,
        description="expected improvement, in the unit of the objective, below which the best "
        "proposal is not worth a turn; one objective",
    )
    cost: float | None = Field(
        None,
        gt=0,
        description="cost of all answers asked for; a turn begins while what is left pays for a "
        "result, at proposer.cost.base",
    )


ROUNDING = 1e-9
"""Sums of costs are compared with this tolerance."""

BLAMELESS = ("assembly", "cycler", "operator", "other")
"""Causes of failure that say nothing of the candidate."""


Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]


def _kind_of_space(value: Any) -> str:
    """A space with a table is a pool; messages then speak of the keys it should have."""
    table = "table" in value if isinstance(value, dict) else isinstance(value, PoolSpec)
    return "pool" if table else "sites"


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
    space: Annotated[
        Annotated[SpaceSpec, Tag("sites")] | Annotated[PoolSpec, Tag("pool")],
        Discriminator(_kind_of_space),
    ]
    objectives: tuple[Objective, ...] = Field(min_length=1)
    constraints: tuple[Constraint, ...] = ()
    evaluator: EvaluatorSpec
    cheaper: dict[Name, CheaperSpec] = Field(
        default_factory=dict,
        description="evaluators asked where their answers tell more per cost; only those of the "
        "campaign's own count as results",
    )
    history: dict[Name, HistorySpec] = Field(
        default_factory=dict,
        description="earlier measurements of other candidates, which surrogates learn from as far "
        "as that helps; no results",
    )
    surrogates: tuple[SurrogateSpec, ...] = Field(
        (GPSpec(kind="gp"),), min_length=1, description="scored every turn; the best one serves"
    )
    proposer: ProposerSpec = BayesianSpec()
    initial: int = Field(
        8,
        ge=0,
        description="candidates of the initial Sobol design; with 0 the first batch is proposed by "
        "what the history teaches",
    )
    batch: int = Field(4, ge=1, description="proposals per turn")
    budget: Budget
    blameless: tuple[str, ...] = Field(
        BLAMELESS,
        description="causes of failure that say nothing of a candidate; from all others it is "
        "learned where candidates succeed",
    )
    folds: int = Field(5, ge=2, description="folds on which surrogates are scored")
    schedule: ScheduleSpec | None = Field(
        None, description="when `cathode up` takes turns by itself; it touches no result"
    )

    @model_validator(mode="after")
    def _properties_are_known(self) -> "CampaignSpec":
        sites = getattr(self.space, "sites", {})
        elements = {e for site in sites.values() for e in site.fractions}
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
    def _known_properties_keep_their_units(self) -> "CampaignSpec":
        for name in sorted(set(self.properties) & set(PROPERTIES)):
            own, unit = PROPERTIES[name], self.properties[name].unit
            if unit != own.unit:
                msg = f"properties.{name}.unit={unit!r}: the platform knows {name} in {own.unit}: "
                raise ValueError(msg + "declare it so, leave it out, or rename it")
        return self

    @model_validator(mode="after")
    def _variables_are_no_properties(self) -> "CampaignSpec":
        for name in getattr(self.space, "variables", {}):
            if name in PROPERTIES or name in self.properties:
                msg = f"{name!r} is a variable of the space and a property: rename the variable"
                raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _conditions_are_there(self) -> "CampaignSpec":
        for key, named in getattr(self.evaluator, "conditions", {}).items():
            if not isinstance(named, str):
                CONDITIONS[key].checked(f"evaluator.conditions.{key}", named)
                continue
            variable = getattr(self.space, "variables", {}).get(named)
            if (
                variable is None
                or variable.when is not None
                or variable.unit != CONDITIONS[key].unit
            ):
                msg = f"evaluator.conditions.{key}={named!r}: give a number, or a variable of the "
                msg += f"space that every candidate has, in {CONDITIONS[key].unit or 'no unit'}"
                raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _crystals_are_there_to_look_at(self) -> "CampaignSpec":
        looking = [each.name for each in self.surrogates if each.looks_at_crystals]
        if looking and isinstance(self.space, PoolSpec) and self.space.structures is None:
            msg = f"{looking[0]} looks at crystals, and the rows of the pool have none: give "
            raise ValueError(msg + "space.structures, or leave this surrogate out")
        return self

    @model_validator(mode="after")
    def _share_goes_with_one_objective(self) -> "CampaignSpec":
        share = getattr(self.proposer, "share", None)
        plain = len(self.objectives) == 1 and self.objectives[0].goal != "target"
        if isinstance(share, float) and (not plain or self.constraints):
            msg = f"proposer.share={share}: needs a single objective to maximise or minimise and "
            raise ValueError(msg + "no constraints; leave share out")
        return self

    @model_validator(mode="after")
    def _least_gain_goes_with_improvement(self) -> "CampaignSpec":
        known = getattr(self.proposer, "acquisition", None) in ("improvement", "log_ei")
        plain = known and getattr(self.proposer, "cost", None) is None
        if self.budget.least_gain is not None and (len(self.objectives) > 1 or not plain):
            msg = f"budget.least_gain={self.budget.least_gain}: needs a single objective and a "
            raise ValueError(msg + "proposer that counts improvement, not per cost; leave it out")
        return self

    @model_validator(mode="after")
    def _acquisition_can_do_it(self) -> "CampaignSpec":
        kind = getattr(self.proposer, "acquisition", None)
        target = any(objective.goal == "target" for objective in self.objectives)
        lacking = None
        if kind in ("log_ei", "ucb", "thompson") and len(self.objectives) > 1:
            lacking = "second objective"
        elif kind in ("ucb", "thompson") and self.constraints:
            lacking = "constraints"
        elif kind == "log_ei" and target:
            lacking = "goal: target"
        if lacking is not None:
            msg = f"proposer.acquisition={kind!r} knows no {lacking}: use acquisition: improvement"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _proposer_can_choose_evaluators(self) -> "CampaignSpec":
        if not self.cheaper:
            return self
        if getattr(self.proposer, "acquisition", None) in (None, "ucb", "thompson"):
            msg = (
                "cheaper evaluators are chosen by what their answers tell of a gain: use proposer "
            )
            raise ValueError(msg + "kind: bayesian, acquisition improvement, log_ei or variance")
        result = self.result_cost
        for name, each in self.cheaper.items():
            if each.cost >= result:
                msg = (
                    f"cheaper.{name}.cost={each.cost:g}: it must cost less than {result:g}, which "
                )
                raise ValueError(msg + "a result costs at least (proposer.cost.base, or 1)")
            if name == self.evaluator.kind:
                msg = f"cheaper.{name} has the name of the campaign's own evaluator: rename it"
                raise ValueError(msg)
        if not any(each.learns_from_cheaper for each in self.surrogates):
            msg = (
                "no surrogate learns from cheaper evaluators: add one of kind gp, kernel: matern52"
            )
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _parts_go_with_the_rest(self) -> "CampaignSpec":
        refuse_history(self)
        refuse_recipes(self)
        return self

    @model_validator(mode="after")
    def _budget_pays_for_the_design(self) -> "CampaignSpec":
        least = self.initial * (self.result_cost + sum(each.cost for each in self.cheaper.values()))
        if self.budget.cost is not None and least > self.budget.cost:
            msg = f"budget.cost={self.budget.cost:g}: the initial design costs {least:g} already"
            raise ValueError(msg + ", asked of all evaluators; raise it, or lower initial")
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
    def units(self) -> dict[str, str]:
        """Units of the space's variables, by name."""
        variables = getattr(self.space, "variables", {})
        return {name: variable.unit for name, variable in variables.items()}

    @property
    def modelled(self) -> tuple[str, ...]:
        """Properties that decide: those of objectives and constraints, each once, in order."""
        wanted = [objective.property for objective in self.objectives]
        required = [constraint.property for constraint in self.constraints]
        return tuple(dict.fromkeys(wanted + required))

    @property
    def learners(self) -> tuple[SurrogateSpec, ...]:
        """All surrogates that are scored.

        Beside each that learns from a history stands the same without it, so that a history that
        misleads serves nobody.
        """
        plain = [
            each.model_copy(update={"transfer": "none"})
            for each in self.surrogates
            if self.history and each.learns_from_history
        ]
        return tuple({each.name: each for each in [*self.surrogates, *plain]}.values())

    @property
    def first_batch(self) -> int:
        """Candidates that the first turn asks for."""
        return self.initial or self.batch

    @property
    def result_cost(self) -> float:
        """Cost of a result, without what a candidate adds."""
        cost = getattr(self.proposer, "cost", None)
        return 1.0 if cost is None else float(cost.base)

    @property
    def most_results(self) -> int:
        """Results the budget allows."""
        limits = [self.first_batch + self.budget.turns * self.batch]
        if self.budget.candidates is not None:
            limits.append(self.budget.candidates)
        if self.budget.cost is not None:
            design = self.initial * sum(each.cost for each in self.cheaper.values())
            limits.append(int((self.budget.cost - design) / self.result_cost + ROUNDING))
        return min(limits)

    def evaluator_named(self, name: str | None) -> EvaluatorSpec:
        """The cheaper evaluator of that name; the campaign's own for None."""
        return self.evaluator if name is None else self.cheaper[name].evaluator

    def needed_of(self, evaluator: str | None) -> tuple[str, ...]:
        """Properties without which an order to an evaluator stays open.

        Cheaper evaluators that compute answer in the turn that asks them, so nothing stays open.
        """
        if evaluator is None:
            return self.modelled
        asked = self.cheaper[evaluator].evaluator if evaluator in self.cheaper else None
        if not isinstance(asked, LabSpec):
            return ()
        return asked.properties or self.modelled

    def property_named(self, name: str) -> Property:
        """The property of that name, the platform's own or the spec's."""
        if name in self.properties:
            own = self.properties[name]
            return Property(name, own.unit, own.label or name.replace("_", " "), own.meaning)
        return PROPERTIES[name]

    def canonical(self) -> str:
        """The whole spec as JSON with sorted keys, defaults filled in; its schedule left out."""
        return json.dumps(self.model_dump(mode="json", exclude={"schedule"}), sort_keys=True)

    def digest(self) -> str:
        """A hash of the content: equal specs have equal digests, however they are written."""
        return hashlib.sha256(self.canonical().encode()).hexdigest()
