"""What repeated measurements of the same candidates tell of their noise.

Source: Smyth, "Linear models and empirical Bayes methods for assessing differential expression in
microarray experiments", Stat. Appl. Genet. Mol. Biol. 3, 3 (2004), whose moderated variances these
are.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import digamma, polygamma
from scipy.stats import chi2

FEWEST = 3
"""Candidates with replicates from which it is told how their variances differ."""

SMALLEST = 1e-5
"""Least sample variance over the median of all: rounded values may be equal by chance."""

DOUBT = 1e-3
"""Probability of so much scatter by chance, below which stated sigmas are not believed."""

CLEARLY = 2.0
"""Standard errors by which logarithms of variances must spread beyond what sampling explains."""

NEWTON_STEPS = 50


@dataclass(frozen=True)
class Scatter:
    """Sample variances of replicated candidates.

    Attributes:
        variances: shape (g,), at least one of them.
        freedoms: degrees of freedom of each, shape (g,).
        members: row numbers of each candidate's replicates.
    """

    variances: NDArray[np.float64]
    freedoms: NDArray[np.float64]
    members: tuple[NDArray[np.intp], ...]

    @classmethod
    def within(
        cls, y: NDArray[np.float64], sigma: NDArray[np.float64], names: Sequence[Hashable]
    ) -> "Scatter | None":
        """The scatter of values over their sigmas, None where no candidate was measured twice.

        Args:
            y: values, shape (n,).
            sigma: standard deviation of each, in which scatter is counted, shape (n,).
            names: whose value each is, None of those that do not count; n of them.
        """
        rows: dict[Hashable, list[int]] = {}
        for i, name in enumerate(names):
            if name is not None:
                rows.setdefault(name, []).append(i)
        members = [np.array(each) for each in rows.values() if len(each) > 1]
        if not members:
            return None
        freedoms = np.array([len(each) - 1 for each in members], dtype=float)
        squares = []
        for each in members:
            mean = np.average(y[each], weights=sigma[each] ** -2.0)
            squares.append(np.sum(((y[each] - mean) / sigma[each]) ** 2))
        return cls(np.array(squares) / freedoms, freedoms, tuple(members))

    @property
    def pooled(self) -> float:
        """Variance of all."""
        return float(np.average(self.variances, weights=self.freedoms))

    @property
    def contradicts(self) -> bool:
        """Whether a variance of one is out of the question, by chi-square."""
        freedom = float(self.freedoms.sum())
        return bool(chi2.sf(self.pooled * freedom, freedom) < DOUBT)

    def moderated(self) -> tuple[NDArray[np.float64], float]:
        """Variances drawn towards each other, shape (g,), and a typical one.

        As if each candidate had d0 degrees of freedom more, of a variance s0²; these come from the
        moments of the logarithms of the sample variances (sec. 6.2). Where logarithms spread no
        more than sampling explains, or candidates are few, all have the pooled variance.
        """
        least = SMALLEST * np.median(self.variances)
        if len(self.variances) < FEWEST or least == 0:
            return np.full(len(self.variances), self.pooled), self.pooled
        halves = self.freedoms / 2
        logs = np.log(np.maximum(self.variances, least)) - digamma(halves) + np.log(halves)
        sampling, g = np.mean(polygamma(1, halves)), len(logs)
        beyond = float(logs.var(ddof=1) - sampling)
        error = np.sqrt(2 * sampling**2 / (g - 1) + np.mean(polygamma(3, halves)) / g)
        if beyond <= CLEARLY * error:
            return np.full(len(self.variances), self.pooled), self.pooled
        half = trigamma_inverse(beyond)
        # The logarithm of a typical variance is expected at the mean of these; s0² itself, the
        # scale of the prior, lies far below where variances differ much.
        typical = float(np.exp(logs.mean()))
        s0, d0 = typical * float(np.exp(digamma(half) - np.log(half))), 2 * half
        drawn = (d0 * s0 + self.freedoms * self.variances) / (d0 + self.freedoms)
        return drawn, typical


def trigamma_inverse(value: float) -> float:
    """Where the trigamma function has a value, by Newton's method (appendix of the source)."""
    x = 0.5 + 1 / value
    for _ in range(NEWTON_STEPS):
        trigamma = float(polygamma(1, x))
        step = trigamma * (1 - trigamma / value) / float(polygamma(2, x))
        x += step
        if -step / x < 1e-9:  # noqa: PLR2004 - as far as doubles go
            break
    return x
