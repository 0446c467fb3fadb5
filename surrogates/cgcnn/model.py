"""An ensemble as a BoTorch model: acquisitions differentiate it, draw from it, believe values."""

import hashlib
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from botorch.acquisition.objective import PosteriorTransform
from botorch.posteriors import GPyTorchPosterior
from botorch.sampling.pathwise.posterior_samplers import DrawMatheronPaths
from gpytorch.distributions import MultivariateNormal
from linear_operator import to_linear_operator
from torch import Tensor

from surrogates.cgcnn.places import Reader
from surrogates.one_output import OneOutputModel, refuse_other_outputs


@dataclass(frozen=True, eq=False)
class Prior:
    """What an ensemble says at places ``... x q``, before values are believed in.

    Attributes:
        mean: mean of the members, shape ``... x q``.
        shared: directions in which places vary together, shape ``... x q x members``.
        alone: standard deviation of what each crystal has to itself, shape ``... x q``.
        noise: variance of a measurement's noise, shape ``... x q``.
    """

    mean: Tensor
    shared: Tensor
    alone: Tensor
    noise: Tensor

    @property
    def variance(self) -> Tensor:
        """Of the function at each place, shape ``... x q``."""
        return self.shared.square().sum(dim=-1) + self.alone.square()

    def covariance(self, other: "Prior", same: Tensor) -> Tensor:
        """Of these places with others; ``same`` is true for equal crystals, ``... x q x p``."""
        alone = self.alone.unsqueeze(-1) * other.alone.unsqueeze(-2)
        return self.shared @ other.shared.transpose(-1, -2) + alone * same


@dataclass(frozen=True, eq=False)
class Believed:
    """Values that the model knows beside those that the networks learned from.

    Attributes:
        X: places, shape (c, d).
        y: values, shape (c,).
        prior: of these places.
        root: lower Cholesky factor of the covariance of the values, shape (c, c).
    """

    X: Tensor
    y: Tensor
    prior: Prior
    root: Tensor

    def weights(self, y: Tensor) -> Tensor:
        """Inverse covariance times values less their mean."""
        off = (y - self.prior.mean).unsqueeze(-1)
        return torch.cholesky_solve(off, self.root).squeeze(-1)


