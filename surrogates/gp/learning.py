"""What is learned of a property, in plain numbers: all a model of it is made of."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cathode.model import TrainingData
from surrogates.gp.correlations import Correlation
from surrogates.gp.fitting import Fit, Readings
from surrogates.gp.hyperparameters import Hyperparameters
from surrogates.gp.likelihood import JITTER
from surrogates.gp.noise import row_noise
from surrogates.gp.origins import numbered
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


def learn(data: TrainingData, correlation: Correlation, more: float = 1.0) -> Learned:
    """Fit hyperparameters by maximum a posteriori likelihood.

    Args:
        data: answers of other origins on the scale of the campaign's own.
        correlation: of their places.
        more: what variances are multiplied with beyond their widening by the fit.

    Raises:
        LinAlgError: the covariance matrix cannot be factored.
    """
    mean, spread, known = _scale(data)
    y, sigma, side = (data.y - mean) / spread, data.sigma / spread, data.sides
    names, origin = numbered(data)
    # A history was measured as results are: its values have their noise.
    alike = np.array([0 if name in data.history else i for i, name in enumerate((None, *names))])
    noise, notes = row_noise(y, sigma, data.groups, origin, side == 0)
    fit = Readings(correlation, y, noise, origin, side, alike).fit()
    posterior = fit.posterior
    found = posterior.parts(fit.theta)
    measured = np.flatnonzero((alike[origin] == 0) & (side == 0))
    own = measured[origin[measured] == 0]
    candidates = len({data.groups[row] for row in measured})
    # Before there are results, a history tells how far values left out lie from what is expected.
    wider = more * widening(posterior, fit.theta, own if len(own) else measured, candidates)
    learned = found.noise[origin]
    # What is stated of a new value stays as it is stated.
    noises = _by_origin(noise.given(wider * learned), data, origin)
    if 0 not in origin:
        noises[0] = noises[1:][alike[1:] == 0].max()
    return Learned(
        found,
        wider,
        posterior.y,
        np.maximum(wider * posterior.noise.given(learned), JITTER),
        noises,
        mean,
        spread,
        (*known, *notes, *_remarks(fit, side)),
    )


def _remarks(fit: Fit, side: NDArray[np.int64]) -> list[str]:
    """What is remarkable of a fit, in words."""
    words = [f"fit started anew {fit.anew} times"] if fit.anew else []
    if bounds := np.count_nonzero(side):
        words.append(f"{bounds} bounds read as censored")
    if not fit.settled:
        words.append("stand-ins of bounds did not settle: values and bounds may contradict")
    return words


def _by_origin(
    variance: NDArray[np.float64], data: TrainingData, origin: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Mean variance of each origin, shape (k,), in which a candidate counts once; 0 of none."""
    means: list[dict[str, list[float]]] = [{} for _ in range(int(origin.max()) + 1)]
    for number, group, each in zip(origin, data.groups, variance, strict=True):
        means[number].setdefault(group, []).append(each)
    return np.array([np.mean([np.mean(v) for v in m.values()] or [0.0]) for m in means])


def _scale(data: TrainingData) -> tuple[float, float, list[str]]:
    """Mean and standard deviation of the values, and what is remarkable of them.

    A bound counts where it tells more than the mean of the exact values. Equal values spread as
    much as their sigmas state, or a small part of their size.
    """
    y, side = data.y.copy(), data.sides
    middle = y[side == 0].mean()
    y[side < 0] = np.minimum(y[side < 0], middle)
    y[side > 0] = np.maximum(y[side > 0], middle)
    mean, spread, size = float(y.mean()), float(y.std(ddof=1)), float(np.abs(y).max())
    if spread > SAME * size:
        return mean, spread, []
    stated = data.sigma[data.sigma > 0]
    spread = float(stated.mean()) if len(stated) else UNKNOWN_SPREAD * size or 1.0
    return mean, spread, [f"all values are equal: they are taken to spread by {spread:.2g}"]
