"""Figures over splits: spreads, and paired differences with an honest standard error."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

Values = NDArray[np.float64]

CONFIDENCE = 0.95
"""Of the interval about a difference that must leave zero out, for it to be called one."""


@dataclass(frozen=True)
class Spread:
    """A figure over splits, nan where no split has it.

    Attributes:
        max: largest value.
        min: smallest.
        median: in the middle.
        mean: on average.
        sd: standard deviation over splits.
        n: splits that have the figure.
    """

    max: float
    min: float
    median: float
    mean: float
    sd: float
    n: int

    @classmethod
    def of(cls, values: Values) -> Self:
        """Of values, those that are not finite left out."""
        known = values[np.isfinite(values)]
        if not len(known):
            nan = float("nan")
            return cls(nan, nan, nan, nan, nan, 0)
        return cls(
            max=float(known.max()),
            min=float(known.min()),
            median=float(np.median(known)),
            mean=float(known.mean()),
            sd=float(known.std()),
            n=len(known),
        )


@dataclass(frozen=True)
class Paired:
    """How much lower the error of one model is than another's, split by split.

    Attributes:
        gain: mean of the other's error less its own; above 0 it is better.
        error: standard error of that mean, corrected: splits share most of their rows, so the
            square root of their number would claim too much. Nadeau & Bengio, Mach. Learn. 52,
            239 (2003): variance x (1/splits + test rows/training rows).
        naive: standard error as if splits shared nothing.
        lower: splits in which its own error is lower.
        n: number of splits.
    """

    gain: float
    error: float
    naive: float
    lower: int
    n: int

    @classmethod
    def of(cls, own: Values, other: Values, ratio: float) -> Self:
        """Of errors on the same splits, shape (splits,); ratio is test rows over training rows."""
        gains = other - own
        n, variance = len(gains), float(np.var(gains, ddof=1))
        return cls(
            gain=float(gains.mean()),
            error=float(np.sqrt(variance * (1 / n + ratio))),
            naive=float(np.sqrt(variance / n)),
            lower=int((gains > 0).sum()),
            n=n,
        )

    @property
    def decided(self) -> bool:
        """Whether the gain, or loss, is beyond the spread: a t-test with n - 1 degrees."""
        reach = student.ppf(0.5 + CONFIDENCE / 2, self.n - 1)
        return bool(abs(self.gain) > reach * self.error)
