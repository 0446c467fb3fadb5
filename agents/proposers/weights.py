"""What an improvement is worth: times the chance that it can be made, per what it costs."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from botorch.acquisition import AcquisitionFunction
from botorch.models.model import Model
from torch import Tensor
from torch.distributions import Normal

from cathode.errors import SpecError
from cathode.space import SearchSpace, Space
from cathode.spec.proposer import CostSpec

LEAST_CHANCE = 0.02
"""No candidate is given up for less chance of success than this: failures may be mended."""

LEAST_COST = 1e-6

SAME = 1e-9
"""Coordinates nearer than this are equal."""

TINIEST = 1e-30
"""Chances below this count as this, so that their logarithms compare."""

LogWeight = Callable[[Tensor], Tensor]
"""Logarithm of a weight ``b`` of points ``b x 1 x d``."""


class Weighted(AcquisitionFunction):
    """A logarithmic acquisition with logarithms of weights added."""

    def __init__(self, inner: AcquisitionFunction, weights: Sequence[LogWeight]) -> None:
        super().__init__(inner.model)
        self.inner, self.weights = inner, list(weights)

    def set_X_pending(self, X_pending: Tensor | None = None) -> None:  # noqa: N802 - BoTorch's
        """Hand pending points on."""
        self.inner.set_X_pending(X_pending)

    def forward(self, X: Tensor) -> Tensor:
        """Values ``b`` of points ``b x 1 x d``."""
        value = self.inner(X)
        for weight in self.weights:
            value = value + weight(X)
        return value


def chance_of_success(model: Model) -> LogWeight:
    """Log of the expected share of successes, by a model of 1 for success and 0 for failure."""

    def weight(X: Tensor) -> Tensor:
        return model.posterior(X).mean.clamp(LEAST_CHANCE, 1.0).log().reshape(X.shape[:-2])

    return weight


def chance_within(model: Model, low: float | None, high: float | None) -> LogWeight:
    """Log of the chance that a property lies within bounds."""

    def weight(X: Tensor) -> Tensor:
        posterior = model.posterior(X)
        spread = Normal(posterior.mean, posterior.variance.sqrt())
        chance = torch.ones_like(posterior.mean)
        if high is not None:
            chance = spread.cdf(torch.full_like(chance, high))
        if low is not None:
            chance = chance - spread.cdf(torch.full_like(chance, low))
        return chance.clamp_min(TINIEST).log().reshape(X.shape[:-2])

    return weight


def per_cost(spec: CostSpec, space: Space) -> LogWeight:
    """Less the log of what an experiment costs.

    Raises:
        SpecError: the spec names what is no coordinate of the space.
    """
    weights = torch.zeros(len(space.coordinates), dtype=torch.double)
    for name, each in spec.terms.items():
        if name not in space.coordinates:
            msg = f"proposer.cost names {name!r}: known are {', '.join(space.coordinates)}"
            raise SpecError(msg)
        weights[space.coordinates.index(name)] = each

    exists = _existing(space, list(spec.terms))

    def weight(X: Tensor) -> Tensor:
        cost = spec.base + (X * exists(X) * weights).sum(dim=-1)
        return -cost.clamp_min(LEAST_COST).log().squeeze(-1)

    return weight


def _existing(space: Space, names: Sequence[str]) -> Callable[[Tensor], Tensor]:
    """Which coordinates stand for a variable that exists, 1 or 0: what does not costs nothing."""
    tests = []
    if isinstance(space, SearchSpace):
        for variable in space.variables.every:
            if variable.parent is not None and variable.name in names:
                parent = space.variables.every[variable.parent]
                place = space.coordinates.index(variable.columns[0])
                columns = [space.coordinates.index(name) for name in parent.columns]
                levels = np.array(sorted(variable.when))
                wanted = torch.as_tensor(parent.coordinates(levels))
                tests.append((place, columns, wanted))

    def exists(X: Tensor) -> Tensor:
        found = torch.ones_like(X)
        for place, columns, wanted in tests:
            apart = (X[..., columns].unsqueeze(-2) - wanted).abs().amax(dim=-1)
            found[..., place] = (apart < SAME).any(dim=-1).to(X.dtype)
        return found

    return exists
