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
from botorch.models.utils.gpytorch_modules import get_covar_module_with_dim_scaled_prior
from botorch.utils.sampling import manual_seed
from gpytorch.kernels import Kernel, LinearKernel, ScaleKernel
from gpytorch.mlls import ExactMarginalLogLikelihood
from gpytorch.settings import min_variance
from linear_operator.utils.errors import NanError, NotPSDError
from numpy.typing import NDArray

from cathode.errors import FitError
from cathode.model import Prediction, TrainingData
from cathode.space import Space
from cathode.spec import GPSpec
from surrogates.gp.descriptors import descriptors

FEWEST = 2
"""Values from which a fit is tried."""

LIKELIHOOD_TOLERANCE = 1e-6
"""Relative change of the likelihood at which a fit ends; SciPy's 2e-9 takes thrice as long."""


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
    """An exact GP with BoTorch's dimension-scaled priors.

    Priors: Hvarfner, Hellsten, Nardi, "Vanilla Bayesian optimization performs great in high
    dimensions", ICML 2024. Where every measurement states its sigma, those are the noise;
    otherwise one noise level is learned for all.
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
        X = torch.as_tensor(data.X)
        y = torch.as_tensor(data.y).unsqueeze(-1)
        known = np.isfinite(data.sigma).all() and bool((data.sigma > 0).all())
        transform = descriptors(self.spec.descriptors, self.space)
        with manual_seed(seed), warnings.catch_warnings():
            # fit_gpytorch_mll itself tries again from other starts before it gives up.
            warnings.simplefilter("ignore", OptimizationWarning)
            try:
                model = SingleTaskGP(
                    X,
                    y,
                    train_Yvar=torch.as_tensor(data.sigma**2).unsqueeze(-1) if known else None,
                    covar_module=self._kernel(transform.transform(X).shape[-1]),
                    input_transform=transform,
                    outcome_transform=Standardize(m=1),
                )
                fit_gpytorch_mll(
                    ExactMarginalLogLikelihood(model.likelihood, model),
                    optimizer_kwargs={"options": {"ftol": LIKELIHOOD_TOLERANCE}},
                )
            except (ModelFittingError, NanError, NotPSDError) as error:
                what = f"{len(data)} values of {data.property_name}"
                msg = f"{self.name} could not be fitted to {what} ({error})"
                raise FitError(msg) from error
        model.eval()
        return FittedGP(self.name, model)

    def _kernel(self, dimensions: int) -> Kernel:
        if self.spec.kernel == "linear":
            return ScaleKernel(LinearKernel())
        return get_covar_module_with_dim_scaled_prior(ard_num_dims=dimensions, use_rbf_kernel=False)
