"""What is learned from, and a network that has learned."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from surrogates.cgcnn.batches import in_order
from surrogates.cgcnn.graphs import Graph
from surrogates.cgcnn.network import CrystalGraphNetwork

Values = NDArray[np.float64]

LOG_SCALES = (-6.0, 3.0)
"""Least and greatest logarithm of the noise's scale, in units of the values' spread."""

PREDICTED_AT_ONCE = 256
"""Crystals in a batch where nothing is learned."""


@dataclass(frozen=True, eq=False)
class Labelled:
    """Graphs with their values, shape (n,)."""

    graphs: Sequence[Graph]
    y: Values

    def __len__(self) -> int:
        """Number of graphs."""
        return len(self.graphs)

    def take(self, rows: NDArray[np.intp]) -> "Labelled":
        """The graphs at the given row numbers."""
        return Labelled([self.graphs[row] for row in rows], self.y[rows])


@dataclass(frozen=True)
class Epoch:
    """What became of an epoch.

    Attributes:
        number: from 1.
        loss: mean over the batches, of values in units of their spread.
        mae: validation error of the averaged weights in the property's unit; nan without
            anything to validate by.
    """

    number: int
    loss: float
    mae: float


@dataclass(frozen=True, eq=False)
class Trained:
    """A network that has learned a property.

    Attributes:
        network: the averaged weights of the best epoch, in evaluation mode, on the CPU.
        mean: what its outputs are counted from, in the property's unit.
        spread: the unit of its outputs.
        epochs: how training went.
    """

    network: CrystalGraphNetwork
    mean: float
    spread: float
    epochs: tuple[Epoch, ...] = ()

    def predict(self, graphs: Sequence[Graph]) -> tuple[Values, Values]:
        """Values and standard deviations of their noise, each of shape (n,)."""
        out = outputs(self.network, graphs)
        scale = np.clip(out[:, 1], *LOG_SCALES) if out.shape[1] > 1 else np.full(len(out), -np.inf)
        noise = math.sqrt(2) * np.exp(scale)  # of a Laplace density
        return self.mean + self.spread * out[:, 0], self.spread * noise


def outputs(
    network: CrystalGraphNetwork, graphs: Sequence[Graph], device: torch.device | None = None
) -> Values:
    """What a network puts out, shape (n, outputs)."""
    if not graphs:
        return np.empty((0, network.sizes.outputs))
    network.eval()
    device = device or torch.device("cpu")
    with torch.no_grad():
        found = [network(b.to(device)).cpu() for b in in_order(graphs, PREDICTED_AT_ONCE)]
    return torch.cat(found).double().numpy()
