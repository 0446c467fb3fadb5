"""What is known of the noise of each value before anything is learned."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from surrogates.gp.replicates import Scatter

LEAST_SIGMA = 1e-3
"""Least standard deviation over that of all values; a smaller one stated counts as this much."""


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
        """What sigmas of standardised values state, shape (n,); nan where a value states none."""
        known = np.isfinite(sigma)
        return cls(
            np.where(known, np.maximum(sigma, LEAST_SIGMA), 0.0) ** 2, (~known).astype(float)
        )

    def standing(self, rows: NDArray[np.intp], variance: NDArray[np.float64]) -> "RowNoise":
        """With known variances of stand-ins in some rows."""
        fixed, factor = self.fixed.copy(), self.factor.copy()
        fixed[rows], factor[rows] = variance, 0.0
        return RowNoise(fixed, factor)

    def given(self, learned: NDArray[np.float64]) -> NDArray[np.float64]:
        """Variance of each value, given what was learned for each, shape (n,)."""
        return self.fixed + self.factor * learned


def row_noise(
    y: NDArray[np.float64],
    sigma: NDArray[np.float64],
    groups: Sequence[str],
    origin: NDArray[np.intp],
    exact: NDArray[np.bool_],
) -> tuple[RowNoise, tuple[str, ...]]:
    """What sigmas and replicates tell of the noise of each value, and what of it is remarkable.

    A stated sigma is believed unless replicates scatter far beyond it; then all that their origin
    states is widened as far as they ask for. Replicates without a sigma tell how much noisier a
    candidate is than others, not how noisy: that is learned from all values together.

    Args:
        y: standardised values, shape (n,).
        sigma: their stated standard deviations, nan where there is none, shape (n,).
        groups: candidate of each; n of them.
        origin: number of the origin of each, shape (n,).
        exact: whether it is no bound, shape (n,); bounds do not scatter.
    """
    noise, notes = RowNoise.stated(sigma), []
    fixed, factor = noise.fixed.copy(), noise.factor.copy()
    for number in range(int(origin.max()) + 1):
        stated = (origin == number) & (noise.factor == 0)
        scatter = _scatter(y, np.sqrt(noise.fixed), groups, stated & exact)
        if scatter is not None and scatter.contradicts:
            wider = np.maximum(_relative(scatter, stated, 1.0), 1.0)
            fixed *= wider
            notes.append(_widened(np.sqrt(wider[stated]), len(scatter.members)))
        silent = (origin == number) & (noise.factor > 0)
        scatter = _scatter(y, np.ones(len(y)), groups, silent & exact)
        if scatter is not None and (typical := scatter.moderated()[1]) > 0:
            factor *= _relative(scatter, silent, typical)
            notes += _uneven(np.sqrt([factor[rows[0]] for rows in scatter.members]))
    return RowNoise(fixed, factor), tuple(notes)


def _relative(scatter: Scatter, rows: NDArray[np.bool_], over: float) -> NDArray[np.float64]:
    """Variance of each row over a given one: its candidate's own, or a typical one; else 1."""
    variances, typical = scatter.moderated()
    found = np.where(rows, typical, over)
    for members, variance in zip(scatter.members, variances, strict=True):
        found[members] = variance
    return np.asarray(found / over, dtype=np.float64)


def _widened(times: NDArray[np.float64], replicated: int) -> str:
    least, most = times.min(), times.max()
    much = f"{least:.2g}-fold" if most < 1.01 * least else f"{least:.2g} to {most:.2g}-fold"
    return (
        f"stated sigmas of {len(times)} values widened {much}: "
        f"replicates of {replicated} candidates scatter more than they state"
    )


def _uneven(times: NDArray[np.float64]) -> list[str]:
    least, most = times.min(), times.max()
    if most < 1.01 * least:
        return []
    much = f"{least:.2g} to {most:.2g} times the usual one"
    return [f"replicates of {len(times)} candidates scatter unevenly: their noise is {much}"]


def _scatter(
    y: NDArray[np.float64],
    sigma: NDArray[np.float64],
    groups: Sequence[str],
    rows: NDArray[np.bool_],
) -> Scatter | None:
    names = [group if counts else None for group, counts in zip(groups, rows, strict=True)]
    return Scatter.within(y, sigma, names)
