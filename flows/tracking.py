"""MLflow as a view of the ledger: a run per campaign, in it one per turn, in it one per surrogate.

Everything here is read from the ledger, so what MLflow missed is logged the next time, and a
lost MLflow database can be filled again.
"""

import csv
import io
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from mlflow.utils.mlflow_tags import MLFLOW_RUN_NOTE

from cathode.evaluation.baselines import BASELINES
from cathode.evaluation.progress import Progress
from cathode.ledger.turns import TurnRecord
from cathode.loop.costs import cost_so_far
from cathode.loop.observations import Observations
from cathode.loop.schedule import ended_because
from cathode.model import Skill
from cathode.physics.formulas import formula
from cathode.report.pictures import turn_pictures
from cathode.report.view import CampaignView
from cathode.settings import Settings
from flows.experiment import TURN, Tracker
from flows.registry import register


def sync(
    view: CampaignView, settings: Settings, pictures: Mapping[str, bytes] | None = None
) -> list[int]:
    """Log every finished turn that MLflow does not have yet.

    Args:
        view: the campaign.
        settings: where artifacts go.
        pictures: the pictures of its last turn, if they are drawn already.

    Returns:
        The numbers of the turns that were logged.
    """
    tracker = Tracker.open(settings, view.spec.name)
    parent = _campaign_run(tracker, view)
    runs = _logged(tracker, view)
    fresh = [
        record
        for record in view.turns
        if record.finished_at is not None and record.turn.number not in runs
    ]
    for record in fresh:
        then = view.until(record.turn.number)
        drawn = pictures if pictures and record is view.turns[-1] else turn_pictures(then)
        runs[record.turn.number] = _log_turn(tracker, then, record, parent, drawn)
    register(tracker.client, view, runs)
    if ended_because(view.spec, view.turns, len(view.seen.orders)) is not None:
        tracker.client.set_terminated(parent)
    return [record.turn.number for record in fresh]


def page_of(settings: Settings, campaign: str) -> str:
    """Where MLflow's pages show a campaign's runs, relative to its server."""
    experiment = Tracker.open(settings, campaign).experiment
    # Without the query they open in the pages for language models.
    return f"#/experiments/{experiment}/runs?workflowType=machine_learning"


def _campaign_run(tracker: Tracker, view: CampaignView) -> str:
    known = tracker.runs("campaign")
    if known:
        return str(known[0].info.run_id)
    spec = view.spec
    run = tracker.start("campaign", spec.name, **{MLFLOW_RUN_NOTE: spec.description})
    tracker.log_params(
        run,
        {
            "seed": spec.seed,
            "prototype": ", ".join(getattr(spec.space, "prototypes", ("pool",))),
            "evaluator": spec.evaluator.kind,
            "cheaper": ", ".join(spec.cheaper) or "none",
            "proposer": spec.proposer.kind,
            "surrogates": ", ".join(surrogate.name for surrogate in spec.learners),
            "history": ", ".join(spec.history) or "none",
            "objectives": ", ".join(f"{o.goal} {o.property}" for o in spec.objectives),
            "constraints": ", ".join(c.property for c in spec.constraints),
            "initial": spec.initial,
            "batch": spec.batch,
        },
    )
    text = yaml.safe_dump(spec.model_dump(mode="json"), sort_keys=False)
    tracker.client.log_text(run, text, "spec.yaml")
    return run


def _logged(tracker: Tracker, view: CampaignView) -> dict[int, dict[str, str]]:
    """Runs of surrogates by name, in the turns that are logged to the end.

    What a kill left half logged is taken away, and so is a turn without its champions' runs;
    both are logged anew.
    """
    turns, surrogates = tracker.runs("turn"), tracker.runs("surrogate")
    found: dict[int, dict[str, str]] = {
        int(run.data.tags[TURN]): {} for run in turns if run.info.status == "FINISHED"
    }
    for run in surrogates:
        own = found.get(int(run.data.tags[TURN]))
        if own is not None:
            own[run.data.params["surrogate"]] = run.info.run_id
    for champion in view.champions:
        number = champion.turn.number
        if champion.surrogate is not None and champion.surrogate not in found.get(number, {}):
            found.pop(number, None)
    for run in [*turns, *surrogates]:
        if int(run.data.tags[TURN]) not in found:
            tracker.client.delete_run(run.info.run_id)
    return found


