"""An exact Gaussian process for one property."""

import warnings
from dataclasses import dataclass

import numpy as np
import torch
from botorch.exceptions.errors import ModelFittingError
from botorch.exceptions.warnings import OptimizationWarning
from botorch.fit import fit_gpytorch_mll
from botorch.models import SingleTaskGP
from botorch.models.transforms.outcome import Standardize
from botorch.utils.sampling import manual_seed
from gpytorch.kernels import LinearKernel, MaternKernel, ScaleKernel
from gpytorch.likelihoods import FixedNoiseGaussianLikelihood
from gpytorch.means import ZeroMean
from gpytorch.mlls import ExactMarginalLogLikelihood
from gpytorch.settings import min_variance
from linear_operator.utils.errors import NanError, NotPSDError
from linear_operator.utils.warnings import NumericalWarning
from numpy.typing import NDArray
from scipy.linalg import LinAlgError

from cathode.errors import FitError
from cathode.model import Prediction, TrainingData
from cathode.space import Space
from cathode.spec import GPSpec
from surrogates.gp.descriptors import descriptors
from surrogates.gp.likelihood import most_probable

FEWEST = 2
"""Values from which a fit is tried."""

LIKELIHOOD_TOLERANCE = 1e-6
"""Relative change of the likelihood at which a linear fit ends; 2e-9 takes thrice as long."""


@dataclass(frozen=True)
class FittedGP:
    """A Gaussian process that has learned one property.

    Attributes:
        name: name of the surrogate.
        model: the BoTorch model, one output over the coordinates of the space.
    """

    name: str
    model: SingleTaskGP

    def predict(self, X: NDArray[np.float64]) -> Prediction:
        """What new measurements at X, shape (n, d), would read, noise included."""
        # Not below a millionth of the data's spread; GPyTorch's own floor is absolute, which is
        # nonsense for properties whose unit makes their values small.
        floor = 1e-12 * float(self.model.outcome_transform.stdvs.square())
        with torch.no_grad(), min_variance(double_value=floor):
            posterior = self.model.posterior(torch.as_tensor(X), observation_noise=True)
            mean, sigma = posterior.mean.squeeze(-1), posterior.variance.sqrt().squeeze(-1)
        return Prediction(mean.numpy(), sigma.numpy())


class GPSurrogate:
    """An exact GP with dimension-scaled priors and an output scale.

    Length-scale and noise priors: Hvarfner, Hellsten, Nardi, "Vanilla Bayesian optimization
    performs great in high dimensions", ICML 2024. Where every measurement states its sigma, those
    are the noise; otherwise one noise level is learned for all. Three things are not BoTorch's:

    - The density to maximise is that of logarithms. Their prior's own density is greatest at a
      twentieth of the median length scale, where few data are far from everything else.
    - The output scale is learned: a search measures mostly what is good, so the spread of what
      was measured is not the spread of what was not.
    - The mean is that of the values, for few clustered ones say little of any other.
    """

    def __init__(self, spec: GPSpec, space: Space) -> None:
        self.spec = spec
        self.space = space
        self.name = spec.name

    def fit(self, data: TrainingData, seed: int) -> FittedGP:
        """Fit kernel, mean and noise by maximum a posteriori likelihood.

        Raises:
            FitError: too few values, or no starting point led to a fit.
        """
        if len(data) < FEWEST:
            msg = f"{data.property_name} has {len(data)} values: a GP needs {FEWEST}"
            raise FitError(msg)
        with manual_seed(seed), warnings.catch_warnings():
            # fit_gpytorch_mll itself tries again from other starts before it gives up.
            warnings.simplefilter("ignore", OptimizationWarning)
            # A stated sigma below a thousandth of the spread counts as that much.
            warnings.filterwarnings("ignore", "Very small noise", NumericalWarning)
            try:
                model = self._unfitted(data)
                fit = _fit_linear if self.spec.kernel == "linear" else _fit_matern
                fit(model)
            except (LinAlgError, ModelFittingError, NanError, NotPSDError) as error:
                what = f"{len(data)} values of {data.property_name}"
                msg = f"{self.name} could not be fitted to {what} ({error})"
                raise FitError(msg) from error
        model.eval()
        return FittedGP(self.name, model)

    def _unfitted(self, data: TrainingData) -> SingleTaskGP:
        X = torch.as_tensor(data.X)
        known = np.isfinite(data.sigma).all() and bool((data.sigma > 0).all())
        transform = descriptors(self.spec.descriptors, self.space)
        linear = self.spec.kernel == "linear"
        matern = MaternKernel(nu=2.5, ard_num_dims=transform.transform(X).shape[-1])
        return SingleTaskGP(
            X,
            torch.as_tensor(data.y).unsqueeze(-1),
            train_Yvar=torch.as_tensor(data.sigma**2).unsqueeze(-1) if known else None,
            covar_module=ScaleKernel(LinearKernel() if linear else matern),
            mean_module=None if linear else ZeroMean(),  # of standardised values
            input_transform=transform,
            outcome_transform=Standardize(m=1),
        )


def _fit_linear(model: SingleTaskGP) -> None:
    fit_gpytorch_mll(
        ExactMarginalLogLikelihood(model.likelihood, model),
        optimizer_kwargs={"options": {"ftol": LIKELIHOOD_TOLERANCE}},
    )


def _fit_matern(model: SingleTaskGP) -> None:
    (X,), likelihood = model.train_inputs, model.likelihood
    stated = isinstance(likelihood, FixedNoiseGaussianLikelihood)
    found = most_probable(
        model.transform_inputs(X).numpy(),
        model.train_targets.numpy(),
        likelihood.noise.numpy() if stated else None,
    )
    kernel = model.covar_module
    kernel.outputscale = found.outputscale
    kernel.base_kernel.lengthscale = torch.as_tensor(found.lengthscales)
    if found.noise is not None:
        likelihood.noise = found.noise
