"""How much wider predictions must be than a fit says, told by values that were left out."""

from collections import Counter

import numpy as np
from numpy.typing import NDArray

from cathode.evaluation.metrics import normal_density

BELIEF = 5.0
"""Candidates' worth of belief in a fit's own intervals, against what left-out candidates say."""

MOST = 5.0
"""What standard deviations are multiplied with at most; they are never made narrower."""

FEWEST = 4
"""Candidates of which a spread can be told."""

Values = NDArray[np.float64]


def widening(z: Values, groups: tuple[str, ...]) -> float:
    """What variances are to be multiplied with so that the mean CRPS of left-out values is least.

    The mean square of z would do that for the log density; a few wild values rule it, and most
    intervals are too wide then. Some candidates that lie as far off as they should stand beside
    those measured, so that few of these move little. What is found is an estimate, and by the same
    values it is chosen who serves: variances are multiplied by that of a new value, too.

    Args:
        z: errors over predicted standard deviations, shape (n,).
        groups: candidate ids, shape (n,); a candidate counts once.
    """
    from scipy.optimize import minimize_scalar  # it loads slowly, and reading commands need none
    from scipy.special import ndtr

    counts = Counter(groups)
    weights = np.array([1 / counts[group] for group in groups])

    def cost(log_scale: float) -> float:
        scale = np.exp(log_scale)
        t = z / scale
        each = t * (2 * ndtr(t) - 1) + 2 * normal_density(t)
        # What the last two terms of the CRPS are on average where z is standard normal.
        believed = np.sqrt(2 * (scale**2 + 1) / np.pi)
        constant = scale * (weights.sum() + BELIEF) / np.sqrt(np.pi)
        return float(scale * (weights @ each) + BELIEF * believed - constant)

    found = minimize_scalar(cost, bounds=(0.0, np.log(MOST)), method="bounded")
    return float(np.exp(2 * found.x)) * (of_a_new_value(max(len(counts), FEWEST)) if counts else 1)


def of_a_new_value(n: int) -> float:
    """Its variance over that of n values whose mean and spread are all that is known.

    Student's t; infinite below four values.
    """
    return (1 + 1 / n) * (n - 1) / (n - 3) if n >= FEWEST else np.inf
