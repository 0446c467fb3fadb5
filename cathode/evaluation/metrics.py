"""Scores of normal predictive distributions against what was measured.

Proper scores are those of Gneiting & Raftery, J. Am. Stat. Assoc. 102, 359 (2007).
"""

import math

import numpy as np
from numpy.typing import NDArray

from cathode.model import HeldOutBounds, Prediction

LEVELS = (50, 80, 95)
"""Levels (%) of the central intervals whose coverage is reported."""

SHOWN = 80
"""Level (%) of the intervals that tables and pictures show."""

Values = NDArray[np.float64]


def mae(y: Values, mean: Values) -> float:
    """Mean absolute error, in the property's unit."""
    return float(np.mean(np.abs(y - mean)))


def rmse(y: Values, mean: Values) -> float:
    """Root mean square error, in the property's unit."""
    return float(np.sqrt(np.mean((y - mean) ** 2)))


def mad_over_mae(y: Values, mean: Values) -> float:
    """Mean absolute deviation of y about its own mean, over the MAE; nan where either is nothing.

    How many times better than the best constant; Abenza et al., Regularization strategy for battery
    materials using lattice scaling (2026), call 5 or more excellent.
    """
    mad, error = float(np.mean(np.abs(y - y.mean()))), mae(y, mean)
    return mad / error if mad > 0 and error > 0 else math.nan


def r2(y: Values, mean: Values) -> float:
    """Share of the variance explained; 0 for the mean of y, nan where y does not vary."""
    spread = np.sum((y - y.mean()) ** 2)
    return float(1 - np.sum((y - mean) ** 2) / spread) if spread > 0 else math.nan


def spearman(y: Values, mean: Values) -> float:
    """Rank correlation, nan where either side does not vary."""
    if np.ptp(y) == 0 or np.ptp(mean) == 0:
        return math.nan
    from scipy.stats import spearmanr  # loading it takes longer than most commands

    return float(spearmanr(y, mean).statistic)


def nlpd(y: Values, prediction: Prediction) -> float:
    """Mean negative log predictive density, in nats; depends on the property's unit."""
    z = (y - prediction.mean) / prediction.sigma
    return float(np.mean(z**2 / 2 + np.log(prediction.sigma)) + math.log(2 * math.pi) / 2)


def crps(y: Values, prediction: Prediction) -> float:
    """Mean continuous ranked probability score, in the property's unit; 0 is perfect.

    A generalised absolute error that also judges the uncertainty, and one wild point cannot
    rule it as it can rule the NLPD. Eq. 21 of the reference.
    """
    z = (y - prediction.mean) / prediction.sigma
    from scipy.special import ndtr  # loading it takes longer than most commands

    per_sigma = z * (2 * ndtr(z) - 1) + 2 * normal_density(z) - 1 / math.sqrt(math.pi)
    return float(np.mean(prediction.sigma * per_sigma))


def normal_density(z: Values) -> Values:
    """Density of the standard normal distribution."""
    density: Values = np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi)
    return density


def reach(level: float) -> float:
    """How far the central interval of a level (%) goes to each side, in standard deviations."""
    from scipy.special import ndtri

    return float(ndtri(0.5 + level / 200))


def coverage(y: Values, prediction: Prediction, level: float) -> float:
    """Share (%) of values inside the central interval of that level (%)."""
    return float(100 * np.mean(np.abs(y - prediction.mean) <= reach(level) * prediction.sigma))


def nlpb(bounds: HeldOutBounds) -> float:
    """Mean negative log predicted probability of the side on which values lie, in nats."""
    z = (bounds.prediction.mean - bounds.y) / bounds.prediction.sigma
    from scipy.special import log_ndtr

    return float(-np.mean(log_ndtr(bounds.sides * z)))


def score(y: Values, prediction: Prediction) -> dict[str, float]:
    """All scores by name; those that are undefined for these values are left out."""
    scores = {
        "n": float(len(y)),
        "mae": mae(y, prediction.mean),
        "rmse": rmse(y, prediction.mean),
        "r2": r2(y, prediction.mean),
        "spearman": spearman(y, prediction.mean),
        "nlpd": nlpd(y, prediction),
        "crps": crps(y, prediction),
        **{f"coverage_{level}": coverage(y, prediction, level) for level in LEVELS},
    }
    return {name: value for name, value in scores.items() if math.isfinite(value)}


def score_bounds(bounds: HeldOutBounds) -> dict[str, float]:
    """All scores of bounds by name."""
    return {"n_bounds": float(len(bounds.y)), "nlpb": nlpb(bounds)}
