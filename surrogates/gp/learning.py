"""What is learned of a property, in plain numbers: all a model of it is made of."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cathode.model import TrainingData
from surrogates.gp.correlations import Correlation
from surrogates.gp.hyperparameters import Hyperparameters
from surrogates.gp.likelihood import Posterior
from surrogates.gp.noise import row_noise
from surrogates.gp.origins import numbered
from surrogates.gp.search import most_probable
from surrogates.gp.widening import widening

SAME = 1e-9
"""Values that spread less than this, over their size, are equal."""

UNKNOWN_SPREAD = 1e-3
"""Spread that equal values are taken to have, over their size."""


@dataclass(frozen=True)
class Learned:
    """What a GP was found to be, for standardised values.

    Attributes:
        found: its hyperparameters.
        widening: what all its variances are multiplied with.
        y: standardised values, shape (n,).
        variance: of each about its function, shape (n,).
        noises: variance of a new answer of each origin, shape (k,).
        mean: of the values, in the property's unit.
        spread: their standard deviation.
        notes: what is remarkable of the fit, in words.
    """

    found: Hyperparameters
    widening: float
    y: NDArray[np.float64]
    variance: NDArray[np.float64]
    noises: NDArray[np.float64]
    mean: float
    spread: float
    notes: tuple[str, ...]


def learn(data: TrainingData, correlation: Correlation) -> Learned:
    """Fit hyperparameters by maximum a posteriori likelihood.

    Args:
        data: answers of other origins on the scale of the campaign's own.
        correlation: of their places.

    Raises:
        LinAlgError: the covariance matrix cannot be factored.
    """
    mean, spread = float(data.y.mean()), _spread(data)
    y = (data.y - mean) / spread
    _, origin = numbered(data)
    noise, notes = row_noise(y, data.sigma / spread, data.groups, origin)
    posterior = Posterior(correlation, y, noise, origin)
    theta = most_probable(posterior)
    found = posterior.parts(theta)
    own = np.flatnonzero(origin == 0)
    wider = widening(posterior, theta, own, data.own.n_candidates)
    learned = found.noise[origin]
    # What is stated of a new value stays as it is stated.
    noises = _by_origin(noise.given(wider * learned), data, origin)
    return Learned(found, wider, y, wider * noise.given(learned), noises, mean, spread, notes)


def _by_origin(
    variance: NDArray[np.float64], data: TrainingData, origin: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Mean variance of each origin, shape (k,), in which a candidate counts once."""
    means: list[dict[str, list[float]]] = [{} for _ in range(int(origin.max()) + 1)]
    for number, group, each in zip(origin, data.groups, variance, strict=True):
        means[number].setdefault(group, []).append(each)
    return np.array([np.mean([np.mean(v) for v in m.values()]) for m in means])


def _spread(data: TrainingData) -> float:
    """Standard deviation of the values; of equal ones what sigmas state, or a small number."""
    spread, size = float(data.y.std(ddof=1)), float(np.abs(data.y).max())
    if spread > SAME * size:
        return spread
    stated = data.sigma[data.sigma > 0]
    return float(stated.mean()) if len(stated) else UNKNOWN_SPREAD * size or 1.0
