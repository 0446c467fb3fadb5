"""How like the values at two places are, pair by pair, and how that changes with what shapes it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import pdist, squareform

Values = NDArray[np.float64]
Gradient = Callable[[Values, Values], Values]
"""Of a sum of pairs with weights, shape (pairs,), and of places with weights, shape (n,), by the
logarithms of what shapes them, in their order."""


@dataclass(frozen=True)
class Likeness:
    """Covariance of the function at n places over its scale.

    Attributes:
        pairs: of each pair of places once, shape (n (n - 1) / 2,).
        own: of each place with itself, shape (n,).
        gradient: how they change.
    """

    pairs: Values
    own: Values
    gradient: Gradient


class Correlation(Protocol):
    """Likeness of n places."""

    @property
    def scale(self) -> str:
        """What the scale is called among hyperparameters."""

    @property
    def counts(self) -> Mapping[str, int]:
        """How many hyperparameters of each name shape it."""

    @property
    def same(self) -> Values:
        """1 for pairs of equal places, else 0; shape (n (n - 1) / 2,)."""

    def at(self, shape: Mapping[str, Values]) -> Likeness:
        """The likeness, given what shapes it by name."""


class Matern:
    """Matérn-5/2 with a length scale for each column of X, shape (n, d)."""

    scale = "outputscale"

    def __init__(self, X: Values) -> None:
        self.counts = {"lengthscale": X.shape[1]}
        self.squares = _squares(X, np.arange(X.shape[1]))
        self.same = (self.squares.sum(axis=1) == 0).astype(float)
        self.ones = np.ones(len(X))

    def at(self, shape: Mapping[str, Values]) -> Likeness:
        """The likeness, given what shapes it by name."""
        pairs, slope = _matern(self.squares, shape["lengthscale"])
        return Likeness(pairs, self.ones, lambda each, _: slope(each))


class Mixed:
    """What all categories share, what each adds to it, and what differs from place to place.

    Matérn-5/2 of all columns with one length scale for the categories of a variable, beside
    Matérn-5/2 of the other columns alone and a constant for each category: main effects and
    interactions. The other columns have the same length scales in both, for twice as many are too
    many for the few values that campaigns have.

    Args:
        X: places, shape (n, d).
        scales: number of the length scale of each column, shape (d,).
        categories: columns that stand for categories; these hold 0 or 1.
    """

    scale = "outputscale"

    def __init__(self, X: Values, scales: NDArray[np.intp], categories: NDArray[np.intp]) -> None:
        others = np.setdiff1d(np.arange(X.shape[1]), categories)
        self.counts = {
            "lengthscale": int(scales.max()) + 1,
            "main": 1,
            "offset": 1,
        }
        self.squares = _squares(X, scales)
        self.of_main = scales[others]
        self.main = self.squares[:, self.of_main]
        shared = X[:, categories] @ X[:, categories].T
        self.shared, self.shared_own = squareform(shared, checks=False), np.diag(shared)
        self.same = (self.squares.sum(axis=1) == 0).astype(float)

    def at(self, shape: Mapping[str, Values]) -> Likeness:
        """The likeness, given what shapes it by name."""
        joint, joint_slope = _matern(self.squares, shape["lengthscale"])
        main, main_slope = _matern(self.main, shape["lengthscale"][self.of_main])
        (share,), (offset,) = shape["main"], shape["offset"]

        def gradient(each: Values, alone: Values) -> Values:
            by_share = share * (each @ main + alone.sum())
            by_offset = offset * (each @ self.shared + alone @ self.shared_own)
            by_length = joint_slope(each)
            by_length[self.of_main] += share * main_slope(each)
            return np.concatenate([by_length, [by_share, by_offset]])

        pairs = joint + share * main + offset * self.shared
        return Likeness(pairs, 1 + share + offset * self.shared_own, gradient)


class Linear:
    """A plane: a weight for each column of X, shape (n, d), and one for the constant."""

    scale = "weight"

    def __init__(self, X: Values) -> None:
        self.X, self.counts = X, dict[str, int]()
        products = 1 + X @ X.T
        own = np.diag(products)
        self.likeness = Likeness(squareform(products, checks=False), own, lambda *_: np.empty(0))

    @cached_property
    def same(self) -> Values:
        """1 for pairs of equal places, else 0."""
        return (pdist(self.X) == 0).astype(float)

    def at(self, shape: Mapping[str, Values]) -> Likeness:  # noqa: ARG002 - nothing shapes a plane
        """The likeness."""
        return self.likeness


def _squares(X: Values, scales: NDArray[np.intp]) -> Values:
    """Squared distance of each pair of places by length scale, shape (pairs, length scales)."""
    columns = [X[:, scales == i] for i in range(int(scales.max()) + 1)]
    return np.stack([pdist(each, "sqeuclidean") for each in columns], axis=1)


def _matern(squares: Values, lengthscales: Values) -> tuple[Values, Callable[[Values], Values]]:
    """Correlation of pairs, and how a weighted sum of them changes with log length scales."""
    narrowness = lengthscales**-2.0
    r = np.sqrt(5 * (squares @ narrowness))
    decay = np.exp(-r)

    def slope(weights: Values) -> Values:
        return np.asarray(5 / 3 * narrowness * ((weights * decay * (1 + r)) @ squares))

    return decay * (1 + r + r * r / 3), slope
