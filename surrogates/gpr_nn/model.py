"""GPR-NN as a BoTorch model: acquisitions differentiate it, draw from it, believe in values."""

from typing import Any

import numpy as np
import torch
from botorch.acquisition.objective import PosteriorTransform
from botorch.models.transforms.input import InputTransform
from botorch.posteriors import GPyTorchPosterior
from botorch.sampling.pathwise.posterior_samplers import DrawMatheronPaths
from gpytorch.distributions import MultivariateNormal
from torch import Tensor

from surrogates.gpr_nn.regression import AdditiveRegression
from surrogates.one_output import OneOutputModel, refuse_other_outputs


class AdditiveModel(OneOutputModel):
    """One output over the coordinates of a space.

    Args:
        regression: learned from standardised values at transformed places.
        descriptors: turns coordinates into the places it was learned at.
        location: mean of the values.
        scale: their standard deviation.
        noise: variance of a new standardised value about the function.
    """

    def __init__(
        self,
        regression: AdditiveRegression,
        descriptors: InputTransform,
        location: float,
        scale: float,
        noise: float,
    ) -> None:
        super().__init__()
        self.regression, self.descriptors = regression, descriptors
        self.location, self.scale, self.noise = location, scale, noise

    def posterior(
        self,
        X: Tensor,
        output_indices: list[int] | None = None,
        observation_noise: bool | Tensor = False,  # noqa: FBT001, FBT002 - BoTorch's
        posterior_transform: PosteriorTransform | None = None,
    ) -> GPyTorchPosterior:
        """Joint normal distribution of the values at places ``... x q x d``.

        Raises:
            ValueError: another output than the first is wanted.
        """
        refuse_other_outputs(output_indices)
        learned = self.regression
        phi = learned.features(self.descriptors(X))
        mean = phi @ learned.weights + learned.offset
        root = learned.whitened(phi) * (learned.amplitude * learned.noise) ** 0.5
        alone = learned.amplitude * learned.unspanned(phi)
        if isinstance(observation_noise, Tensor):
            alone = alone + observation_noise.squeeze(-1)
        elif observation_noise:
            alone = alone + self.noise
        covariance = root @ root.transpose(-1, -2) + torch.diag_embed(alone)
        posterior = GPyTorchPosterior(
            MultivariateNormal(
                self.location + self.scale * mean, self.scale**2 * covariance, validate_args=False
            )
        )
        return posterior if posterior_transform is None else posterior_transform(posterior, X)

    def condition_on_observations(self, X: Tensor, Y: Tensor, **_: Any) -> "AdditiveModel":
        """The model with more values, shape (n, 1), at places (n, d): rank-one updates.

        Raises:
            NotImplementedError: there are batches of places or values.
        """
        if X.dim() != 2 or Y.dim() != 2:  # noqa: PLR2004 - a matrix
            msg = f"X of shape {tuple(X.shape)}: GPR-NN takes no batches of new values"
            raise NotImplementedError(msg)
        with torch.no_grad():
            places = self.descriptors(X).numpy()
            values = ((Y.squeeze(-1) - self.location) / self.scale).numpy()
        learned = self.regression
        relative = np.full(len(values), self.noise / (learned.amplitude * learned.noise))
        more = learned.updated(places, values, relative)
        model = AdditiveModel(more, self.descriptors, self.location, self.scale, self.noise)
        return model.eval()

    def drawn(self) -> Tensor:
        """Weights drawn from their posterior, shape (F,); torch's generator is the source."""
        learned = self.regression
        white = torch.randn(len(learned.weights), 1).double()
        step = torch.linalg.solve_triangular(learned.factor.T, white, upper=True).squeeze(-1)
        return learned.weights + (learned.amplitude * learned.noise) ** 0.5 * step


@DrawMatheronPaths.register(AdditiveModel)
def _path(model: AdditiveModel, **_: Any) -> Any:
    """One function drawn from the posterior: here of a finite number of weights, so exact."""
    weights = model.drawn()

    def path(X: Tensor) -> Tensor:
        phi = model.regression.features(model.descriptors(X))
        return model.location + model.scale * (phi @ weights + model.regression.offset)

    return path
