import csv

import numpy as np
import pytest
import torch
from torch import nn

from cathode.model import Crystal
from cathode.sources.cif import crystal_of_cif
from surrogates.cgcnn.batches import batch_of
from surrogates.cgcnn.graphs import graph_of
from surrogates.cgcnn.model_file import load_model
from surrogates.cgcnn.network import Convolution, CrystalGraphNetwork, Sizes
from tests.crystal_worlds import reference, rock_salt, toy


class AsPublished(nn.Module):
    """The convolution as the paper's code has it: one product with the joined vector."""

    def __init__(self, atom):
        super().__init__()
        self.atom = atom
        self.fc_full = nn.Linear(2 * atom + 41, 2 * atom)
        self.bn1, self.bn2 = nn.BatchNorm1d(2 * atom), nn.BatchNorm1d(atom)

    def forward(self, atoms, edges, neighbours):
        n, m = neighbours.shape
        own = atoms.unsqueeze(1).expand(n, m, self.atom)
        joined = torch.cat([own, atoms[neighbours], edges], dim=2)
        gated = self.fc_full(joined)
        gated = self.bn1(gated.view(-1, 2 * self.atom)).view(n, m, 2 * self.atom)
        filters, cores = gated.chunk(2, dim=2)
        heard = (torch.sigmoid(filters) * nn.functional.softplus(cores)).sum(dim=1)
        return nn.functional.softplus(atoms + self.bn2(heard))


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("atom", [64, 5])
def test_a_convolution_is_that_of_the_paper(atom, training):
    torch.manual_seed(0)
    published, ours = AsPublished(atom), Convolution(atom)
    for layer in (published.bn1, published.bn2):
        nn.init.uniform_(layer.weight)
        nn.init.uniform_(layer.bias)
    ours.load_state_dict(published.state_dict())
    published.train(training)
    ours.train(training)
    atoms = torch.randn(9, atom, requires_grad=True)
    edges, neighbours = torch.rand(9, 12, 41), torch.randint(9, (9, 12))
    same = atoms.detach().clone().requires_grad_()
    expected = published(atoms, edges, neighbours)
    found = ours(same, edges.view(-1, 41), neighbours.view(-1))
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)
    weights = torch.randn_like(expected)
    (expected * weights).sum().backward()
    (found * weights).sum().backward()
    torch.testing.assert_close(same.grad, atoms.grad, atol=1e-4, rtol=1e-4)
    for (name, one), other in zip(ours.named_parameters(), published.parameters(), strict=True):
        torch.testing.assert_close(one.grad, other.grad, atol=1e-3, rtol=1e-3, msg=name)
    for name, one in ours.state_dict().items():
        torch.testing.assert_close(one, published.state_dict()[name], atol=1e-5, rtol=1e-5)


def test_the_reference_model_says_what_the_papers_code_says():
    folder = reference()
    model = load_model(folder / "formation-energy-per-atom.pth.tar")
    with (folder / "expected_formation_energy.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 10
    names = [row["cif_id"] for row in rows]
    graphs = [graph_of(crystal_of_cif((folder / f"{name}.cif").read_text())) for name in names]
    expected = [float(row["formation_energy_per_atom_eV"]) for row in rows]
    np.testing.assert_allclose(model.ensemble.predict(graphs).mean, expected, atol=1e-4)
    # One by one as all together: crystals of a batch do not hear of one another.
    alone = [model.ensemble.predict([graph]).mean[0] for graph in graphs]
    np.testing.assert_allclose(alone, expected, atol=1e-4)


def test_shapes_and_names():
    network = CrystalGraphNetwork(Sizes(atom=6, hidden=10, convolutions=2, outputs=2))
    batch = batch_of(toy(5).graphs)
    assert network.embedded(batch).shape == (5, 10)
    assert network(batch).shape == (5, 2)
    assert not hasattr(network, "fcs")
    deep = CrystalGraphNetwork(Sizes(atom=6, hidden=10, convolutions=1, hidden_layers=3))
    assert {"fcs.0.weight", "fcs.1.weight"} <= set(deep.state_dict())
    assert deep(batch).shape == (5, 1)


def test_neither_order_nor_size_of_the_cell_matters():
    torch.manual_seed(1)
    network = CrystalGraphNetwork(Sizes()).eval()
    one = rock_salt("Na", "Cl", 5.6)
    swapped = Crystal(one.lattice, one.positions[::-1], one.numbers[::-1])
    doubled = Crystal(
        one.lattice * np.array([[2], [1], [1]]),
        np.concatenate([one.positions / [2, 1, 1], (one.positions + np.eye(3)[0]) / [2, 1, 1]]),
        np.tile(one.numbers, 2),
    )
    with torch.no_grad():
        found = network(batch_of([graph_of(each) for each in (one, swapped, doubled)]))
    torch.testing.assert_close(found[1:], found[:1].expand(2, -1), atol=1e-5, rtol=1e-5)


def test_atoms_in_focus_are_read_apart():
    """The mean of lithium's vectors stands beside that of all, and nothing of others does."""
    crystals = [rock_salt("Li", "O", 4.1), rock_salt("Na", "O", 4.6)]
    network = CrystalGraphNetwork(Sizes(atom=6, hidden=10, convolutions=2, focus=3)).eval()
    batch = batch_of([graph_of(crystal) for crystal in crystals])
    with torch.no_grad():
        atoms = network.embedding(batch.elements)
        for convolution in network.convs:
            atoms = convolution(atoms, batch.edges, batch.neighbours)
        halves = []
        for number, crystal in enumerate(crystals):
            own = atoms[batch.owners == number]
            lithium = own[torch.as_tensor(crystal.numbers == 3)]
            apart = lithium.mean(dim=0) if len(lithium) else torch.zeros(6)
            halves.append(torch.cat([own.mean(dim=0), apart]))
        soft = torch.nn.functional.softplus
        expected = soft(network.conv_to_fc(soft(torch.stack(halves))))
        torch.testing.assert_close(network.embedded(batch), expected)
    assert set(network.state_dict()) == set(CrystalGraphNetwork(Sizes(6, 10, 2)).state_dict())
