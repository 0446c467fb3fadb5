"""Specs of what was measured before a campaign began."""

from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import Field, model_validator

from cathode.spec.base import Spec

if TYPE_CHECKING:
    from cathode.spec.campaign import CampaignSpec


class HistorySpec(Spec):
    """Earlier measurements of other candidates that surrogates may learn from.

    They are no results: nothing of them is asked for, paid for or counted as found.
    """

    table: Path | None = Field(
        None,
        description="CSV file of results, relative to the spec's folder, as a campaign's own would "
        "be; for a pool with its column of names and its coordinates",
    )
    campaign: str | None = Field(None, description="another campaign of the same ledger")

    @model_validator(mode="after")
    def _comes_from_one_place(self) -> "HistorySpec":
        if (self.table is None) == (self.campaign is None):
            msg = f"table={self.table} with campaign={self.campaign}: a history is one of both"
            raise ValueError(msg)
        return self


def refuse_history(spec: "CampaignSpec") -> None:
    """Refuse a history, or a start without a design, that does not go with the rest of a spec.

    Raises:
        ValueError: what cannot be, and what to do.
    """
    for name, each in spec.history.items():
        if each.campaign == spec.name:
            msg = f"history.{name}.campaign={spec.name!r} is this campaign: what it measures is "
            raise ValueError(msg + "learned from anyway; leave it out")
        if name in spec.cheaper:
            msg = f"history.{name} has the name of a cheaper evaluator: rename it"
            raise ValueError(msg)
    if spec.history and not any(each.learns_from_history for each in spec.surrogates):
        msg = "no surrogate learns from a history: add one of kind gp, kernel: matern52, "
        raise ValueError(msg + "transfer: multitask or ensemble")
    if spec.history and getattr(spec.proposer, "acquisition", None) == "thompson":
        msg = "proposer.acquisition='thompson' draws no functions from models that know a history: "
        raise ValueError(msg + "use improvement, log_ei, ucb or variance")
    if spec.initial == 0 and (lacking := _lacking_without_design(spec)) is not None:
        msg = f"initial=0 leaves {lacking}"
        raise ValueError(msg)


def _lacking_without_design(spec: "CampaignSpec") -> str | None:
    if not spec.history:
        return "nothing to propose by: give a history, or an initial design"
    if spec.cheaper:
        return "no answers by which cheaper evaluators compare: give an initial design"
    if len(spec.objectives) > 1 and any(o.reference is None for o in spec.objectives):
        return "no point from which hypervolume counts: give each objective a reference"
    return None
