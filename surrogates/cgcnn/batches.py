"""Graphs side by side as tensors."""

import math
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from cathode.protocols import Augmentation
from surrogates.cgcnn.graphs import GAUSSIANS, RADIUS, Graph, Nearest, nearest_in

T = TypeVar("T")

LEAST_GAUSSIAN = 1e-12
"""What is below is nothing: numbers as small as floats get make products many times slower."""


@dataclass(frozen=True, eq=False)
class Batch:
    """Crystals, their atoms numbered through.

    Attributes:
        elements: vectors of the atoms' elements, shape (n, 92).
        far: distances of neighbours in Å, shape (n * 12,).
        neighbours: numbers of atoms, shape (n * 12,).
        owners: number of each atom's crystal, shape (n,).
        counts: atoms of each crystal, shape (crystals,).
    """

    elements: Tensor
    far: Tensor
    neighbours: Tensor
    owners: Tensor
    counts: Tensor

    def __len__(self) -> int:
        """Number of crystals."""
        return len(self.counts)

    @property
    def edges(self) -> Tensor:
        """Gaussians of the distances, shape (n * 12, 41): made where they are used."""
        return gaussians(self.far)

    def to(self, device: torch.device) -> "Batch":
        """The same on a device."""
        parts = (self.elements, self.far, self.neighbours, self.owners, self.counts)
        return Batch(*(part.to(device) for part in parts))

    def double(self) -> "Batch":
        """The same in double precision."""
        elements, far, counts = self.elements.double(), self.far.double(), self.counts.double()
        return Batch(elements, far, self.neighbours, self.owners, counts)


def gaussians(far: Tensor) -> Tensor:
    """Distances in Å as 41 Gaussians from 0 to 8 Å, a step and a width of 0.2 Å apart."""
    width = RADIUS / (GAUSSIANS - 1)
    centres = torch.linspace(0, RADIUS, GAUSSIANS, dtype=far.dtype, device=far.device)
    apart = (far.unsqueeze(-1) - centres).div_(width).square_()
    # Exponentials of what is far below are slow, too.
    found = apart.clamp_(max=1 - math.log(LEAST_GAUSSIAN)).neg_().exp_()
    return functional.threshold_(found, LEAST_GAUSSIAN, 0.0)


def batch_of(graphs: Sequence[Graph], nearest: Sequence[Nearest] | None = None) -> Batch:
    """Put graphs side by side.

    Args:
        graphs: at least one.
        nearest: neighbours other than their own, of crystals that were changed.
    """
    nearest = nearest or [graph.nearest for graph in graphs]
    counts = np.array([len(graph) for graph in graphs])
    starts = np.cumsum(counts) - counts
    vectors = np.concatenate([graph.vectors for graph in graphs])
    neighbours = np.concatenate([near + at for (near, _), at in zip(nearest, starts, strict=True)])
    far = np.concatenate([each for _, each in nearest])
    return Batch(
        torch.from_numpy(vectors),
        torch.from_numpy(far.ravel()),
        torch.from_numpy(neighbours.ravel()),
        torch.from_numpy(np.repeat(np.arange(len(graphs)), counts)),
        torch.from_numpy(counts.astype(np.float32)),
    )


def shuffled(
    graphs: Sequence[Graph],
    size: int,
    rng: np.random.Generator,
    augmentation: Augmentation | None = None,
) -> Iterator[tuple[NDArray[np.intp], Batch]]:
    """All graphs in random order, in batches with the numbers of theirs.

    A last batch of one is left out: nothing can be normalised by it.

    Args:
        graphs: what is learned from.
        size: graphs in a batch.
        rng: draws order and variants.
        augmentation: makes each a variant of itself.
    """
    order = rng.permutation(len(graphs))
    for start in range(0, len(order), size):
        rows = order[start : start + size]
        if len(rows) == 1 and len(order) > 1:
            return
        chosen = [graphs[row] for row in rows]
        if augmentation is None:
            yield rows, batch_of(chosen)
            continue
        moved = [augmentation.apply(graph.crystal, rng) for graph in chosen]
        yield rows, batch_of(chosen, nearest_in(chosen, moved))


def ahead(batches: Iterator[T]) -> Iterator[T]:
    """The same in the same order, each made by a thread while the one before is learned from."""
    with ThreadPoolExecutor(1) as thread:
        coming = thread.submit(next, batches, None)
        while (batch := coming.result()) is not None:
            coming = thread.submit(next, batches, None)
            yield batch


def in_order(graphs: Sequence[Graph], size: int) -> Iterator[Batch]:
    """All graphs in their order, in batches."""
    for start in range(0, len(graphs), size):
        yield batch_of(graphs[start : start + size])
