"""An exact Gaussian process for one property."""

import warnings
from dataclasses import dataclass, replace

import numpy as np
import torch
from botorch.exceptions.errors import ModelFittingError
from botorch.exceptions.warnings import OptimizationWarning
from botorch.fit import fit_gpytorch_mll
from botorch.models import SingleTaskGP
from botorch.models.transforms.input import InputTransform
from botorch.models.transforms.outcome import Standardize
from botorch.utils.sampling import manual_seed
from gpytorch.kernels import Kernel, LinearKernel, MaternKernel, ScaleKernel
from gpytorch.likelihoods import FixedNoiseGaussianLikelihood
from gpytorch.means import Mean, ZeroMean
from gpytorch.mlls import ExactMarginalLogLikelihood
from gpytorch.settings import min_variance
from linear_operator.utils.errors import NanError, NotPSDError
from linear_operator.utils.warnings import NumericalWarning
from numpy.typing import NDArray
from scipy.linalg import LinAlgError
from torch import Tensor

from cathode.errors import FitError
from cathode.model import Prediction, TrainingData
from cathode.space import Space
from cathode.spec import GPSpec
from surrogates.gp.descriptors import descriptors
from surrogates.gp.likelihood import most_probable
from surrogates.gp.origins import OriginGP, OriginKernel, WithOrigin, aligned, at_origin, numbered

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
        origins: other evaluators it has learned from, by their numbers from 1.
    """

    name: str
    model: SingleTaskGP
    origins: tuple[str, ...] = ()

    def predict(self, X: NDArray[np.float64]) -> Prediction:
        """What new measurements at X, shape (n, d), would read, noise included."""
        with torch.no_grad(), self._floored():
            posterior = self.model.posterior(torch.as_tensor(X), observation_noise=True)
            mean, sigma = posterior.mean.squeeze(-1), posterior.variance.sqrt().squeeze(-1)
        return Prediction(mean.numpy(), sigma.numpy())

    def told(self, X: Tensor, origin: str, draws: NDArray[np.float64]) -> list["FittedGP"] | None:
        """What would be known after answers of origin at X, shape (1, d), one for each draw."""
        if origin not in self.origins:
            return None
        number = 1 + self.origins.index(origin)
        at = at_origin(X, number)
        with torch.no_grad(), self._floored():
            read = self.model.posterior(at, observation_noise=True)
            # BoTorch standardises the values, and takes the noise as standardised already.
            noise = self.model.noises[number].expand(1, 1)
            answers = [read.mean + float(draw) * read.variance.sqrt() for draw in draws]
            models = [self.model.condition_on_observations(at, y, noise=noise) for y in answers]
        return [replace(self, model=model) for model in models]

    def _floored(self) -> min_variance:
        # Not below a millionth of the data's spread; GPyTorch's own floor is absolute, which is
        # nonsense for properties whose unit makes their values small.
        return min_variance(double_value=1e-12 * float(self.model.outcome_transform.stdvs.square()))


class GPSurrogate:
    """An exact GP with dimension-scaled priors and an output scale.

    Length-scale and noise priors: Hvarfner, Hellsten, Nardi, "Vanilla Bayesian optimization
    performs great in high dimensions", ICML 2024. Where every measurement states its sigma, those
    are the noise; otherwise one noise level is learned for all of an evaluator. Three things are
    not BoTorch's:

    - The density to maximise is that of logarithms. Their prior's own density is greatest at a
      twentieth of the median length scale, where few data are far from everything else.
    - The output scale is learned: a search measures mostly what is good, so the spread of what
      was measured is not the spread of what was not.
    - The mean is that of the values, for few clustered ones say little of any other.

    With the Matérn kernel it learns from cheaper evaluators, too; with the linear one it does not.
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
        if len(data.own) < FEWEST:
            msg = f"{data.property_name} has {len(data.own)} values: a GP needs {FEWEST}"
            raise FitError(msg)
        with manual_seed(seed), warnings.catch_warnings():
            # fit_gpytorch_mll itself tries again from other starts before it gives up.
            warnings.simplefilter("ignore", OptimizationWarning)
            # A stated sigma below a thousandth of the spread counts as that much.
            warnings.filterwarnings("ignore", "Very small noise", NumericalWarning)
            try:
                fitted = self._fitted(data)
            except (LinAlgError, ModelFittingError, NanError, NotPSDError) as error:
                what = f"{len(data)} values of {data.property_name}"
                msg = f"{self.name} could not be fitted to {what} ({error})"
                raise FitError(msg) from error
        fitted.model.eval()
        return fitted

    def _fitted(self, data: TrainingData) -> FittedGP:
        transform = descriptors(self.spec.descriptors, self.space)
        if self.spec.kernel == "linear":
            return FittedGP(self.name, _linear(data.own, transform))
        if data.origins:
            return FittedGP(self.name, _of_origins(data, transform), numbered(data)[0])
        return FittedGP(self.name, _matern(data, transform))


