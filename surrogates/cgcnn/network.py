"""The crystal graph convolutional network.

Source: T. Xie, J. C. Grossman, Phys. Rev. Lett. 120, 145301 (2018), eq. 5: an atom's vector v_i
becomes softplus(v_i + BN(sum over neighbours j of sigmoid(z W_f + b_f) * softplus(z W_s + b_s))),
where z joins v_i, v_j and the Gaussians of their distance, and both products are batch-normalised.
Parameters bear the names of the paper's code, so that its trained models can be read.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from surrogates.cgcnn.batches import Batch
from surrogates.cgcnn.elements import LENGTH, element_vectors
from surrogates.cgcnn.gate import heard
from surrogates.cgcnn.graphs import GAUSSIANS


@dataclass(frozen=True)
class Sizes:
    """Sizes of a network; the defaults are those of the paper's code.

    Attributes:
        atom: entries of an atom's vector.
        hidden: of a crystal's vector.
        convolutions: how many.
        hidden_layers: fully connected layers between pooling and output.
        outputs: 1 for a value, 2 for a value and the logarithm of its noise.
        focus: atomic number of atoms whose mean is read beside that of all, such as the mobile
            ion; 0 for none, as in the paper.
    """

    atom: int = 64
    hidden: int = 128
    convolutions: int = 3
    hidden_layers: int = 1
    outputs: int = 1
    focus: int = 0


class Convolution(nn.Module):
    """One round in which atoms hear of their neighbours."""

    def __init__(self, atom: int) -> None:
        super().__init__()
        self.fc_full = nn.Linear(2 * atom + GAUSSIANS, 2 * atom)
        self.bn1 = nn.BatchNorm1d(2 * atom)
        self.bn2 = nn.BatchNorm1d(atom)

    def forward(self, atoms: Tensor, edges: Tensor, neighbours: Tensor) -> Tensor:
        """New vectors of atoms.

        Args:
            atoms: shape (n, atom).
            edges: Gaussians of distances, shape (n * 12, 41).
            neighbours: numbers of atoms, shape (n * 12,).
        """
        width = atoms.shape[1]
        # The product with the joined vector is the sum of three; a product per atom, gathered
        # afterwards, is twelve times less work than one per neighbour.
        own, other, edge = self.fc_full.weight.split([width, width, edges.shape[1]], dim=1)
        sums = heard(
            self.bn1,
            functional.linear(atoms, own, self.fc_full.bias),
            functional.linear(atoms, other),
            edges,
            edge,
            neighbours,
        )
        return functional.softplus(atoms + self.bn2(sums))


class CrystalGraphNetwork(nn.Module):
    """Convolutions, the mean over atoms, and fully connected layers."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.sizes = sizes
        self.embedding = nn.Linear(LENGTH, sizes.atom)
        self.convs = nn.ModuleList(Convolution(sizes.atom) for _ in range(sizes.convolutions))
        self.conv_to_fc = nn.Linear(sizes.atom * (2 if sizes.focus else 1), sizes.hidden)
        sought = torch.from_numpy(element_vectors()[sizes.focus].copy())
        self.register_buffer("sought", sought, persistent=False)
        if sizes.hidden_layers > 1:
            self.fcs = nn.ModuleList(
                nn.Linear(sizes.hidden, sizes.hidden) for _ in range(sizes.hidden_layers - 1)
            )
        self.fc_out = nn.Linear(sizes.hidden, sizes.outputs)

    def embedded(self, batch: Batch) -> Tensor:
        """Vectors of crystals, shape (crystals, hidden)."""
        atoms, edges = self.embedding(batch.elements), batch.edges
        for convolution in self.convs:
            atoms = convolution(atoms, edges, batch.neighbours)
        pooled = _means(atoms, torch.ones_like(atoms[:, :1]), batch)
        if self.sizes.focus:
            here = (batch.elements == self.sought).all(dim=1, keepdim=True)
            pooled = torch.cat([pooled, _means(atoms, here.to(atoms.dtype), batch)], dim=1)
        hidden = functional.softplus(self.conv_to_fc(functional.softplus(pooled)))
        for layer in getattr(self, "fcs", ()):
            hidden = functional.softplus(layer(hidden))
        return hidden

    def forward(self, batch: Batch) -> Tensor:
        """Outputs of crystals, shape (crystals, outputs)."""
        return self.fc_out(self.embedded(batch))


def _means(atoms: Tensor, weights: Tensor, batch: Batch) -> Tensor:
    """Means over the atoms of each crystal; zero where none of them has a weight.

    Args:
        atoms: shape (n, atom).
        weights: 1 or 0, shape (n, 1).
        batch: the crystals.
    """
    total, count = (
        each.new_zeros(len(batch), each.shape[1]).index_add_(0, batch.owners, each)
        for each in (atoms * weights, weights)
    )
    return total / count.clamp(min=1)
