"""How good a model is on crystals that it has not seen, beside what any model must beat."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from cathode.evaluation.baselines import BASELINES
from cathode.evaluation.metrics import mad_over_mae, score
from cathode.model import Crystal, HeldOut, Prediction, TrainingData
from surrogates.cgcnn.elements import HEAVIEST

MODEL = "cgcnn"

Values = NDArray[np.float64]


def scored(held_out: HeldOut) -> dict[str, float]:
    """Scores by name, and MAD/MAE."""
    found = score(held_out.y, held_out.prediction)
    ratio = mad_over_mae(held_out.y, held_out.prediction.mean)
    return found | ({"mad_over_mae": ratio} if np.isfinite(ratio) else {})


def baselines(
    crystals: Sequence[Crystal], y: Values, asked: Sequence[Crystal]
) -> Mapping[str, Prediction]:
    """The mean, and a ridge on the fractions of elements, learned from the same crystals.

    Args:
        crystals: learned from.
        y: their values, shape (n,).
        asked: crystals to predict.
    """
    X, sigma = fractions(crystals), np.full(len(y), np.nan)
    groups = tuple(str(row) for row in range(len(y)))
    data = TrainingData("value", X, y, sigma, groups)
    return {name: fit(data).predict(fractions(asked)) for name, fit in BASELINES.items()}


def fractions(crystals: Sequence[Crystal]) -> Values:
    """Share of each element among the atoms, a column per atomic number."""
    return np.array(
        [np.bincount(each.numbers, minlength=HEAVIEST + 1) / len(each) for each in crystals]
    )
