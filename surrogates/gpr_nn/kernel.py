"""The additive kernel of GPR-NN for any GPyTorch model."""

from typing import Any

import torch
from gpytorch.kernels import Kernel
from gpytorch.priors import Prior
from numpy.typing import NDArray
from torch import Tensor

TERMS_AT_ONCE = 8
"""Terms of which all pairs of places are held in memory together."""


class AdditiveKernel(Kernel):
    """``sum_n exp(-(y_n - y'_n)**2 / (2 l**2))`` with ``y = W x`` and one length scale l.

    Eq. 10 of Kameda et al., Digital Discovery 3, 1967 (2024). This is the dense form, a matrix of
    all pairs per term; :class:`surrogates.gpr_nn.regression.AdditiveRegression` is the same model
    without it.

    Args:
        W: rows of the terms, shape (terms, d).
        lengthscale_prior: prior of l.
    """

    has_lengthscale = True

    W: Tensor

    def __init__(
        self, W: NDArray[Any], lengthscale_prior: Prior | None = None, **kwargs: Any
    ) -> None:
        super().__init__(lengthscale_prior=lengthscale_prior, **kwargs)
        self.register_buffer("W", torch.as_tensor(W))

    def forward(self, x1: Tensor, x2: Tensor, diag: bool = False, **params: Any) -> Tensor:  # noqa: ARG002, FBT001, FBT002 - GPyTorch's
        """Covariance of ``... x n x d`` with ``... x m x d`` places, or of each with itself."""
        one, other = (x @ self.W.T.to(x) / self.lengthscale for x in (x1, x2))
        if diag:
            return (one - other).square().mul(-0.5).exp().sum(-1)
        total = None
        for y, z in zip(one.split(TERMS_AT_ONCE, -1), other.split(TERMS_AT_ONCE, -1), strict=True):
            apart = y.unsqueeze(-2) - z.unsqueeze(-3)
            part = apart.square().mul(-0.5).exp().sum(-1)
            total = part if total is None else total + part
        return total
