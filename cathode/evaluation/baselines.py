"""Predictors that any surrogate must beat to be worth its name."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from cathode.errors import FitError
from cathode.model import Prediction, TrainingData

FEWEST = 2
"""Values from which a spread can be told."""

SMALLEST_SIGMA = 1e-9
"""Relative floor of a sigma, so that constant data still have a density."""


class Predictor(Protocol):
    """Anything that predicts new measurements."""

    def predict(self, X: NDArray[np.float64]) -> Prediction:
        """What new measurements at coordinates X, shape (n, d), would read."""


@dataclass(frozen=True)
class MeanPredictor:
    """The mean and spread of what was measured, whatever is asked."""

    mean: float
    sigma: float

    @classmethod
    def fit(cls, data: TrainingData) -> "MeanPredictor":
        """Take mean and spread of the values; bounds are left out.

        Raises:
            FitError: there are fewer than two values.
        """
        data = data.exact
        n = len(data)
        if n < FEWEST:
            msg = f"{data.property_name} has {n} values: a spread needs {FEWEST}"
            raise FitError(msg)
        sigma = float(data.y.std(ddof=1)) * np.sqrt(1 + 1 / n)
        return cls(float(data.y.mean()), max(sigma, _floor(data)))

    def predict(self, X: NDArray[np.float64]) -> Prediction:
        """The same distribution for every row of X."""
        return Prediction(np.full(len(X), self.mean), np.full(len(X), self.sigma))


@dataclass(frozen=True)
class LinearPredictor:
    """Bayesian linear regression on the coordinates."""

    regression: Any
    floor: float

    @classmethod
    def fit(cls, data: TrainingData) -> "LinearPredictor":
        """Fit scikit-learn's BayesianRidge to the values; bounds are left out.

        Raises:
            FitError: there are fewer than two values.
        """
        from sklearn.linear_model import BayesianRidge

        data = data.exact
        if len(data) < FEWEST:
            msg = f"{data.property_name} has {len(data)} values: a line needs {FEWEST}"
            raise FitError(msg)
        return cls(BayesianRidge().fit(data.X, data.y), _floor(data))

    def predict(self, X: NDArray[np.float64]) -> Prediction:
        """The line, with the noise and the uncertainty of its slope."""
        mean, sigma = self.regression.predict(X, return_std=True)
        return Prediction(mean, np.maximum(sigma, self.floor))


BASELINES: dict[str, Callable[[TrainingData], Predictor]] = {
    "mean": MeanPredictor.fit,
    "linear": LinearPredictor.fit,
}


def _floor(data: TrainingData) -> float:
    return SMALLEST_SIGMA * max(1.0, float(np.abs(data.y).max()))