def _linear(data: TrainingData, transform: InputTransform) -> SingleTaskGP:
    model = _single(data, transform, ScaleKernel(LinearKernel()), None)
    fit_gpytorch_mll(
        ExactMarginalLogLikelihood(model.likelihood, model),
        optimizer_kwargs={"options": {"ftol": LIKELIHOOD_TOLERANCE}},
    )
    return model


def _matern(data: TrainingData, transform: InputTransform) -> SingleTaskGP:
    dimensions = transform.transform(torch.as_tensor(data.X)).shape[-1]
    kernel = ScaleKernel(MaternKernel(nu=2.5, ard_num_dims=dimensions))
    model = _single(data, transform, kernel, ZeroMean())  # of standardised values
    (X,), likelihood = model.train_inputs, model.likelihood
    stated = isinstance(likelihood, FixedNoiseGaussianLikelihood)
    found = most_probable(
        model.transform_inputs(X).numpy(),
        model.train_targets.numpy(),
        likelihood.noise.numpy() if stated else None,
    )
    kernel.outputscale = found.outputscale
    kernel.base_kernel.lengthscale = torch.as_tensor(found.lengthscales)
    if found.noise is not None:
        likelihood.noise = float(found.noise[0])
    return model


def _single(
    data: TrainingData, transform: InputTransform, kernel: Kernel, mean: Mean | None
) -> SingleTaskGP:
    return SingleTaskGP(
        torch.as_tensor(data.X),
        torch.as_tensor(data.y).unsqueeze(-1),
        train_Yvar=torch.as_tensor(data.sigma**2).unsqueeze(-1) if _stated(data) else None,
        covar_module=kernel,
        mean_module=mean,
        input_transform=transform,
        outcome_transform=Standardize(m=1),
    )


def _of_origins(data: TrainingData, transform: InputTransform) -> OriginGP:
    """A model of all evaluators' answers together."""
    data, (_, origin) = aligned(data), numbered(data)
    X = torch.as_tensor(data.X)
    places = transform.transform(X).numpy()
    spread = data.y.std(ddof=1) or 1.0
    stated = (data.sigma / spread) ** 2 if _stated(data) else None
    found = most_probable(places, (data.y - data.y.mean()) / spread, stated, origin)
    if stated is None and found.noise is not None:
        noises = found.noise
        noise = noises[origin]
    else:
        noise = np.asarray(stated)
        noises = np.array([noise[origin == i].mean() for i in range(origin.max() + 1)])
    kernel = ScaleKernel(MaternKernel(nu=2.5, ard_num_dims=places.shape[1]))
    kernel.outputscale = found.outputscale
    kernel.base_kernel.lengthscale = torch.as_tensor(found.lengthscales)
    model = OriginGP(
        torch.cat([X, torch.as_tensor(origin, dtype=X.dtype).unsqueeze(-1)], dim=-1),
        torch.as_tensor(data.y).unsqueeze(-1),
        train_Yvar=torch.as_tensor(noise * spread**2).unsqueeze(-1),
        covar_module=OriginKernel(kernel, torch.as_tensor(found.relation), found.local),
        mean_module=ZeroMean(),
        input_transform=WithOrigin(transform, X.shape[-1]),
        outcome_transform=Standardize(m=1),
    )
    model.register_buffer("noises", torch.as_tensor(noises))
    return model


def _stated(data: TrainingData) -> bool:
    """Whether every value states its uncertainty."""
    return bool(np.isfinite(data.sigma).all() and (data.sigma > 0).all())
