"""A GP that learns from several evaluators: each answers the wanted property in its own way."""

from dataclasses import replace
from typing import Any

import numpy as np
import torch
from botorch.models import SingleTaskGP
from botorch.models.transforms.input import InputTransform
from gpytorch.kernels import Kernel
from numpy.typing import NDArray
from torch import Tensor, nn

from cathode.model import TrainingData
from surrogates.gp.exact import KnownNoiseGP

SAME = 1e-5
"""Descriptors nearer than this are of one place; computed distances are not quite zero."""

FEWEST_SHARED = 3
"""Candidates that two evaluators answered, from which their spreads are compared."""


class OriginGP(KnownNoiseGP):
    """Takes coordinates, or coordinates and a last column with the number of an origin.

    Without that column it answers for the property itself, as any model does.
    """

    def _new_noise(self, X: Tensor) -> Tensor:
        return self.noises[X[..., -1].long()].unsqueeze(-1)

    def condition_on_observations(self, X: Tensor, Y: Tensor, **kwargs: Any) -> SingleTaskGP:
        """The model with more values, of the property itself where X has no origins."""
        given = X.shape[-1] > self.input_transform.dimensions
        return super().condition_on_observations(X if given else at_origin(X, 0), Y, **kwargs)


def at_origin(X: Tensor, number: int) -> Tensor:
    """Coordinates ``... x d`` with the number of an origin, ``... x (d + 1)``."""
    return torch.cat([X, torch.full_like(X[..., :1], number)], dim=-1)


class WithOrigin(InputTransform, nn.Module):
    """Descriptors of the coordinates beside the number of the origin, 0 where none is given."""

    def __init__(self, inner: InputTransform, dimensions: int) -> None:
        super().__init__()
        self.transform_on_train = self.transform_on_eval = self.transform_on_fantasize = True
        self.inner, self.dimensions = inner, dimensions

    def transform(self, X: Tensor) -> Tensor:
        """Turn ``... x n x d`` or ``... x n x (d + 1)`` into ``... x n x (descriptors + 1)``."""
        inner = self.inner.transform(X[..., : self.dimensions])
        given = X.shape[-1] > self.dimensions
        origin = X[..., -1:] if given else torch.zeros_like(X[..., :1])
        return torch.cat([inner, origin], dim=-1)


class OriginKernel(Kernel):
    """Covariance of places, and what each has to itself, times the relation of their origins.

    Args:
        base: kernel of the descriptors.
        relation: covariance of the functions of two origins, shape (k, k).
        local: variance of what a place has to itself.
    """

    def __init__(self, base: Kernel, relation: Tensor, local: float) -> None:
        super().__init__()
        self.base, self.local = base, local
        self.register_buffer("relation", relation)

    def forward(self, x1: Tensor, x2: Tensor, diag: bool = False, **params: Any) -> Any:  # noqa: FBT001, FBT002 - GPyTorch's
        """Covariance of ``... x n`` with ``... x m`` places, or of each with itself."""
        places = self.base(x1[..., :-1], x2[..., :-1], diag=diag, **params)
        one, other = x1[..., -1].long(), x2[..., -1].long()
        near = self.covar_dist(x1[..., :-1].detach(), x2[..., :-1].detach(), diag=diag) < SAME
        if diag:
            return (places + self.local * near) * self.relation[one, other]
        relation = self.relation[one.unsqueeze(-1), other.unsqueeze(-2)]
        return (places.to_dense() + self.local * near) * relation


def numbered(data: TrainingData) -> tuple[tuple[str, ...], NDArray[np.intp]]:
    """Names of the other origins in order, and the number of each value's, shape (n,)."""
    names = tuple(sorted({origin for origin in data.origins if origin is not None}))
    numbers = {None: 0, **{name: i for i, name in enumerate(names, 1)}}
    every = data.origins or (None,) * len(data)
    return names, np.array([numbers[origin] for origin in every], dtype=np.intp)


def aligned(data: TrainingData) -> TrainingData:
    """The data with the answers of cheaper evaluators brought to place and spread of the results.

    By candidates that both answered, where there are some; by all they answered where not. What
    remains, bias that depends on the candidate, is for the model to learn. The history stays as it
    is: it was measured as results are, and of other candidates, which may well be better or worse.
    """
    if not data.origins:
        return data
    y, sigma = data.y.copy(), data.sigma.copy()
    own = _means(data, None)
    for name in sorted({*numbered(data)[0]} - {*data.history}):
        rows = np.flatnonzero([origin == name for origin in data.origins])
        theirs = _means(data, name)
        shared = sorted(set(own) & set(theirs))
        if not theirs:  # bounds alone: nothing says how they read
            continue
        ours = np.array([own[group] for group in shared or own])
        others = np.array([theirs[group] for group in shared or theirs])
        scale = 1.0
        if len(shared) >= FEWEST_SHARED and others.std() > 0 and ours.std() > 0:
            scale = float(ours.std() / others.std())
        y[rows] = ours.mean() + scale * (y[rows] - others.mean())
        sigma[rows] *= scale
    return replace(data, y=y, sigma=sigma)


def _means(data: TrainingData, origin: str | None) -> dict[str, float]:
    """Mean exact answer of an origin by candidate."""
    data = data.exact
    answers: dict[str, list[float]] = {}
    for group, value, each in zip(data.groups, data.y, data.origins, strict=True):
        if each == origin:
            answers.setdefault(group, []).append(value)
    return {group: float(np.mean(values)) for group, values in answers.items()}