def _log_turn(
    tracker: Tracker,
    view: CampaignView,
    record: TurnRecord,
    parent: str,
    pictures: Mapping[str, bytes],
) -> dict[str, str]:
    """Log a turn; returns the runs of its surrogates by name."""
    number = record.turn.number
    run = tracker.start("turn", f"turn {number}", parent, **{TURN: str(number)})
    found = list(view.skills.get(number, []))
    metrics = {
        **_progress_metrics(view.progress[-1]),
        "cost": cost_so_far(view.turns),
        **_skill_metrics(found),
        **{f"seconds/{step}": seconds for step, seconds in record.seconds.items()},
    }
    datasets = record.results["assimilate"]["datasets"]
    champions = record.results["retrain"]["champions"]
    histories = record.results["assimilate"].get("history", {})
    tracker.log_params(
        run,
        {
            "turn": number,
            "revision": record.turn.revision,
            "proposer": record.results["propose"]["proposer"],
            **{f"champion/{k}": v for k, v in champions.items()},
            **{f"dataset_hash/{name}": digest for name, digest in datasets.items()},
            **{f"history_hash/{name}": each["digest"] for name, each in histories.items()},
        },
    )
    tracker.log_metrics(run, metrics, record)
    _log_files(tracker, run, view, record, pictures)
    scored = [skill.surrogate for skill in found if skill.surrogate not in BASELINES]
    surrogates = {
        name: _log_surrogate(tracker, name, found, record, run)
        for name in dict.fromkeys([*scored, *champions.values()])
    }
    tracker.log_metrics(parent, metrics, record)
    tracker.client.set_terminated(run)
    return surrogates


def _progress_metrics(state: Progress) -> dict[str, float]:
    metrics = {f"best/{name}": value for name, value in state.best.items()}
    if state.hypervolume is not None:
        metrics["hypervolume"] = state.hypervolume
    return metrics | {"candidates": state.candidates, "candidates_counting": state.counting}


def _skill_metrics(found: Sequence[Skill]) -> dict[str, float]:
    """Scores of each property's champion, and of the baselines beside it."""
    metrics: dict[str, float] = {}
    for skill in found:
        role = "champion" if skill.champion else skill.surrogate
        if skill.champion or skill.surrogate in BASELINES:
            metrics |= {f"{skill.property}/{role}/{k}": v for k, v in skill.metrics.items()}
    return metrics


def _log_surrogate(
    tracker: Tracker, name: str, found: Sequence[Skill], record: TurnRecord, parent: str
) -> str:
    number = record.turn.number
    own = [skill for skill in found if skill.surrogate == name]
    run = tracker.start("surrogate", f"turn {number}: {name}", parent, **{TURN: str(number)})
    champions = record.results["retrain"]["champions"]
    serves = [prop for prop, champion in champions.items() if champion == name]
    errors = {f"error/{skill.property}": skill.error[:500] for skill in own if skill.error}
    tracker.log_params(run, {"surrogate": name, "serves": ", ".join(serves) or "none", **errors})
    scores = {f"{skill.property}/{k}": v for skill in own for k, v in skill.metrics.items()}
    tracker.log_metrics(run, scores, record)
    tracker.client.set_terminated(run, status="FAILED" if errors else "FINISHED")
    return run


def _log_files(
    tracker: Tracker,
    run: str,
    view: CampaignView,
    record: TurnRecord,
    pictures: Mapping[str, bytes],
) -> None:
    number = record.turn.number
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        (place / "plots").mkdir()
        for name, picture in pictures.items():
            (place / "plots" / f"{name}.png").write_bytes(picture)
        (place / "proposals.csv").write_text(_proposals_csv(view, number), encoding="utf-8")
        (place / "measurements.csv").write_text(
            _measurements_csv(view.seen, record.results["assimilate"]["up_to"]), encoding="utf-8"
        )
        (place / "audit.yaml").write_text(yaml.safe_dump(record.results["audit"]))
        tracker.client.log_artifacts(run, folder)


def _proposals_csv(view: CampaignView, number: int) -> str:
    rows = []
    for proposal in view.seen.proposals:
        if proposal.turn == number:
            expected = {
                f"{name} {key}": value
                for name, prediction in proposal.predictions.items()
                for key, value in prediction.items()
            }
            rows.append(
                {
                    "rank": proposal.rank,
                    "candidate": proposal.candidate.id,
                    "formula": formula(proposal.candidate),
                    **dict(proposal.candidate.conditions),
                    "asked": proposal.evaluator or view.spec.evaluator.kind,
                    "proposer": proposal.proposer,
                    "acquisition": proposal.acquisition,
                    "reason": proposal.reason,
                    **expected,
                }
            )
    return _csv(rows)


def _measurements_csv(seen: Observations, up_to: int) -> str:
    """What the turn's surrogates learned from."""
    return _csv(
        [
            {
                "candidate": recorded.measurement.candidate_id,
                "formula": formula(seen.candidates[recorded.measurement.candidate_id]),
                **dict(seen.candidates[recorded.measurement.candidate_id].conditions),
                "property": recorded.measurement.property,
                "value": recorded.measurement.value,
                "unit": recorded.measurement.unit,
                "status": str(recorded.measurement.status),
                "cause": recorded.measurement.cause,
                "source": recorded.measurement.source,
                "cheaper_evaluator": recorded.measurement.evaluator or "",
            }
            for recorded in seen.measured
            if recorded.id <= up_to
        ]
    )


def _csv(rows: Sequence[Mapping[str, Any]]) -> str:
    if not rows:
        return ""
    buffer = io.StringIO()
    columns = list(dict.fromkeys(key for row in rows for key in row))
    writer = csv.DictWriter(buffer, columns)
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue()
