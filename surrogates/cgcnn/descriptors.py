"""What a trained network makes of crystals, as descriptors for Gaussian processes."""

import copy
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cathode.errors import SpecError
from cathode.space import Space
from surrogates.cgcnn.batches import Batch
from surrogates.cgcnn.model_file import load_model
from surrogates.cgcnn.network import CrystalGraphNetwork
from surrogates.cgcnn.places import Reader, Reading, places_of
from surrogates.gp.descriptors import Descriptors, Fractions

COMPONENTS = 8
"""Principal components of crystals' vectors that are kept at most."""

RESOLVED = 1e-6
"""Share of the variance below which a component is nothing."""

LISTED, DRAWN = 2000, 1000
"""Candidates up to which all tell the components, and how many do of more."""


@dataclass(frozen=True, eq=False)
class CrystalAxes:
    """Principal components of the vectors that a network gives the candidates of a space.

    Attributes:
        reader: vectors of crystals at coordinates ``... x d``, shape ``... x hidden``.
        mean: of the vectors, shape (hidden,).
        axes: directions, each over the extent of the candidates along it, shape (hidden, k).
        low: where candidates begin along them, shape (k,).
        unseen: coordinates that crystals do not depend on.
    """

    reader: Reader
    mean: Tensor
    axes: Tensor
    low: Tensor
    unseen: tuple[int, ...]

    def __deepcopy__(self, memo: dict[int, object]) -> "CrystalAxes":
        """Itself: BoTorch copies models with all they hold, and nothing here changes."""
        return self

    def __call__(self, X: Tensor) -> Tensor:
        """Components at coordinates ``... x d``, in the unit cube, shape ``... x k``."""
        return (self.reader(X) - self.mean) @ self.axes - self.low


def crystal_axes(file: Path, space: Space) -> CrystalAxes:
    """The components that the candidates of a space ask for.

    Args:
        file: of a model; its first network is taken.
        space: what is searched; a pool is read as a whole, so are few recipes.

    Raises:
        SourceError: the file holds no network.
        SpecError: the space has no crystals, or the network sees no difference between them.
    """
    places = places_of(space)
    reader = places.reader(_vectors(load_model(file).ensemble.members[0].network))
    points = space.every(LISTED)
    if points is None:
        points = space.sample(DRAWN, np.random.default_rng(0))
    with torch.no_grad():
        vectors = reader(torch.as_tensor(space.coordinates_of(points)))
    mean = vectors.mean(dim=0)
    _, extents, directions = torch.linalg.svd(vectors - mean, full_matrices=False)
    kept = (extents**2 > RESOLVED * (extents**2).sum())[:COMPONENTS]
    if not kept.any():
        msg = f"the network of {file} sees no difference between candidates: use other descriptors"
        raise SpecError(msg)
    axes = directions[: len(kept)][kept].T
    along = (vectors - mean) @ axes
    low, high = along.amin(dim=0), along.amax(dim=0)
    every = range(len(space.coordinates))
    unseen = tuple(i for i in every if i not in places.columns)
    return CrystalAxes(reader, mean, axes / (high - low), low / (high - low), unseen)


def _vectors(network: CrystalGraphNetwork) -> Reading:
    """Vectors of crystals, in double precision: kernels tell close ones apart."""
    precise = copy.deepcopy(network).double().eval().requires_grad_(False)

    def read(batch: Batch) -> Tensor:
        return precise.embedded(batch.double())

    return read


class CrystalVectors(Descriptors):
    """Components of crystals' vectors, and process variables scaled by their bounds.

    Args:
        axes: the components.
        space: what is searched.
        also: rows that the bounds of variables are to hold, too, shape (n, d).
    """

    def __init__(
        self, axes: CrystalAxes, space: Space, also: NDArray[np.float64] | None = None
    ) -> None:
        super().__init__()
        self.transform_on_train = self.transform_on_eval = self.transform_on_fantasize = True
        self.crystal_axes, self.scaled = axes, Fractions(space, also)
        unseen, own = list(axes.unseen), np.arange(axes.axes.shape[1])
        _, others = np.unique(self.scaled.scales[unseen], return_inverse=True)
        self.scales = np.concatenate([own, len(own) + others])
        self.categories = len(own) + np.flatnonzero(np.isin(unseen, self.scaled.categories))

    def transform(self, X: Tensor) -> Tensor:
        """Turn coordinates ``... x n x d`` into k components and the other columns."""
        others = self.scaled.transform(X)[..., list(self.crystal_axes.unseen)]
        return torch.cat([self.crystal_axes(X), others], dim=-1)