class EnsembleModel(OneOutputModel):
    """One output over the coordinates of a space: a normal distribution of functions.

    Its mean is that of the members; its covariance is that of their differences, of finite rank,
    but for a share of each variance, which every crystal has to itself. That share is one over the
    number of members: so much they seem to agree by chance (the mean square of the correlation of
    independent numbers, of which there are as many as members, is one over their number less one),
    and it keeps a few believed values from settling all others. New values condition the
    distribution in closed form, as a Gaussian process; the networks stay.

    Args:
        reader: values of the members and variance of the noise at places, ``... x (members + 1)``.
        columns: coordinates that tell a crystal.
        members: how many.
        widening: what variances are multiplied with.
        floor: variance that each crystal has to itself at least, before that.
        believed: more values.
    """

    def __init__(
        self,
        reader: Reader,
        columns: tuple[int, ...],
        members: int,
        widening: float,
        floor: float,
        believed: Believed | None = None,
    ) -> None:
        super().__init__()
        self.reader, self.columns, self.members = reader, list(columns), members
        self.widening, self.floor, self.believed = widening, floor, believed

    def prior(self, X: Tensor) -> Prior:
        """What the ensemble says at places ``... x q x d``."""
        found = self.reader(X)
        values, noise = found[..., :-1], found[..., -1]
        mean = values.mean(dim=-1)
        apart = (values - mean.unsqueeze(-1)) / max(self.members - 1, 1) ** 0.5
        apart = apart * self.widening**0.5
        share = 1 / self.members
        alone = share * apart.square().sum(dim=-1) + self.widening * self.floor
        return Prior(mean, (1 - share) ** 0.5 * apart, alone.sqrt(), self.widening * noise)

    def same(self, X: Tensor, other: Tensor) -> Tensor:
        """Whether places ``... x q x d`` and others ``... x p x d`` have equal crystals."""
        rows = torch.cat([X.flatten(0, -2), other.flatten(0, -2)]).detach()[:, self.columns]
        number = torch.unique(rows, dim=0, return_inverse=True)[1]
        one, two = number.split([X.shape[:-1].numel(), other.shape[:-1].numel()])
        return one.reshape(X.shape[:-1]).unsqueeze(-1) == two.reshape(other.shape[:-1]).unsqueeze(
            -2
        )

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
        prior = self.prior(X)
        mean, covariance = prior.mean, prior.covariance(prior, self.same(X, X))
        if (known := self.believed) is not None:
            cross = prior.covariance(known.prior, self.same(X, known.X))
            mean = mean + cross @ known.weights(known.y)
            white = torch.linalg.solve_triangular(known.root, cross.transpose(-1, -2), upper=False)
            covariance = covariance - white.transpose(-1, -2) @ white
        if isinstance(observation_noise, Tensor):
            covariance = covariance + torch.diag_embed(observation_noise.squeeze(-1))
        elif observation_noise:
            covariance = covariance + torch.diag_embed(prior.noise)
        # Lazily: equal crystals make it singular, and most callers want no Cholesky factor of it.
        normal = MultivariateNormal(mean, to_linear_operator(covariance))
        posterior = GPyTorchPosterior(normal)
        return posterior if posterior_transform is None else posterior_transform(posterior, X)

    def condition_on_observations(
        self, X: Tensor, Y: Tensor, noise: Tensor | None = None, **_: Any
    ) -> "EnsembleModel":
        """The model with more values.

        Args:
            X: places, shape (n, d).
            Y: values, shape (n, 1).
            noise: variances of their noise, shape (n, 1); if None, what the members predict.

        Raises:
            NotImplementedError: there are batches of places or values.
            ValueError: the noise is not of the values' shape.
        """
        if X.dim() != 2 or Y.dim() != 2:  # noqa: PLR2004 - a matrix
            msg = f"X of shape {tuple(X.shape)}: CGCNN takes no batches of new values"
            raise NotImplementedError(msg)
        if noise is not None and noise.shape != Y.shape:
            msg = (
                f"noise of shape {tuple(noise.shape)}: give a variance per value, {tuple(Y.shape)}"
            )
            raise ValueError(msg)
        y, known = Y.squeeze(-1), self.believed
        if known is not None:
            X, y = torch.cat([known.X, X]), torch.cat([known.y, y])
        with torch.no_grad():
            prior = self.prior(X)
            earlier = prior.noise[:0] if known is None else known.prior.noise
            new = prior.noise[len(earlier) :] if noise is None else noise.squeeze(-1)
            prior = replace(prior, noise=torch.cat([earlier, new]))
            covariance = prior.covariance(prior, self.same(X, X)) + torch.diag(prior.noise)
            known = Believed(X, y, prior, torch.linalg.cholesky(covariance))
        return EnsembleModel(
            self.reader, tuple(self.columns), self.members, self.widening, self.floor, known
        ).eval()

    def own_parts(self, X: Tensor, seed: int) -> Tensor:
        """Standard normal numbers of the crystals at ``... x d``: always the same of each."""
        rows = X.detach().flatten(0, -2)[:, self.columns] + 0.0
        different, which = torch.unique(rows, dim=0, return_inverse=True)
        drawn = [_normal(seed, row.tobytes()) for row in different.numpy()]
        return torch.tensor(drawn, dtype=X.dtype)[which].reshape(X.shape[:-1])


def _normal(seed: int, content: bytes) -> float:
    digest = hashlib.sha256(seed.to_bytes(8, "big") + content).digest()
    return float(np.random.default_rng(int.from_bytes(digest, "big")).standard_normal())


@DrawMatheronPaths.register(EnsembleModel)
def _path(model: EnsembleModel, **_: Any) -> Any:
    """One function drawn from the prior, moved by what it lacks of the believed values: exact."""
    weights = torch.randn(model.members).double()
    seed = int(torch.randint(2**62, ()))

    def drawn(X: Tensor, prior: Prior) -> Tensor:
        return prior.mean + prior.shared @ weights + prior.alone * model.own_parts(X, seed)

    if (known := model.believed) is not None:
        read = drawn(known.X, known.prior) + known.prior.noise.sqrt() * torch.randn(len(known.y))
        # Their weights count from the prior's mean: what is lacking is added to it.
        moved = known.weights(known.prior.mean + known.y - read)

    def path(X: Tensor) -> Tensor:
        prior = model.prior(X)
        if known is None:
            return drawn(X, prior)
        cross = prior.covariance(known.prior, model.same(X, known.X))
        return drawn(X, prior) + cross @ moved

    return path
