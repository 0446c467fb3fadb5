"""What is known of the noise of each value before anything is learned."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class RowNoise:
    """Variance of each value about its function: what is known, and a multiple of what is learned.

    Attributes:
        fixed: known variance, shape (n,).
        factor: how many times the noise learned of its origin comes on top, shape (n,).
    """

    fixed: NDArray[np.float64]
    factor: NDArray[np.float64]

    @classmethod
    def unknown(cls, n: int) -> "RowNoise":
        """Of n values, all with the noise that will be learned of their origin."""
        return cls(np.zeros(n), np.ones(n))

    @classmethod
    def stated(cls, sigma: NDArray[np.float64]) -> "RowNoise":
        """What sigmas state, shape (n,); nan where a value states none."""
        known = np.isfinite(sigma)
        return cls(np.where(known, sigma, 0.0) ** 2, (~known).astype(float))

    def given(self, learned: NDArray[np.float64]) -> NDArray[np.float64]:
        """Variance of each value, given what was learned for each, shape (n,)."""
        return self.fixed + self.factor * learned
