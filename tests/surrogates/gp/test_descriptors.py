import numpy as np
import pytest
import torch

from cathode.model import TrainingData
from cathode.physics.descriptors import element_table
from cathode.space import SearchSpace
from cathode.spec import GPSpec, parse_spec
from surrogates.gp.descriptors import descriptors
from surrogates.gp.surrogate import GPSurrogate
from tests.helpers import layered


def test_fractions_fill_the_unit_cube(small_space):
    X = torch.as_tensor(small_space.encode(list(small_space)))
    scaled = descriptors("fractions", small_space).transform(X)
    torch.testing.assert_close(scaled.amin(0), torch.zeros(3, dtype=torch.double))
    torch.testing.assert_close(scaled.amax(0), torch.ones(3, dtype=torch.double))


def test_statistics_agree_with_a_weighted_mean_and_variance(small_space):
    X = small_space.encode(list(small_space))
    table = element_table(small_space.elements)
    table = (table - table.min(0)) / np.ptp(table, axis=0)
    found = descriptors("elements", small_space).transform(torch.as_tensor(X)).numpy()
    for row, statistics in zip(X, found, strict=True):
        mean = np.average(table, axis=0, weights=row)
        variance = np.average((table - mean) ** 2, axis=0, weights=row)
        np.testing.assert_allclose(statistics, [*mean, *(4 * variance)], atol=1e-12)
    assert found.min() >= -1e-12
    assert found.max() <= 1 + 1e-12


@pytest.fixture
def mixed_space():
    """Three metals, a temperature, and the route and the host to choose."""
    variables = {
        "temperature": {"kind": "stepped", "min": 700, "max": 900, "step": 50, "unit": "degC"},
        "route": {"kind": "categorical", "values": ["solid", "sol-gel", "spray"]},
    }
    content = layered()["space"] | {"variables": variables}
    return SearchSpace.from_spec(parse_spec(layered(space=content), "test").space)


def test_categories_of_a_variable_share_a_length_scale(mixed_space):
    # Three metals, then the temperature, then three routes.
    assert mixed_space.categories == ((4, 5, 6),)
    assert descriptors("fractions", mixed_space).scales.tolist() == [0, 1, 2, 3, 4, 4, 4]
    elements = descriptors("elements", mixed_space)
    X = torch.as_tensor(mixed_space.coordinates_of(mixed_space.sample(5, np.random.default_rng(0))))
    columns = elements.transform(X).shape[1]
    assert elements.scales.tolist() == [*range(columns - 3), columns - 3, columns - 3, columns - 3]


@pytest.mark.parametrize("kind", ["fractions", "elements"])
def test_categories_are_equally_far_from_each_other(mixed_space, kind):
    rng = np.random.default_rng(0)
    X = mixed_space.coordinates_of(mixed_space.sample(60, rng))
    effect = X[:, 4:] @ [0.0, 3.0, -2.0]
    y = X[:, 0] + X[:, 3] / 100 + effect + 0.05 * rng.standard_normal(60)
    data = TrainingData("p", X, y, np.full(60, np.nan), tuple(map(str, range(60))))
    fitted = GPSurrogate(GPSpec(kind="gp", descriptors=kind), mixed_space).fit(data, 0)
    kernel = fitted.model.covar_module
    scales = kernel.base_kernel.lengthscale[0]
    assert len(set(scales[-3:].tolist())) == 1
    one = torch.as_tensor(X[:1]).repeat(3, 1)
    one[:, 4:] = torch.eye(3)
    alike = kernel(fitted.model.input_transform(one)).to_dense().detach()
    off = alike[~torch.eye(3, dtype=torch.bool)]
    torch.testing.assert_close(off, off[:1].expand(6))
    assert off[0] < 0.99 * alike[0, 0]
