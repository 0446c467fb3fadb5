"""Hyperparameters of a GP, and the stand-ins of bounds that belong to them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from surrogates.gp.censored import Bounds
from surrogates.gp.correlations import Correlation
from surrogates.gp.likelihood import JITTER, Posterior
from surrogates.gp.noise import RowNoise
from surrogates.gp.search import most_probable

MOST_TURNS = 20

ALIKE = 0.02
"""Change of a hyperparameter, mostly of its logarithm, at which it agrees with the stand-ins."""


@dataclass(frozen=True)
class Fit:
    """A fit to values and to stand-ins of bounds.

    Attributes:
        posterior: of the hyperparameters, given the stand-ins.
        theta: the most probable ones, shape (p,).
        anew: how many times a search had to start anew.
        settled: whether stand-ins and hyperparameters came to agree.
    """

    posterior: Posterior
    theta: NDArray[np.float64]
    anew: int
    settled: bool


@dataclass(frozen=True)
class Readings:
    """What a GP is fitted to.

    Attributes:
        correlation: of the places.
        y: standardised values and bounds, shape (n,).
        noise: what is known of the variance of each.
        origin: number of the origin of each, shape (n,).
        side: 1 where a reading lies above what is written, -1 below, 0 if exact, shape (n,).
        alike: number of the origin whose noise each has, its own or another's, shape (k,).
    """

    correlation: Correlation
    y: NDArray[np.float64]
    noise: RowNoise
    origin: NDArray[np.intp]
    side: NDArray[np.int64]
    alike: NDArray[np.intp] | None = None

    def fit(self) -> Fit:
        """Find hyperparameters and stand-ins by turns, until they agree.

        Where they do, the likelihood of the hyperparameters has the gradient that expectation
        propagation gives it (Rasmussen, Williams 2006, ch. 5.5.2), but for the noise, of which
        bounds tell next to nothing: it is learned from exact values.

        Raises:
            LinAlgError: the covariance matrix cannot be factored.
        """
        at = np.flatnonzero(self.side)
        if not len(at):
            posterior = Posterior(self.correlation, self.y, self.noise, self.origin, self.alike)
            found = most_probable(posterior)
            return Fit(posterior, found.theta, found.anew, settled=True)
        posterior = self._given(at, self.y[at], np.ones(len(at)))
        found = most_probable(posterior)
        theta, anew = found.theta, found.anew
        for _ in range(MOST_TURNS):
            value, variance, settled = self._bounds(posterior, theta).stand_ins()
            posterior = self._given(at, value, variance)
            found = most_probable(posterior, theta)
            moved = np.abs(found.theta - theta).max()
            theta, anew = found.theta, anew + found.anew
            if settled and moved < ALIKE:
                return Fit(posterior, theta, anew, settled=True)
        return Fit(posterior, theta, anew, settled=False)

    def _given(
        self, at: NDArray[np.intp], value: NDArray[np.float64], variance: NDArray[np.float64]
    ) -> Posterior:
        """The posterior with stand-ins in the place of bounds."""
        y = self.y.copy()
        y[at] = value
        noise = self.noise.standing(at, variance)
        return Posterior(self.correlation, y, noise, self.origin, self.alike)

    def _bounds(self, posterior: Posterior, theta: NDArray[np.float64]) -> Bounds:
        noise = self.noise.given(posterior.parts(theta).noise[self.origin]) + JITTER
        return Bounds.beside(posterior.function(theta), self.y, noise, self.side)
