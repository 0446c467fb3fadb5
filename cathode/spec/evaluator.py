"""Specs of evaluators: who answers proposals."""

from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from cathode.spec.base import Exact, Spec
from cathode.spec.recipe import RecipeSpec

ConditionName = Literal["c_rate", "voltage_low", "voltage_high", "loading", "cycles"]
"""Conditions of a measurement that are numbers; ``cathode.lab.conditions`` says more of them."""

CHGNET_PROFILES: dict[str, dict[str, int | float]] = {
    # Good enough to rank candidates: 40-atom layered cells, about 20 s each on one core.
    "quick": {"mixing_sites": 10, "orderings": 6, "relaxed": 1, "fmax": 0.15, "max_steps": 120},
    # 80-atom layered cells, steps of 0.05, converged to a few meV: several minutes each.
    "full": {"mixing_sites": 20, "orderings": 40, "relaxed": 3, "fmax": 0.03, "max_steps": 500},
}


class ChgnetSpec(Spec):
    """Relax the lithiated and the delithiated cell with the CHGNet potential."""

    kind: Literal["chgnet"]
    profile: Literal["quick", "full"] = Field(
        "quick", description="settings that the other fields override one by one"
    )
    mixing_sites: int = Field(10, ge=1, description="mixing sites in the cell")
    orderings: int = Field(6, ge=1, description="cation orderings compared before relaxing")
    relaxed: int = Field(1, ge=1, description="how many of the lowest orderings are relaxed")
    lithium_left: Exact | None = Field(
        None,
        ge=0,
        lt=1,
        description="fraction of lithium left in the charged cell; the prototype's own if absent",
    )
    fmax: float = Field(0.15, gt=0, le=1, description="force tolerance (eV/Å)")
    max_steps: int = Field(120, ge=1, description="relaxation steps before giving up")

    @model_validator(mode="before")
    @classmethod
    def _fill_in_profile(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        return {**CHGNET_PROFILES.get(data.get("profile", "quick"), {}), **data}

    @model_validator(mode="after")
    def _relax_no_more_than_compared(self) -> "ChgnetSpec":
        if self.relaxed > self.orderings:
            msg = f"relaxed={self.relaxed} exceeds orderings={self.orderings}: lower it"
            raise ValueError(msg)
        return self

    def lithium_left_of(self, own: Fraction) -> Fraction:
        """The fraction of lithium left, given the prototype's own."""
        return own if self.lithium_left is None else self.lithium_left


class TableSpec(Spec):
    """Look answers up in a CSV file.

    One column per element (its fraction on the mixing site) and one per property, headed
    ``name (unit)``; an empty property cell is a failed measurement.
    """

    kind: Literal["table"]
    path: Path = Field(description="CSV file, relative to the spec's folder")


class LabSpec(Spec):
    """People answer: proposals stay open as work orders until their results come in."""

    kind: Literal["lab"]
    properties: tuple[str, ...] = Field(
        (), description="what is measured; those of objectives and constraints if absent"
    )
    conditions: dict[ConditionName, float | str] = Field(
        default_factory=dict,
        description="at which results count, such as c_rate: 0.1; a text names a process variable, "
        "which tells the condition of each candidate. Results at others are kept apart",
    )
    approval: bool = Field(
        False, description="whether proposals are made only once somebody has approved them"
    )
    recipe: RecipeSpec | None = Field(
        None, description="what work orders have the lab weigh in, and the furnace programme"
    )


EvaluatorSpec = Annotated[ChgnetSpec | TableSpec | LabSpec, Field(discriminator="kind")]


class CheaperSpec(Spec):
    """An evaluator whose answers cost less than those of the campaign's own, and say less."""

    cost: float = Field(
        gt=0, description="of an answer, where one of the campaign's own costs proposer.cost, or 1"
    )
    evaluator: EvaluatorSpec
