"""MLflow as a view of backtests: an experiment of all, in it a run per table and strategy."""

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from mlflow.entities import Metric
from numpy.typing import NDArray

from cathode.evaluation.backtest import enhancement
from cathode.settings import Settings
from flows.experiment import Tracker

EXPERIMENT = "backtests"

BATCH = 900
"""Metrics logged at once; MLflow takes a thousand."""


def log_backtest(
    settings: Settings,
    facts: Mapping[str, Any],
    rows: Sequence[Mapping[str, Any]],
    curves: Mapping[str, NDArray[np.float64]],
    picture: Path,
) -> None:
    """Log one run per strategy: figures, mean curves by experiment, and the picture.

    Args:
        settings: where MLflow is.
        facts: table, target, goal, seeds: the same for all.
        rows: figures of each strategy.
        curves: Top% of each strategy, shape (seeds, experiments).
        picture: the drawing of all of them.
    """
    tracker = Tracker.open(settings, EXPERIMENT)
    for row in rows:
        name = str(row["strategy"])
        run = tracker.start("backtest", f"{Path(facts['table']).stem} {name}", strategy=name)
        tracker.log_params(run, {**facts, "strategy": name})
        mean = curves[name].mean(axis=0)
        points = [Metric(k, float(v), 0, 0) for k, v in row.items() if isinstance(v, int | float)]
        for label, values in (("top_share", mean), ("enhancement", enhancement(mean, len(mean)))):
            points += [Metric(label, float(v), 0, i) for i, v in enumerate(values, 1)]
        for start in range(0, len(points), BATCH):
            tracker.client.log_batch(run, metrics=points[start : start + BATCH])
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / "backtest.png"
            copy.write_bytes(picture.read_bytes())
            tracker.client.log_artifact(run, str(copy))
        tracker.client.set_terminated(run)
