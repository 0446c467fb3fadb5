"""Descriptors of a composition as differentiable transforms of its fractions."""

from typing import Literal

import numpy as np
import torch
from botorch.models.transforms.input import InputTransform
from numpy.typing import NDArray
from torch import Tensor, nn

from cathode.errors import SpecError
from cathode.physics.descriptors import ELEMENT_TABLES
from cathode.physics.prototypes import MIXING_SITE
from cathode.space import SearchSpace, Space


class Descriptors(InputTransform, nn.Module):
    """Places in the unit cube.

    Attributes:
        scales: number of the length scale of each column, shape (columns,); the columns that stand
            for the categories of one variable share one.
        categories: all columns that stand for categories.
    """

    scales: NDArray[np.intp]
    categories: NDArray[np.intp]


class Fractions(Descriptors):
    """Coordinates, which are fractions mostly, scaled to the unit cube by the space's bounds.

    Args:
        space: what is searched.
        also: rows that the cube is to hold, too, shape (n, d).
    """

    def __init__(self, space: Space, also: NDArray[np.float64] | None = None) -> None:
        super().__init__()
        self.transform_on_train = self.transform_on_eval = self.transform_on_fantasize = True
        held = space.bounds if also is None else np.concatenate([space.bounds, also])
        low, high = torch.as_tensor(held.min(axis=0)), torch.as_tensor(held.max(axis=0))
        self.register_buffer("low", low)
        self.register_buffer("width", torch.where(high > low, high - low, torch.ones_like(low)))
        first = np.arange(len(space.coordinates))
        for columns in space.categories:
            first[list(columns)] = columns[0]
        self.scales = np.unique(first, return_inverse=True)[1]
        self.categories = np.array([i for columns in space.categories for i in columns], dtype=int)

    def transform(self, X: Tensor) -> Tensor:
        """Scale coordinates ``... x n x d`` to ``... x n x d``."""
        return (X - self.low) / self.width


class ElementStatistics(Descriptors):
    """Mean and variance of element properties over the metal site, each scaled to [0, 1].

    Properties in which the elements of the space do not differ are left out.

    The composition-weighted statistics of Magpie (Ward et al., npj Comput. Mater. 2, 16028
    (2016)), without those that jump when an element appears, so that gradients exist. Fractions
    on other sites and process variables stay as they are, scaled by their bounds.

    Args:
        space: what is searched.
        table: properties of its elements, shape (elements, p).
        also: rows that the others' bounds are to hold, too, shape (n, d).
    """

    def __init__(
        self,
        space: SearchSpace,
        table: NDArray[np.float64],
        also: NDArray[np.float64] | None = None,
    ) -> None:
        super().__init__()
        self.transform_on_train = self.transform_on_eval = self.transform_on_fantasize = True
        low, width = table.min(axis=0), np.ptp(table, axis=0)
        differ = width > 0
        self.register_buffer("table", torch.as_tensor(((table - low)[:, differ]) / width[differ]))
        self.metals = space.columns_of(MIXING_SITE)
        every = range(len(space.coordinates))
        self.others = [i for i in every if i not in every[self.metals]]
        self.scaled = Fractions(space, also)
        own = np.arange(2 * np.count_nonzero(differ))
        _, others = np.unique(self.scaled.scales[self.others], return_inverse=True)
        self.scales = np.concatenate([own, len(own) + others])
        is_category = np.isin(self.others, self.scaled.categories)
        self.categories = len(own) + np.flatnonzero(is_category)

    def transform(self, X: Tensor) -> Tensor:
        """Turn coordinates ``... x n x d`` into statistics of p properties and the other columns.

        Their shape is ``... x n x (2 p + others)``.
        """
        metals = X[..., self.metals]
        mean = metals @ self.table
        variance = metals @ self.table.square() - mean.square()
        others = self.scaled.transform(X)[..., self.others]
        # A variance in [0, 1] is at most 1/4.
        return torch.cat([mean, 4 * variance, others], dim=-1)


def descriptors(
    kind: Literal["fractions", "elements", "magpie"],
    space: Space,
    also: NDArray[np.float64] | None = None,
) -> Descriptors:
    """The transform a spec asks for.

    Args:
        kind: what descriptors.
        space: what is searched.
        also: coordinates outside its bounds that are to be scaled with them, shape (n, d).

    Raises:
        SpecError: statistics of elements are wanted of a space that has none.
    """
    if kind == "fractions":
        return Fractions(space, also)
    if not isinstance(space, SearchSpace):
        msg = f"descriptors={kind!r} need a space of compositions: use 'fractions' for a pool"
        raise SpecError(msg)
    return ElementStatistics(space, ELEMENT_TABLES[kind](space.elements), also)
