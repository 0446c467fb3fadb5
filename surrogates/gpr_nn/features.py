"""Explicit features of the additive kernel, exact to what doubles can tell.

A one-dimensional RBF of length l over an interval of a few l is of low rank: seen from Chebyshev
nodes, most eigenvalues of its matrix are nothing. So each term has some ten features, and a fit
costs as many multiplications per point as there are features squared.
"""

from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from cathode.errors import FitError

SMALLEST_EIGENVALUE = 1e-10
"""Eigenvalues of a term's matrix below this are left out."""

ACCURACY = 1e-10
"""What the features of a term may miss of its kernel anywhere on the interval."""

MARGIN = 0.1
"""The interval is longer by this share at both ends, for places a little beyond the data."""

MOST_NODES = 260
"""Nodes at most: an interval of some 60 length scales; shorter ones resolve nothing but noise."""


class AdditiveFeatures(nn.Module):
    """Features whose products are ``sum_n exp(-(y_n - y'_n)**2 / (2 l**2))``, ``y = W x``.

    Args:
        W: rows of the terms, shape (terms, d).
        lengthscale: l, in the unit of y.
        low: least value of each y_n that is looked at, shape (terms,).
        high: greatest of them.
    """

    W: Tensor
    centre: Tensor
    nodes: Tensor
    root: Tensor

    def __init__(
        self,
        W: NDArray[np.float64],
        lengthscale: float,
        low: NDArray[np.float64],
        high: NDArray[np.float64],
    ) -> None:
        super().__init__()
        self.lengthscale = float(lengthscale)
        half = (0.5 + MARGIN) * float(np.max(high - low, initial=0.0)) / self.lengthscale
        nodes, root = _nystrom(half)
        self.register_buffer("W", torch.as_tensor(W))
        self.register_buffer("centre", torch.as_tensor((low + high) / 2))
        self.register_buffer("nodes", torch.as_tensor(nodes))
        self.register_buffer("root", torch.as_tensor(root))

    @property
    def terms(self) -> int:
        """Number of terms."""
        return len(self.W)

    @property
    def rank(self) -> int:
        """Features of a term."""
        return self.root.shape[1]

    def by_term(self, X: Tensor) -> Tensor:
        """Features of places ``... x d``, shape ``... x terms x rank``."""
        y = (X @ self.W.T - self.centre) / self.lengthscale
        return (y.unsqueeze(-1) - self.nodes).square_().mul_(-0.5).exp_() @ self.root

    def forward(self, X: Tensor) -> Tensor:
        """Features of places ``... x d``, shape ``... x (terms * rank)``."""
        return self.by_term(X).flatten(-2)


def _nystrom(half: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Nodes on [-half, half], in length scales, and what turns kernels with them into features.

    Returns:
        Nodes, shape (m,), and a matrix of shape (m, rank).

    Raises:
        FitError: the interval is of too many length scales.
    """
    # A little longer is as good, and few lengths share their nodes with many.
    steps = int(np.ceil(np.log(max(half, 1e-3)) / np.log(1.05)))
    return _nystrom_of_steps(steps)


@lru_cache(maxsize=256)
def _nystrom_of_steps(steps: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    half = 1.05**steps
    grid = np.linspace(-half, half, int(32 * max(half, 1.0)) + 1)
    m = 4 + int(6 * half)  # about what long intervals need
    while m <= MOST_NODES:
        nodes = half * np.cos((2 * np.arange(m) + 1) * np.pi / (2 * m))
        values, vectors = np.linalg.eigh(_rbf(nodes, nodes))
        kept = values > SMALLEST_EIGENVALUE
        root = vectors[:, kept] / np.sqrt(values[kept])
        features = _rbf(grid, nodes) @ root
        if np.abs(features @ features.T - _rbf(grid, grid)).max() < ACCURACY:
            return nodes, root
        m += 2 + m // 16
    msg = f"the data span {2 * half:.3g} length scales: about 60 are the most; "
    raise FitError(msg + "use a longer lengthscale")


def _rbf(x: NDArray[np.float64], z: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.exp(-0.5 * np.subtract.outer(x, z) ** 2)
