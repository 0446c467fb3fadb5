"""A GP on what a network makes of crystals."""

import numpy as np
import pytest
import torch

from cathode.space import SearchSpace
from cathode.spec import GPSpec, SpaceSpec
from surrogates.cgcnn.descriptors import CrystalVectors, crystal_axes
from surrogates.gp.surrogate import GPSurrogate
from tests.contracts.surrogate import SurrogateContract
from tests.surrogates.cgcnn.networks import saved


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    return saved(tmp_path_factory.mktemp("network"))


class TestContract(SurrogateContract):
    @pytest.fixture(autouse=True)
    def _network(self, network):
        self.network = network

    def surrogate(self, space):
        spec = GPSpec(kind="gp", descriptors="cgcnn", pretrained=self.network)
        return GPSurrogate(spec, space)


def test_candidates_fill_the_unit_cube_and_variables_stand_beside(network):
    spec = {
        "prototype": ["layered", "spinel"],
        "sites": {"M": {"step": 0.1, "fractions": {"Ni": {}, "Mn": {}, "Co": {}}}},
        "variables": {
            "temperature": {"kind": "stepped", "min": 700, "max": 900, "step": 100, "unit": "degC"},
            "atmosphere": {"kind": "categorical", "values": ["air", "O2"]},
        },
    }
    space = SearchSpace.from_spec(SpaceSpec.model_validate(spec))
    made = CrystalVectors(crystal_axes(network, space), space)
    X = torch.as_tensor(space.coordinates_of(space.every(2000)))
    found = made.transform(X)
    k = found.shape[1] - 3
    assert 1 <= k <= 8
    torch.testing.assert_close(found.amin(0), torch.zeros(k + 3, dtype=torch.double))
    torch.testing.assert_close(found.amax(0), torch.ones(k + 3, dtype=torch.double))
    assert made.scales.tolist() == [*range(k), k, k + 1, k + 1]
    assert made.categories.tolist() == [k + 1, k + 2]
    # Neither host is ever the same as the other to it.
    layered, spinel = found[X[:, 3] == 1], found[X[:, 4] == 1]
    assert torch.cdist(layered[:, :k], spinel[:, :k]).min() > 1e-3


def test_gradients_are_those_of_small_steps(network, small_space):
    made = CrystalVectors(crystal_axes(network, small_space), small_space)
    X = torch.tensor([[0.2, 0.3, 0.5]], dtype=torch.double, requires_grad=True)
    weights = torch.as_tensor(np.random.default_rng(0).normal(size=made.transform(X).shape[1]))
    (made.transform(X) @ weights).sum().backward()
    for i in range(3):
        step = torch.zeros(1, 3, dtype=torch.double)
        step[0, i] = 1e-4
        ends = [(made.transform(X.detach() + s * step) @ weights).item() for s in (1, -1)]
        assert (ends[0] - ends[1]) / 2e-4 == pytest.approx(X.grad[0, i].item(), rel=1e-2, abs=1e-2)
