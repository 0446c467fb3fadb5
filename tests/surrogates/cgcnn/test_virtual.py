import numpy as np
import pytest
import torch

from cathode.space import SearchSpace
from cathode.spec import SpaceSpec
from surrogates.cgcnn.batches import batch_of
from surrogates.cgcnn.elements import element_vectors
from surrogates.cgcnn.network import CrystalGraphNetwork, Sizes
from surrogates.cgcnn.places import places_of
from surrogates.cgcnn.virtual import host_named


@pytest.fixture(scope="module")
def space():
    spec = {
        "prototype": ["layered", "spinel", "olivine"],
        "sites": {
            "M": {"step": 0.1, "fractions": {"Ni": {}, "Mn": {}, "Fe": {}}},
            "Li": {"step": 0.1, "fractions": {"Li": {}, "vac": {"max": 0.3}}},
        },
    }
    return SearchSpace.from_spec(SpaceSpec.model_validate(spec))


@pytest.fixture(scope="module")
def X(space):
    return space.coordinates_of(space.sample(40, np.random.default_rng(0)))


def test_a_formula_unit_stands_for_the_cell(space, X):
    """Of a host with its symmetry, a network says the same whichever it is shown."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = CrystalGraphNetwork(Sizes(outputs=2)).eval().requires_grad_(False)
    places = places_of(space)
    assert set(X[:, 5:].argmax(axis=1)) == {0, 1, 2}
    whole = network(batch_of(places.graphs(X)))
    torch.testing.assert_close(
        places.reader(network)(torch.as_tensor(X)), whole, rtol=1e-4, atol=2e-5
    )


@pytest.mark.parametrize(("name", "atoms"), [("layered", 4), ("spinel", 7), ("olivine", 7)])
def test_the_unit_is_a_formula_unit(name, atoms):
    host = host_named(name)
    assert len(host.unit) == atoms
    sites = [host.sites[atom] for atom in host.unit]
    whole = [*host.sites]
    for site in set(whole):
        assert sites.count(site) * len(whole) == whole.count(site) * atoms


def test_shared_sites_have_the_mean_of_what_is_on_them(space, X):
    graph, row = places_of(space).graphs(X[:1])[0], X[0]
    name = space.prototypes[int(row[5:].argmax())].name
    sites = host_named(name).sites
    metals, lithium = ([site == each for site in sites] for each in ("M", "Li"))
    fe, mn, ni = (element_vectors()[z] for z in (26, 25, 28))
    np.testing.assert_allclose(
        graph.vectors[metals], [row[0] * fe + row[1] * mn + row[2] * ni] * sum(metals), atol=1e-6
    )
    np.testing.assert_allclose(
        graph.vectors[lithium], [row[3] * element_vectors()[3]] * sum(lithium), atol=1e-6
    )


def test_gradients_are_those_of_small_steps(space, X):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = CrystalGraphNetwork(Sizes(atom=8, hidden=8)).eval().requires_grad_(False)
    read = places_of(space).reader(network)
    at = torch.as_tensor(X[:3]).requires_grad_()
    read(at).sum().backward()
    for column in range(4):
        step = torch.zeros_like(at)
        step[:, column] = 0.05
        ends = [read((at + s * step).detach()).squeeze(-1) for s in (1, -1)]
        slope = (ends[0] - ends[1]).double() / 0.1
        torch.testing.assert_close(at.grad[:, column], slope, rtol=0.05, atol=1e-3)
