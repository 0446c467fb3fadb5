"""Bounds as data: "<" and ">" values told to a GP by Gaussian stand-ins.

A reading is the function and noise; of a bound it is known on which side it lies (Tobin,
"Estimation of relationships for limited dependent variables", Econometrica 26, 24 (1958)).
Expectation propagation finds for each bound the value and variance of a Gaussian that stands for it
(Minka, UAI 2001; Rasmussen, Williams 2006, ch. 3.6), so that the GP stays exact. The likelihood is
log-concave: stand-ins have positive variances, and the iteration converges.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from scipy.special import log_ndtr

MOST_ROUNDS = 100

PRECISE = 1e-6
"""Largest change of a mean or of a relative variance at which the iteration ends."""

WIDEST = 1e6
"""Largest variance of a stand-in, over that of all values: it tells nothing."""

FARTHEST = -1e3
"""Least standard score of a bound; farther out doubles cannot tell the stand-in."""


@dataclass(frozen=True)
class Bounds:
    """What is known of the function and of the bounds on its readings.

    Attributes:
        mean: of the function at each bound, by all exact values, shape (m,).
        covariance: of it, shape (m, m).
        limit: the bounds, shape (m,).
        side: 1 where the reading lies above, -1 where below, shape (m,).
        noise: variance of the readings, shape (m,).
    """

    mean: NDArray[np.float64]
    covariance: NDArray[np.float64]
    limit: NDArray[np.float64]
    side: NDArray[np.float64]
    noise: NDArray[np.float64]

    @classmethod
    def beside(
        cls,
        function: NDArray[np.float64],
        y: NDArray[np.float64],
        noise: NDArray[np.float64],
        side: NDArray[np.float64],
    ) -> "Bounds":
        """Bounds among exact values.

        Args:
            function: prior covariance of the function at all, its mean being zero, shape (n, n).
            y: values and bounds, shape (n,).
            noise: variance of their readings, shape (n,).
            side: 1 or -1 of bounds, 0 of exact values, shape (n,).
        """
        exact, at = side == 0, side != 0
        factor = cho_factor(function[np.ix_(exact, exact)] + np.diag(noise[exact]))
        across = function[np.ix_(exact, at)]
        known = cho_solve(factor, np.column_stack([y[exact], across]))
        covariance = function[np.ix_(at, at)] - across.T @ known[:, 1:]
        return cls(across.T @ known[:, 0], covariance, y[at], side[at], noise[at])

    def stand_ins(self) -> tuple[NDArray[np.float64], NDArray[np.float64], bool]:
        """Value and variance of the Gaussian that stands for each bound, and if they settled."""
        value, precision = self.limit.copy(), np.zeros_like(self.limit)
        mean, covariance = self.given(value, precision)
        for _ in range(MOST_ROUNDS):
            before = mean, np.diag(covariance)
            for i in range(len(value)):  # one by one: all at once may swing for ever
                variance = covariance[i, i]
                left = max(1 / variance - precision[i], 1 / WIDEST)  # by all other bounds
                cavity = (mean[i] / variance - precision[i] * value[i]) / left
                value[i], new = self._matched(i, cavity, 1 / left)
                change = new - precision[i]
                precision[i] = new
                column = covariance[:, i]
                covariance = covariance - np.outer(column, column) * (
                    change / (1 + change * variance)
                )
                mean = self.mean + covariance @ (precision * (value - self.mean))
            mean, covariance = self.given(value, precision)
            moved = np.abs(mean - before[0]).max(), np.abs(np.diag(covariance) / before[1] - 1)
            if max(moved[0], moved[1].max()) < PRECISE:
                return value, 1 / precision, True
        return value, 1 / precision, False

    def given(
        self, value: NDArray[np.float64], precision: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Mean and covariance of the function at the bounds, given stand-ins."""
        root = np.sqrt(precision)
        factor = cho_factor(np.eye(len(root)) + root[:, None] * self.covariance * root)
        half = root[:, None] * self.covariance
        covariance = self.covariance - half.T @ cho_solve(factor, half)
        return self.mean + covariance @ (precision * (value - self.mean)), covariance

    def _matched(self, i: int, cavity: float, variance: float) -> tuple[float, float]:
        """Value and precision that give the function the moments that bound i gives it."""
        spread = np.sqrt(self.noise[i] + variance)
        z = max(self.side[i] * (cavity - self.limit[i]) / spread, FARTHEST)
        ratio = np.exp(-(z**2 + np.log(2 * np.pi)) / 2 - log_ndtr(z))
        sharpness = ratio * (z + ratio) / spread**2
        precision = max(sharpness / (1 - sharpness * variance), 1 / WIDEST)
        return float(cavity + self.side[i] * spread / (z + ratio)), float(precision)
