"""GPs of earlier campaigns beside that of the results, weighted by how well each ranks them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from botorch.acquisition.objective import PosteriorTransform
from botorch.models import SingleTaskGP
from botorch.models.model import Model
from botorch.posteriors import GPyTorchPosterior
from gpytorch.distributions import MultivariateNormal
from gpytorch.likelihoods import FixedNoiseGaussianLikelihood
from numpy.typing import NDArray
from torch import Tensor, nn

from cathode.model import Prediction, TrainingData
from cathode.space import Space
from cathode.spec import GPSpec
from surrogates.gp.ranking import ranking_weights
from surrogates.gp.surrogate import FittedGP, GPSurrogate
from surrogates.gp.transfer import FEWEST


class RankedEnsemble(Model):
    """A normal posterior with the mean and the covariance of a weighted mixture of GPs.

    The source adds means with their weights and variances with the weights' squares, as if the
    members' errors were independent. Members that disagree are then taken for surer than any of
    them; the mixture is as unsure as its members and their disagreement make it.

    Args:
        members: GPs with one output over the same coordinates.
        weights: one of each, positive, sum one.
        widening: what the covariance of the mixture is multiplied with.
    """

    def __init__(
        self, members: Sequence[SingleTaskGP], weights: Sequence[float], widening: float = 1.0
    ) -> None:
        super().__init__()
        self.widening = widening
        self.members = nn.ModuleList(members)
        self.register_buffer("weights", torch.as_tensor(weights, dtype=torch.double))

    @property
    def num_outputs(self) -> int:
        """One."""
        return 1

    @property
    def batch_shape(self) -> torch.Size:
        """Of the members, which are told the same."""
        shape: torch.Size = self.members[0].batch_shape
        return shape

    def posterior(
        self,
        X: Tensor,
        output_indices: list[int] | None = None,  # noqa: ARG002 - there is one output
        observation_noise: bool | Tensor = False,  # noqa: FBT001, FBT002 - BoTorch's
        posterior_transform: PosteriorTransform | None = None,
    ) -> Any:
        """What the members expect at ``... x n x d``, taken together."""
        self.eval()
        parts = [m.posterior(X, observation_noise=observation_noise) for m in self.members]
        means = torch.stack([part.distribution.mean for part in parts])
        covariances = torch.stack([part.distribution.covariance_matrix for part in parts])
        weights = self.weights.reshape(-1, *[1] * (means.ndim - 1))
        mean = (weights * means).sum(dim=0)
        apart = means - mean
        spread = covariances + apart.unsqueeze(-1) * apart.unsqueeze(-2)
        covariance = self.widening * (weights.unsqueeze(-1) * spread).sum(dim=0)
        posterior = GPyTorchPosterior(MultivariateNormal(mean, covariance))
        return posterior if posterior_transform is None else posterior_transform(posterior)

    def condition_on_observations(self, X: Tensor, Y: Tensor, **kwargs: Any) -> "RankedEnsemble":
        """The ensemble with more results, which all members learn from; weights stay.

        Args:
            X: where, shape (n, d).
            Y: values in the property's unit, shape (n, 1).
            kwargs: BoTorch's, for the members.
        """
        told = [
            member.condition_on_observations(X, Y, **(_noise_at(member, X, Y) | kwargs))
            for member in self.members
        ]
        return RankedEnsemble(told, self.weights.tolist(), self.widening)


def _noise_at(member: SingleTaskGP, X: Tensor, Y: Tensor) -> dict[str, Tensor]:
    """The noise of a new value, standardised, where a member does not learn one."""
    if not isinstance(member.likelihood, FixedNoiseGaussianLikelihood):
        return {}
    with torch.no_grad():
        read, function = member.posterior(X, observation_noise=True), member.posterior(X)
        _, scaled = member.outcome_transform(Y, read.variance - function.variance)
    return {"noise": scaled}


@dataclass(frozen=True)
class FittedEnsemble:
    """An ensemble that has learned one property.

    Attributes:
        name: name of the surrogate.
        model: the BoTorch model, one output over the coordinates of the space.
        origins: the histories that have a weight, in the members' order; the results come last.
        target: the GP of the results.
    """

    name: str
    model: RankedEnsemble
    origins: tuple[str, ...]
    target: FittedGP

    @property
    def notes(self) -> tuple[str, ...]:
        """What is remarkable of the fit to the results."""
        return self.target.notes

    def predict(self, X: NDArray[np.float64]) -> Prediction:
        """What new measurements at X, shape (n, d), would read, noise included."""
        with torch.no_grad(), self.target.floored():
            # Each row by itself: together they would have a covariance matrix.
            posterior = self.model.posterior(torch.as_tensor(X)[:, None], observation_noise=True)
            mean, sigma = posterior.mean.flatten(), posterior.variance.sqrt().flatten()
        return Prediction(mean.numpy(), sigma.numpy())

    def told(self, X: Tensor, origin: str, draws: NDArray[np.float64]) -> None:
        """Nothing is learned of cheaper evaluators."""


class EnsembleSurrogate:
    """A ranking-weighted GP ensemble: each history has a GP, and so have the results.

    A member weighs as much as the chance that none ranks the results better. Source: Feurer,
    Letham, Bakshy, "Scalable meta-learning for Bayesian optimization using ranking-weighted
    Gaussian process ensembles", AutoML workshop at ICML 2018. Not the source's: values are not
    standardised by campaign, for all have the property's unit; and the covariance is the
    mixture's.

    Before there are two results nothing can be ranked: the model of all, whose prior says how far
    families differ, serves until then. Cheaper evaluators teach it nothing.
    """

    def __init__(self, spec: GPSpec, space: Space) -> None:
        self.name = spec.name
        self._alone = GPSurrogate(spec.model_copy(update={"transfer": "none"}), space)
        self._all = GPSurrogate(spec.model_copy(update={"transfer": "multitask"}), space)

    def fit(
        self, data: TrainingData, seed: int, widening: float = 1.0
    ) -> FittedGP | FittedEnsemble:
        """Fit the GP of each history and of the results, and weigh them.

        Where no history ranks the results well enough, the GP of the results is all there is.

        Raises:
            FitError: too few values, or a GP could not be fitted.
        """
        own = data.own
        if data.history and len(own.exact) < FEWEST:
            return replace(self._all.fit(data, seed, widening), name=self.name)
        target = self._alone.fit(own, seed)
        parts = {name: data.of(name) for name in sorted(data.history)}
        earlier = {
            name: self._alone.fit(part, seed)
            for name, part in parts.items()
            if len(part.exact) >= FEWEST
        }
        weights = ranking_weights(
            [fitted.model for fitted in earlier.values()],
            target.model,
            torch.as_tensor(own.X),
            own.y,
            np.flatnonzero(own.sides == 0),
            np.random.default_rng(seed),
        )
        kept = [name for name, weight in zip(earlier, weights[:-1], strict=True) if weight]
        if not kept:
            return replace(self._alone.fit(own, seed, widening), name=self.name)
        members = [earlier[name].model for name in kept]
        if weights[-1] > 0:
            members.append(target.model)
        model = RankedEnsemble(members, weights[weights > 0].tolist(), widening)
        return FittedEnsemble(self.name, model, tuple(kept), target)
