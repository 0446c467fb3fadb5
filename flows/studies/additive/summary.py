"""A finished study as one JSON object: what tables, pages and ``--json`` show."""

from dataclasses import asdict
from typing import Any

import numpy as np

from flows.studies.additive.models import SmallNetwork
from flows.studies.additive.network import EPOCHS
from flows.studies.additive.scan import LENGTHSCALES, LOG_NOISES, MOST_LENGTHS
from flows.studies.additive.study import Study, described
from flows.studies.additive.verdict import comparisons, feature_rows, feature_sentence
from flows.studies.outputs import finite
from flows.studies.statistics import Spread

SCORES = ("train_rmse", "test_rmse", "train_r2", "test_r2")

SQUARED = {"train_r": "train_correlation_squared", "test_r": "test_correlation_squared"}
"""Correlations and what the paper's Table 1 gives of them."""


def summary(study: Study) -> dict[str, Any]:
    """Settings, statistics of every model, optimum, features and verdict; finite or null."""
    features = feature_rows(study)
    found = comparisons(study)
    content: dict[str, Any] = finite(
        {
            "study": "additive",
            "table": study.data.source,
            **described(study.data, study.settings),
            "groups": study.data.n_groups,
            "constant_features": list(study.data.constant),
            "optimum": optimum(study),
            "models": [{"model": m.name, **statistics(study, m.name)} for m in study.models],
            "feature_magnitudes": features,
            "verdict": {each.question: asdict(each) for each in found},
            "sentences": [*(each.sentence for each in found), feature_sentence(features)],
            "notes": notes(study),
        }
    )
    return content


def optimum(study: Study) -> dict[str, Any]:
    """Length and noise of the optimum, with R² of the test parts there."""
    surface, place = study.surface, study.surface.best
    return {
        "lengthscale": surface.lengthscale,
        "log10_noise": LOG_NOISES[place[1]],
        "test_r2_mean": float(surface.mean[place]),
        "test_r2_sd": float(surface.sd[place]),
        "on_the_edge": list(surface.edges),
        "lengthscales": list(LENGTHSCALES),
        "log10_noises": list(LOG_NOISES),
        "mean": surface.mean.tolist(),
        "sd": surface.sd.tolist(),
    }


def statistics(study: Study, model: str) -> dict[str, Any]:
    """Spreads of a model's scores over splits."""
    spreads = {key: asdict(Spread.of(study.values(model, key))) for key in SCORES}
    for key, name in SQUARED.items():
        spreads[name] = asdict(Spread.of(study.values(model, key) ** 2))
    return spreads


def notes(study: Study) -> list[str]:
    """What went otherwise than a reader would think, in words."""
    data, splits, found = study.data, study.splits, []
    if data.constant:
        found.append(f"left out, since they do not vary: {', '.join(data.constant)}")
    if data.group is None and (twins := len(data) - data.n_groups):
        found.append(
            f"{twins} rows have the features of another row: such rows are never split between "
            "training and test"
        )
    for i, name in enumerate(data.features):
        still = sum(np.ptp(data.X[split.train, i]) == 0 for split in splits)
        if still:
            found.append(
                f"{name} does not vary in {still} of {len(splits)} training parts, so models "
                "know nothing of it there"
            )
    fewest, d = min(len(split.train) for split in splits), len(data.features)
    if fewest <= d:
        found.append(
            f"linear regression has {d + 1} coefficients and training parts as small as {fewest} "
            "rows: of all that fit, it takes the least"
        )
    large = [n for n in study.settings.nodes if n * (d + 2) + 1 > fewest]
    if large:
        found.append(
            f"networks of {', '.join(map(str, large))} nodes have more weights than the smallest "
            f"training part has rows ({fewest})"
        )
    ended = sum(
        each["epochs"] == EPOCHS
        for n in study.settings.nodes
        for each in study.results[SmallNetwork(n).name]
    )
    total = len(study.settings.nodes) * len(splits)
    found.append(
        f"networks: {ended} of {total} trainings ended at {EPOCHS} epochs, the others where the "
        "gradient or the steps were nothing; none was stopped early"
    )
    short = [
        f"{length:g}"
        for length, row in zip(LENGTHSCALES, study.surface.mean, strict=True)
        if np.isnan(row).all()
    ]
    if short:
        found.append(
            f"lengths of {', '.join(short)} were left out of the scan: a coordinate spans more "
            f"than {MOST_LENGTHS:g} of them"
        )
    if study.surface.edges:
        found.append(
            f"the optimum lies on the edge of the scan ({', '.join(study.surface.edges)}): "
            "beyond it might be a better one"
        )
    return found
