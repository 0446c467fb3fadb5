"""How like the values at two places are, pair by pair, and how that changes with length scales."""

from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import pdist, squareform

Gradient = Callable[[NDArray[np.float64]], NDArray[np.float64]]
"""Of the sum of pairs with weights, shape (pairs,), by the logarithm of each length scale."""


class Correlation(Protocol):
    """Covariance of the function at n places over its scale; each pair of places counts once."""

    @property
    def scale(self) -> str:
        """What the scale is called among hyperparameters."""

    @property
    def lengthscales(self) -> int:
        """How many length scales there are."""

    @property
    def same(self) -> NDArray[np.float64]:
        """1 for pairs of equal places, else 0; shape (n (n - 1) / 2,)."""

    @property
    def own(self) -> NDArray[np.float64]:
        """Of each place with itself, shape (n,)."""

    def pairs(self, lengthscales: NDArray[np.float64]) -> tuple[NDArray[np.float64], Gradient]:
        """Of each pair of places, shape (n (n - 1) / 2,), and the gradient."""


class Matern:
    """Matérn-5/2.

    Args:
        X: places, shape (n, d).
        scales: number of the length scale of each column, shape (d,); one each if None.
    """

    scale = "outputscale"

    def __init__(self, X: NDArray[np.float64], scales: NDArray[np.intp] | None = None) -> None:
        columns = np.arange(X.shape[1]) if scales is None else scales
        self.lengthscales = int(columns.max()) + 1
        # By length scale: shape (n (n - 1) / 2, length scales).
        self.squares = np.stack(
            [pdist(X[:, columns == i], "sqeuclidean") for i in range(self.lengthscales)], axis=1
        )
        self.same = (self.squares.sum(axis=1) == 0).astype(float)
        self.own = np.ones(len(X))

    def pairs(self, lengthscales: NDArray[np.float64]) -> tuple[NDArray[np.float64], Gradient]:
        """Of each pair of places, and the gradient."""
        narrowness = lengthscales**-2
        r = np.sqrt(5 * (self.squares @ narrowness))
        decay = np.exp(-r)

        def gradient(weights: NDArray[np.float64]) -> NDArray[np.float64]:
            slope: NDArray[np.float64] = (weights * decay * (1 + r)) @ self.squares
            return 5 / 3 * narrowness * slope

        return decay * (1 + r + r * r / 3), gradient


class Linear:
    """A plane: a weight for each column of X, shape (n, d), and one for the constant."""

    scale, lengthscales = "weight", 0

    def __init__(self, X: NDArray[np.float64]) -> None:
        products = 1 + X @ X.T
        self.products = squareform(products, checks=False)
        self.own = np.diag(products)
        self.same = (pdist(X) == 0).astype(float)

    def pairs(
        self,
        lengthscales: NDArray[np.float64],  # noqa: ARG002 - a plane has none
    ) -> tuple[NDArray[np.float64], Gradient]:
        """Of each pair of places, and the gradient, which is empty."""
        return self.products, lambda _: np.empty(0)
