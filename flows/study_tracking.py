"""MLflow as a view of studies of augmentations: a run per study, in it one per training.

What MLflow missed is logged when the study is run again, which finds its results kept.
"""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mlflow.entities import Metric

from cathode.settings import Settings
from flows.experiment import Tracker
from flows.studies.augmentation.scores import replicate_scores
from flows.studies.augmentation.study import Study

EXPERIMENT = "studies"

STUDY, RESULT = "cathode.study", "cathode.result"
"""Tags by which runs are found again."""

BATCH = 900
"""Metrics logged at once; MLflow takes a thousand."""


def log_study(
    settings: Settings, study: Study, summary: Mapping[str, Any], files: Sequence[Path]
) -> int:
    """Log what MLflow does not have yet of a finished study.

    Args:
        settings: where MLflow is.
        study: with its results.
        summary: of it.
        files: pictures and JSON, which are logged each time.

    Returns:
        How many trainings were logged.
    """
    tracker = Tracker.open(settings, EXPERIMENT)
    parent = _parent(tracker, study, summary)
    known = set()
    for run in tracker.runs("training"):
        if run.data.tags.get(STUDY) == study.id:
            if run.info.status == "FINISHED":
                known.add(run.data.tags[RESULT])
            else:  # half logged: a kill, or a server that went away
                tracker.client.delete_run(run.info.run_id)
    count = 0
    for place in study.places:
        for method in study.results[place]:
            for r, scores in enumerate(replicate_scores(study, place, method)):
                name = f"{'/'.join(place)}/{method}/{r + 1}"
                if name not in known:
                    found = study.results[place][method][r]
                    _log(tracker, parent, study, (name, method, r), found, scores)
                    count += 1
    for file in files:
        tracker.client.log_artifact(parent, str(file))
    tracker.client.set_terminated(parent)
    return count


def _parent(tracker: Tracker, study: Study, summary: Mapping[str, Any]) -> str:
    for run in tracker.runs("study"):
        if run.data.tags.get(STUDY) == study.id:
            parent = str(run.info.run_id)
            break
    else:
        parent = tracker.start(
            "study", f"augmentation of {study.source.folder.name}", **{STUDY: study.id}
        )
        told = ("study", "folder", "ion", "mode", "epochs", "seed", "crystals", "data", "code")
        tracker.log_params(parent, {key: summary[key] for key in told if summary[key] is not None})
    figures = {
        f"{place['property']}/{place['split']}/{row['method']}/{key}": value
        for place in summary["places"]
        for row in place["methods"]
        for key, value in (
            ("mae", row["mae"]["mean"]),
            ("mad_over_mae", row["mad_over_mae"]["mean"]),
            ("improvement_percent", row["improvement_percent"]),
        )
        if value is not None
    }
    # Figures over more replicates come after those over fewer.
    step = study.settings.replicates
    _metrics(tracker, parent, [Metric(key, float(v), 0, step) for key, v in figures.items()])
    return parent


def _log(
    tracker: Tracker,
    parent: str,
    study: Study,
    what: tuple[str, str, int],
    found: Mapping[str, Any],
    scores: Mapping[str, float],
) -> None:
    """A run of one training, or of a baseline."""
    name, method, replicate = what
    run = tracker.start("training", name, parent, **{STUDY: study.id, RESULT: name})
    wanted, split = name.split("/")[:2]
    tracker.log_params(
        run,
        {
            "property": wanted,
            "split": split,
            "method": method,
            "replicate": replicate + 1,
            "mode": study.settings.mode,
            "epochs": study.settings.epochs,
            **study.settings.deciding()["network"],
        },
    )
    single = {k: v for k, v in found.items() if isinstance(v, int | float)} | dict(scores)
    points = [Metric(k, float(v), 0, 0) for k, v in single.items() if math.isfinite(v)]
    for key in ("losses", "validation_maes"):
        points += [Metric(key, float(v), 0, i) for i, v in enumerate(found.get(key, []), 1)]
    _metrics(tracker, run, points)
    tracker.client.set_terminated(run)


def _metrics(tracker: Tracker, run: str, points: Sequence[Metric]) -> None:
    for start in range(0, len(points), BATCH):
        tracker.client.log_batch(run, metrics=points[start : start + BATCH])
