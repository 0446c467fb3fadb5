"""What is predicted without a network: the mean, and a linear model of the composition."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cathode.model import Crystal
from flows.studies.augmentation.data import StudyData
from flows.studies.augmentation.splits import Parts

MEAN, LINEAR = "mean", "linear"
"""Names of the baselines beside every network."""

RIDGES = tuple(10.0**k for k in range(-7, 1))
"""Penalties of squared slopes, in units of the training part's size, that are tried."""

Values = NDArray[np.float64]


def composition_fractions(crystals: Sequence[Crystal]) -> Values:
    """Shares of the elements in each crystal's atoms, shape (n, elements that occur)."""
    elements = np.unique(np.concatenate([crystal.numbers for crystal in crystals]))
    found = np.zeros((len(crystals), len(elements)))
    for row, crystal in zip(found, crystals, strict=True):
        np.add.at(row, np.searchsorted(elements, crystal.numbers), 1 / len(crystal))
    return found


def baseline_predictions(data: StudyData, property_name: str, parts: Parts) -> dict[str, Values]:
    """Predictions of the test part by each baseline, in the property's unit.

    The mean is that of the training part. The linear model is a ridge regression on composition
    fractions, its penalty chosen by the validation part.
    """
    y = data.table.of(property_name)
    rows = np.concatenate([parts.train, parts.validation, parts.test])
    X = composition_fractions([data.table.crystals[i] for i in rows])
    n, m = len(parts.train), len(parts.validation)
    train, validation, test = np.split(X, [n, n + m])
    mean = float(y[parts.train].mean())
    fits = [_ridge(train, y[parts.train], penalty) for penalty in RIDGES]
    errors = [
        np.abs(validation @ slopes + constant - y[parts.validation]).mean()
        for slopes, constant in fits
    ]
    slopes, constant = fits[int(np.argmin(errors))]
    return {MEAN: np.full(len(parts.test), mean), LINEAR: test @ slopes + constant}


def _ridge(X: Values, y: Values, penalty: float) -> tuple[Values, float]:
    """Slopes and constant."""
    centre, mean = X.mean(axis=0), float(y.mean())
    shifted = X - centre
    gram = shifted.T @ shifted / len(X) + penalty * np.eye(X.shape[1])
    slopes = np.linalg.solve(gram, shifted.T @ (y - mean) / len(X))
    return slopes, mean - float(centre @ slopes)
