"""MLflow as a view of the ledger: a run per campaign, in it one per turn, in it one per surrogate.

Everything here is read from the ledger, so what MLflow missed is logged the next time, and a
lost MLflow database can be filled again.
"""

import csv
import io
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from mlflow.entities import Metric, Param, Run
from mlflow.tracking import MlflowClient
from mlflow.utils.mlflow_tags import MLFLOW_PARENT_RUN_ID, MLFLOW_RUN_NOTE

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
from flows.databases import SQLITE, ensure_mlflow

KIND, TURN = "cathode.kind", "cathode.turn"
"""Tags by which runs are found again."""


@dataclass(frozen=True)
class Tracker:
    """The MLflow experiment of one campaign."""

    client: MlflowClient
    experiment: str

    @classmethod
    def open(cls, settings: Settings, campaign: str) -> "Tracker":
        """Open the experiment, made on first use."""
        ensure_mlflow(settings.tracking_url)
        client = MlflowClient(settings.tracking_url)
        known = client.get_experiment_by_name(campaign)
        if known is not None:
            return cls(client, known.experiment_id)
        place = settings.home / "mlartifacts" / campaign
        local = settings.tracking_url.startswith(SQLITE)
        # A server keeps artifacts where it was told to; beside a file we say where.
        location = place.as_uri() if local else None
        # What MLflow calls anything that trains models and is no language model.
        kind = {"mlflow.experimentKind": "custom_model_development"}
        return cls(
            client, client.create_experiment(campaign, artifact_location=location, tags=kind)
        )

    def runs(self, kind: str) -> list[Run]:
        """The runs of a kind."""
        return list(self.client.search_runs([self.experiment], f"tags.`{KIND}` = '{kind}'"))

    def start(self, kind: str, name: str, parent: str | None = None, **tags: str) -> str:
        """Start a run and return its id."""
        if parent is not None:
            tags[MLFLOW_PARENT_RUN_ID] = parent
        run = self.client.create_run(self.experiment, tags={KIND: kind, **tags}, run_name=name)
        return str(run.info.run_id)

    def log_params(self, run: str, params: Mapping[str, object]) -> None:
        """Log parameters as text."""
        self.client.log_batch(run, params=[Param(k, str(v)) for k, v in params.items()])

    def log_metrics(self, run: str, metrics: Mapping[str, float], record: TurnRecord) -> None:
        """Log metrics at a turn's number and end; MLflow drops what it has at just these."""
        ended = int(record.finished_at.timestamp() * 1000) if record.finished_at else 0
        points = [Metric(k, float(v), ended, record.turn.number) for k, v in metrics.items()]
        self.client.log_batch(run, metrics=points)


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
    known = _finished_turns(tracker)
    fresh = [
        record
        for record in view.turns
        if record.finished_at is not None and record.turn.number not in known
    ]
    for record in fresh:
        then = view.until(record.turn.number)
        drawn = pictures if pictures and record is view.turns[-1] else turn_pictures(then)
        _log_turn(tracker, then, record, parent, drawn)
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
            "surrogates": ", ".join(surrogate.name for surrogate in spec.surrogates),
            "objectives": ", ".join(f"{o.goal} {o.property}" for o in spec.objectives),
            "constraints": ", ".join(c.property for c in spec.constraints),
            "initial": spec.initial,
            "batch": spec.batch,
        },
    )
    text = yaml.safe_dump(spec.model_dump(mode="json"), sort_keys=False)
    tracker.client.log_text(run, text, "spec.yaml")
    return run


def _finished_turns(tracker: Tracker) -> set[int]:
    """Turns logged to the end; what a kill left half logged is taken away and logged anew."""
    runs = tracker.runs("turn")
    done = {int(run.data.tags[TURN]) for run in runs if run.info.status == "FINISHED"}
    for run in [*runs, *tracker.runs("surrogate")]:
        if int(run.data.tags[TURN]) not in done:
            tracker.client.delete_run(run.info.run_id)
    return done


def _log_turn(
    tracker: Tracker,
    view: CampaignView,
    record: TurnRecord,
    parent: str,
    pictures: Mapping[str, bytes],
) -> None:
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
    tracker.log_params(
        run,
        {
            "turn": number,
            "revision": record.turn.revision,
            "proposer": record.results["propose"]["proposer"],
            **{f"champion/{k}": v for k, v in record.results["retrain"]["champions"].items()},
            **{f"dataset_hash/{name}": digest for name, digest in datasets.items()},
        },
    )
    tracker.log_metrics(run, metrics, record)
    _log_files(tracker, run, view, record, pictures)
    for name in dict.fromkeys(s.surrogate for s in found if s.surrogate not in BASELINES):
        own = [skill for skill in found if skill.surrogate == name]
        _log_surrogate(tracker, name, own, record, run)
    tracker.log_metrics(parent, metrics, record)
    tracker.client.set_terminated(run)


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
    tracker: Tracker, name: str, own: Sequence[Skill], record: TurnRecord, parent: str
) -> None:
    number = record.turn.number
    run = tracker.start("surrogate", f"turn {number}: {name}", parent, **{TURN: str(number)})
    serves = [skill.property for skill in own if skill.champion]
    errors = {f"error/{skill.property}": skill.error[:500] for skill in own if skill.error}
    tracker.log_params(run, {"surrogate": name, "serves": ", ".join(serves) or "none", **errors})
    scores = {f"{skill.property}/{k}": v for skill in own for k, v in skill.metrics.items()}
    tracker.log_metrics(run, scores, record)
    tracker.client.set_terminated(run, status="FAILED" if errors else "FINISHED")


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
