"""How well methods predict test parts, and how much better than oversampling."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from augment.published import IMPROVEMENT
from cathode.evaluation.metrics import mad_over_mae, mae, rmse
from flows.studies.augmentation.baselines import LINEAR, MEAN
from flows.studies.augmentation.settings import BASELINE
from flows.studies.augmentation.study import Place, Study
from flows.studies.statistics import Paired

Values = NDArray[np.float64]

SCORES = ("mae", "rmse", "mad", "mad_over_mae")


def scores(y: Values, predicted: Values) -> dict[str, float]:
    """Errors of one test part.

    Args:
        y: true values, shape (n,).
        predicted: predictions, shape (n,).

    Returns:
        ``mae`` and ``rmse`` in the property's unit; ``mad``, the mean absolute deviation of the
        true values about their own mean, in that unit; ``mad_over_mae``, nan where nothing
        deviates or errs.
    """
    return {
        "mae": mae(y, predicted),
        "rmse": rmse(y, predicted),
        "mad": mae(y, np.full_like(y, y.mean())),
        "mad_over_mae": mad_over_mae(y, predicted),
    }


def replicate_scores(study: Study, place: Place, method: str) -> list[dict[str, float]]:
    """Scores of each replicate."""
    return [
        scores(study.truth(place, r), np.array(found["predictions"]))
        for r, found in enumerate(study.results[place][method])
    ]


def method_rows(study: Study, place: Place) -> list[dict[str, Any]]:
    """Statistics of every method over replicates, beside what was published."""
    each = {name: replicate_scores(study, place, name) for name in study.results[place]}
    ratio = float(np.mean([parts.ratio for parts in study.parts[place]]))
    return [
        {
            "method": name,
            "network": name not in (MEAN, LINEAR),
            **_figures(own),
            **_against(own, each[BASELINE], ratio, is_baseline=name == BASELINE),
            "published_improvement_percent": IMPROVEMENT.get(name, {}).get(place[0]),
        }
        for name, own in each.items()
    ]


def ion_rows(study: Study, place: Place) -> list[dict[str, Any]]:
    """The same for the test crystals of each working ion; none where there is one ion alone."""
    ions = np.array([ion or "" for ion in study.data.table.ions])
    known = sorted({ion for ion in ions.tolist() if ion})
    if len(known) < 2:  # noqa: PLR2004
        return []
    found = []
    for ion in known:
        inside = [ions[parts.test] == ion for parts in study.parts[place]]
        replicates = [r for r, rows in enumerate(inside) if rows.any()]
        if not replicates:
            continue
        each = {
            name: [
                scores(
                    study.truth(place, r)[inside[r]],
                    np.array(results[r]["predictions"])[inside[r]],
                )
                for r in replicates
            ]
            for name, results in study.results[place].items()
        }
        ratio = float(np.mean([parts.ratio for parts in study.parts[place]]))
        found.append(
            {
                "ion": ion,
                "test_crystals": [int(rows.sum()) for rows in inside],
                "methods": [
                    {
                        "method": name,
                        **_figures(own),
                        **_against(own, each[BASELINE], ratio, is_baseline=name == BASELINE),
                    }
                    for name, own in each.items()
                ],
            }
        )
    return found


def paired(own: Values, other: Values, ratio: float) -> Paired | None:
    """How much lower errors are than others; None of a single replicate, which has no spread."""
    return Paired.of(own, other, ratio) if len(own) > 1 else None


def _figures(each: Sequence[dict[str, float]]) -> dict[str, Any]:
    return {key: _spread(np.array([found[key] for found in each])) for key in SCORES}


def _spread(values: Values) -> dict[str, float | None]:
    """Mean, standard deviation (of a sample), least and greatest over replicates."""
    known = values[np.isfinite(values)]
    if not len(known):
        return dict.fromkeys(("mean", "sd", "min", "max"))
    return {
        "mean": float(known.mean()),
        "sd": float(known.std(ddof=1)) if len(known) > 1 else None,
        "min": float(known.min()),
        "max": float(known.max()),
    }


def _against(
    own: Sequence[dict[str, float]],
    other: Sequence[dict[str, float]],
    ratio: float,
    *,
    is_baseline: bool,
) -> dict[str, Any]:
    """Against oversampling on the same test parts.

    The improvement is that of the mean MAD/MAE, as published. Its error is the standard error of
    the replicates' improvements.
    """
    ratios, others = (np.array([f["mad_over_mae"] for f in part]) for part in (own, other))
    usable = np.isfinite(ratios) & np.isfinite(others)
    if is_baseline or not usable.any():
        return {"improvement_percent": None, "improvement_error": None, "paired": None}
    ratios, others = ratios[usable], others[usable]
    spread = paired(np.zeros(len(ratios)), 100 * (ratios / others - 1), ratio)
    lower = paired(
        np.array([found["mae"] for found in own]),
        np.array([found["mae"] for found in other]),
        ratio,
    )
    return {
        "improvement_percent": float(100 * (ratios.mean() / others.mean() - 1)),
        "improvement_error": spread.error if spread is not None else None,
        "paired": {**asdict(lower), "decided": lower.decided} if lower is not None else None,
    }
