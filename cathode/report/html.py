"""The report of a campaign: one HTML page that needs nothing beside it."""

import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import yaml

import cathode
from cathode.evaluation.outcomes import Outcome
from cathode.evaluation.trust import doubts
from cathode.loop.costs import cost_so_far
from cathode.physics.formulas import label
from cathode.report.figures.canvas import data_uri
from cathode.report.templates import template
from cathode.report.view import CampaignView
from cathode.spec import CampaignSpec

SKILL_COLUMNS = {
    "n": "n",
    "mae": "MAE",
    "rmse": "RMSE",
    "r2": "R²",
    "spearman": "Spearman",
    "nlpd": "NLPD",
    "crps": "CRPS",
    "coverage_50": "in 50 %",
    "coverage_80": "in 80 %",
    "coverage_95": "in 95 %",
}
"""Metrics shown, with their heads; MAE, RMSE and CRPS are in the property's unit."""


def report_html(view: CampaignView, pictures: Mapping[str, bytes], state: str) -> str:
    """The whole page.

    Args:
        view: the campaign.
        pictures: PNG pictures by name.
        state: one sentence on where the campaign stands.
    """
    spec = view.spec
    return template("report.html.j2").render(
        spec=spec,
        state=state,
        made=f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        properties={name: spec.property_named(name) for name in spec.modelled},
        goals=[_goal(spec, i) for i in range(len(spec.objectives))],
        limits=[_limit(spec, i) for i in range(len(spec.constraints))],
        progress=view.progress,
        pictures={name: data_uri(picture) for name, picture in pictures.items()},
        best=[_row(outcome, spec, on_front=on_front) for outcome, on_front in view.ranked[:12]],
        skill_columns=SKILL_COLUMNS,
        skills=sorted(view.latest_skills(), key=lambda s: (s.property, s.metrics.get("crps", 1e9))),
        doubts=_doubts(view),
        failed=[
            {
                "formula": label(o.candidate, spec.units),
                "id": o.candidate.id,
                "turn": o.turn,
                "causes": sorted(set(o.failures.values())),
            }
            for o in view.failed
        ],
        notes=view.notes(),
        turns=[
            {
                "number": record.turn.number,
                "proposer": record.results.get("propose", {}).get("proposer", ""),
                "champions": record.results.get("retrain", {}).get("champions", {}),
                "seconds": record.seconds,
            }
            for record in view.turns
        ],
        cost=cost_so_far(view.turns),
        cheaper=[
            (name, each.cost, len(view.seen.answers_of(name)), len(view.seen.failures_of(name)))
            for name, each in spec.cheaper.items()
        ],
        history=_history(view),
        sources=sorted({r.measurement.source for r in view.seen.measured}),
        version=cathode.__version__,
        python=platform.python_version(),
        spec_text=yaml.safe_dump(
            spec.model_dump(mode="json", exclude_defaults=True), sort_keys=False
        ),
    )


def _doubts(view: CampaignView) -> dict[str, list[str]]:
    """Per property of the last turn that scored, what speaks against its champion."""
    found = view.latest_skills()
    scored = [name for name in view.spec.modelled if any(s.property == name for s in found)]
    words = {name: doubts([s for s in found if s.property == name]) for name in scored}
    return {name: each for name, each in words.items() if each}


def _history(view: CampaignView) -> dict[str, dict[str, int]]:
    """Per history the values of each property that the last turn learned from."""
    taken = [r.results["assimilate"] for r in view.turns if "assimilate" in r.results]
    known = taken[-1].get("history", {}) if taken else {}
    return {name: each["values"] for name, each in known.items()}


def _goal(spec: CampaignSpec, i: int) -> str:
    objective = spec.objectives[i]
    heading = spec.property_named(objective.property).heading
    if objective.goal == "target":
        return f"{heading} as near as possible to {objective.target:g}"
    return f"{'highest' if objective.goal == 'max' else 'lowest'} {heading}"


def _limit(spec: CampaignSpec, i: int) -> str:
    constraint = spec.constraints[i]
    heading = spec.property_named(constraint.property).heading
    parts = [f"at least {constraint.min:g}"] if constraint.min is not None else []
    parts += [f"at most {constraint.max:g}"] if constraint.max is not None else []
    return f"{heading} {' and '.join(parts)}"


def _row(outcome: Outcome, spec: CampaignSpec, *, on_front: bool) -> dict[str, Any]:
    predictions = outcome.proposal.predictions if outcome.proposal is not None else {}
    return {
        "formula": label(outcome.candidate, spec.units),
        "id": outcome.candidate.id,
        "turn": outcome.turn,
        "front": on_front and len(spec.objectives) > 1,
        "values": outcome.values,
        "predictions": predictions,
    }
