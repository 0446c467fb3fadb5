"""How much wider predictions must be than the most probable hyperparameters alone say."""

import numpy as np
from numpy.typing import NDArray

from cathode.evaluation.recalibration import of_a_new_value
from surrogates.gp.likelihood import Posterior

STEP = 1e-3
"""Step of the differences from which the curvature of the posterior is taken."""

REACH = np.sqrt(3)
"""Standard deviations to the outer nodes of the three-point Gauss-Hermite rule."""

TRUST = 5.0
"""Values left out that it takes to believe their errors as much as the model."""

LEAST, MOST = 0.1, 10.0
"""What variances are multiplied with at least and at most."""


def widening(
    posterior: Posterior, theta: NDArray[np.float64], rows: NDArray[np.intp], candidates: int
) -> float:
    """What all variances are to be multiplied with, which leaves every mean as it is.

    The product of three factors; the first two are told by each value when it is left out (closed
    forms of Rasmussen, Williams 2006, ch. 5.4.2):

    - Hyperparameters are not known, but the variance at their mode is that of known ones. The
      variance of a value left out is the mean of its variances plus the variance of its means over
      their posterior, as in Garnett, Osborne, Hennig, "Active learning of linear embeddings for
      Gaussian processes", UAI 2014; here by three nodes along each principal axis, for the
      variance grows fast towards short length scales.
    - Errors of values left out, over the deviations expected at the mode: their mean square,
      drawn towards one as if some more values had one.
    - Mean and spread of the values are estimates: what a new one of them has is the variance of
      Student's t over theirs.

    Args:
        posterior: of the hyperparameters.
        theta: the most probable ones, shape (p,).
        rows: the values that count, shape (m,).
        candidates: how many candidates they are of.
    """
    errors, at_mode = (each[rows] for each in posterior.left_out(theta))
    total = at_mode.copy()
    for node in _nodes(posterior, theta):
        moved, variance = (each[rows] for each in posterior.left_out(node))
        total += ((moved - errors) ** 2 + variance - at_mode) / (2 * REACH**2)
    unknown = float(np.mean(np.maximum(total / at_mode, 1.0)))
    misses = (float(np.sum(errors**2 / at_mode)) + TRUST) / (len(rows) + TRUST)
    return float(np.clip(unknown * misses * of_a_new_value(candidates), LEAST, MOST))


def _nodes(posterior: Posterior, theta: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    """Outer nodes, two along each axis.

    The posterior is taken as normal, on each side of the mode of its own width: as wide as it
    falls there (Martins et al., "Bayesian computing with INLA: new features", Comput. Stat. Data
    Anal. 67, 68 (2013)). A length scale that does not matter may be longer, but not shorter.
    """
    top, nodes = posterior.height(theta), []
    for axis in _axes(posterior, theta).T:
        for step in (REACH * axis, -REACH * axis):
            end = np.clip(theta + step, posterior.least, posterior.most)
            fall = posterior.height(end) - top
            narrower = min(1.0, REACH / np.sqrt(2 * max(fall, 1e-9)))
            nodes.append(theta + narrower * (end - theta))
    return nodes


def _axes(posterior: Posterior, theta: NDArray[np.float64]) -> NDArray[np.float64]:
    """Principal axes of the posterior about its mode, a standard deviation long, in columns."""
    _, slope = posterior(theta)
    steps = STEP * np.eye(len(theta))
    curvature = np.array([posterior(theta + step)[1] - slope for step in steps]) / STEP
    values, axes = np.linalg.eigh((curvature + curvature.T) / 2)
    # At the end of a range, or between two maxima, data may seem to tell less than nothing.
    prior = (axes**2).T @ posterior.spread**-2.0
    scaled: NDArray[np.float64] = axes / np.sqrt(np.maximum(values, prior))
    return scaled
