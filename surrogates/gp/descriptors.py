"""Descriptors of a composition as differentiable transforms of its fractions."""

from typing import Literal

import torch
from botorch.models.transforms.input import InputTransform
from torch import Tensor, nn

from cathode.errors import SpecError
from cathode.physics.descriptors import element_table
from cathode.space import SearchSpace, Space


class Fractions(InputTransform, nn.Module):
    """Coordinates, which are fractions mostly, scaled to the unit cube by the space's bounds."""

    def __init__(self, space: Space) -> None:
        super().__init__()
        self.transform_on_train = self.transform_on_eval = self.transform_on_fantasize = True
        low, high = torch.as_tensor(space.bounds)
        self.register_buffer("low", low)
        self.register_buffer("width", torch.where(high > low, high - low, torch.ones_like(low)))

    def transform(self, X: Tensor) -> Tensor:
        """Scale coordinates ``... x n x d`` to ``... x n x d``."""
        return (X - self.low) / self.width


class ElementStatistics(InputTransform, nn.Module):
    """Mean and variance of element properties over the mixing site, each scaled to [0, 1].

    The composition-weighted statistics of Magpie (Ward et al., npj Comput. Mater. 2, 16028
    (2016)), without those that jump when an element appears, so that gradients exist.
    """

    def __init__(self, space: SearchSpace) -> None:
        super().__init__()
        self.transform_on_train = self.transform_on_eval = self.transform_on_fantasize = True
        table = torch.as_tensor(element_table(space.elements))
        low, high = table.amin(0), table.amax(0)
        width = torch.where(high > low, high - low, torch.ones_like(low))
        self.register_buffer("table", (table - low) / width)

    def transform(self, X: Tensor) -> Tensor:
        """Turn coordinates ``... x n x d`` into statistics ``... x n x 2p`` of p properties."""
        mean = X @ self.table
        variance = X @ self.table.square() - mean.square()
        return torch.cat([mean, 4 * variance], dim=-1)  # a variance in [0, 1] is at most 1/4


def descriptors(kind: Literal["fractions", "elements"], space: Space) -> InputTransform:
    """The transform a spec asks for.

    Raises:
        SpecError: statistics of elements are wanted of a space that has none.
    """
    if kind == "fractions":
        return Fractions(space)
    if not isinstance(space, SearchSpace):
        msg = "descriptors='elements' need a space of compositions: use 'fractions' for a pool"
        raise SpecError(msg)
    return ElementStatistics(space)
