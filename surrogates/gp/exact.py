"""Exact GPs of BoTorch whose noise is known, row by row and of a new value."""

import numpy as np
import torch
from botorch.models import SingleTaskGP
from botorch.models.transforms.input import InputTransform
from botorch.models.transforms.outcome import Standardize
from gpytorch.distributions import MultivariateNormal
from gpytorch.kernels import ConstantKernel, Kernel, LinearKernel, MaternKernel, ScaleKernel
from gpytorch.means import ZeroMean
from numpy.typing import NDArray
from torch import Tensor

from surrogates.gp.descriptors import Descriptors
from surrogates.gp.hyperparameters import Hyperparameters
from surrogates.gp.mixed import MixedKernel


class Scaled(Standardize):
    """Standardises by a given mean and spread.

    BoTorch's own takes those of all it is given, and leaves alone what spreads by less than 1e-8,
    as conductivities do.
    """

    def __init__(self, mean: float, spread: float) -> None:
        super().__init__(m=1)
        self.means = torch.full((1, 1), mean, dtype=torch.double)
        self.stdvs = torch.full((1, 1), spread, dtype=torch.double)
        self._stdvs_sq = self.stdvs.square()
        self._is_trained = torch.tensor(True)

    def train(self, mode: bool = True) -> "Scaled":  # noqa: FBT001, FBT002, ARG002 - torch's
        """Nothing is to be learned."""
        super().train(False)
        return self


class KnownNoiseGP(SingleTaskGP):
    """A GP of standardised values.

    Args:
        X: inputs, shape (n, d).
        y: standardised values, shape (n,).
        variance: of each about its function, shape (n,).
        scale: mean and spread of values.
        kernel: covariance of places as the transform gives them.
        transform: turns inputs into places.
        noises: variance of a new standardised answer of each origin, shape (k,).
    """

    noises: Tensor

    def __init__(
        self,
        X: Tensor,
        y: Tensor,
        variance: Tensor,
        scale: Scaled,
        kernel: Kernel,
        transform: InputTransform,
        noises: Tensor,
    ) -> None:
        Y, Yvar = scale.untransform(y.unsqueeze(-1), variance.unsqueeze(-1))
        super().__init__(
            X,
            Y,
            train_Yvar=Yvar,
            covar_module=kernel,
            mean_module=ZeroMean(),
            input_transform=transform,
            outcome_transform=scale,
        )
        self.register_buffer("noises", noises)
        self.eval()

    def _new_noise(self, X: Tensor) -> Tensor:
        """Variance of new answers at inputs ``... x d``, ``... x 1``."""
        return self.noises[0].expand(*X.shape[:-1], 1)

    def _apply_noise(
        self,
        X: Tensor,
        mvn: MultivariateNormal,
        observation_noise: bool | Tensor = False,  # noqa: FBT001, FBT002 - BoTorch's
    ) -> MultivariateNormal:
        # BoTorch would take the mean of all known noises.
        if observation_noise is True:
            observation_noise = self._new_noise(X)
        return super()._apply_noise(X, mvn, observation_noise)


def kernel_of(found: Hyperparameters, columns: Descriptors, widening: float) -> Kernel:
    """Covariance of places.

    Args:
        found: the hyperparameters.
        columns: what the columns of places are.
        widening: what all variances are multiplied with.
    """
    shape, scale = found.shape, widening * found.outputscale
    if "main" in shape:
        categories = columns.categories.tolist()
        others = [i for i in range(len(columns.scales)) if i not in categories]
        return MixedKernel(
            _matern(shape["lengthscale"][columns.scales]),
            _matern(shape["lengthscale"][columns.scales[others]]),
            others,
            categories,
            (scale, scale * float(shape["main"][0]), scale * float(shape["offset"][0])),
        )
    if "lengthscale" in shape:
        kernel = ScaleKernel(_matern(shape["lengthscale"])).double()
    else:
        kernel = ScaleKernel(LinearKernel() + ConstantKernel()).double()
        plane, constant = kernel.base_kernel.kernels
        plane.variance = constant.constant = torch.ones(1, dtype=torch.double)
    kernel.outputscale = scale
    return kernel


def _matern(lengthscales: NDArray[np.float64]) -> MaternKernel:
    kernel = MaternKernel(nu=2.5, ard_num_dims=len(lengthscales)).double()
    kernel.lengthscale = torch.as_tensor(lengthscales)
    return kernel
