"""Categories beside numbers."""

import numpy as np
import pytest
import torch
from botorch.sampling.pathwise import draw_matheron_paths
from scipy.optimize import approx_fprime

from cathode.model import TrainingData
from cathode.space import SearchSpace
from cathode.spec import GPSpec, parse_spec
from surrogates.gp.correlations import Mixed
from surrogates.gp.descriptors import descriptors
from surrogates.gp.exact import kernel_of
from surrogates.gp.likelihood import JITTER, Posterior
from surrogates.gp.noise import RowNoise
from surrogates.gp.surrogate import GPSurrogate
from tests.helpers import layered


@pytest.fixture
def space():
    """Three metals, a temperature, and the route and the host to choose."""
    variables = {
        "temperature": {"kind": "stepped", "min": 700, "max": 900, "step": 50, "unit": "degC"},
        "route": {"kind": "categorical", "values": ["solid", "sol-gel", "spray"]},
    }
    content = layered()["space"] | {"variables": variables}
    return SearchSpace.from_spec(parse_spec(layered(space=content), "test").space)


def measured(space, n=40, seed=0, effect=(0.0, 3.0, -2.0)):
    """A plane and a constant for each route."""
    rng = np.random.default_rng(seed)
    X = space.coordinates_of(space.sample(n, rng))
    y = X[:, 0] + X[:, 3] / 100 + X[:, 4:] @ effect + 0.05 * rng.standard_normal(n)
    return TrainingData("p", X, y, np.full(n, np.nan), tuple(map(str, range(n))))


def posterior(space, kind="fractions"):
    data, columns = measured(space), descriptors(kind, space)
    places = columns.transform(torch.as_tensor(data.X)).numpy()
    correlation = Mixed(places, columns.scales, columns.categories)
    y = (data.y - data.y.mean()) / data.y.std(ddof=1)
    return columns, places, Posterior(correlation, y, RowNoise.unknown(len(y)))


def test_columns_of_categories_are_known_by_the_space(space):
    # Three metals, then the temperature, then three routes.
    assert space.categories == ((4, 5, 6),)
    fractions = descriptors("fractions", space)
    assert fractions.scales.tolist() == [0, 1, 2, 3, 4, 4, 4]
    assert fractions.categories.tolist() == [4, 5, 6]
    elements = descriptors("elements", space)
    columns = elements.transform(torch.as_tensor(measured(space).X)).shape[1]
    assert elements.scales.tolist() == [*range(columns - 3), *[columns - 3] * 3]
    assert elements.categories.tolist() == [columns - 3, columns - 2, columns - 1]


@pytest.mark.parametrize("kind", ["fractions", "elements"])
def test_the_gradient_is_that_of_the_value(space, kind):
    _, _, found = posterior(space, kind)
    theta = np.random.default_rng(1).normal(0, 0.5, len(found.names))
    numeric = approx_fprime(theta, lambda t: found(t)[0], 1e-6)
    np.testing.assert_allclose(found(theta)[1], numeric, rtol=1e-4, atol=1e-3)


def test_the_kernel_is_the_correlation(space):
    columns, places, found = posterior(space)
    theta = np.random.default_rng(1).normal(0, 0.5, len(found.names))
    kernel = kernel_of(found.parts(theta), columns, 2.0)
    X = torch.as_tensor(places)
    theirs = kernel(X).to_dense().detach().numpy()
    np.testing.assert_allclose(theirs, 2 * found.function(theta), rtol=1e-10)
    diagonal = kernel(X, diag=True).detach().numpy()
    np.testing.assert_allclose(diagonal, np.diag(theirs), rtol=1e-10)


def test_categories_are_equally_far_from_each_other(space):
    data = measured(space)
    model = GPSurrogate(GPSpec(kind="gp"), space).fit(data, 0).model
    one = torch.as_tensor(data.X[:1]).repeat(3, 1)
    one[:, 4:] = torch.eye(3)
    alike = model.covar_module(model.input_transform(one)).to_dense().detach()
    off = alike[~torch.eye(3, dtype=torch.bool)]
    torch.testing.assert_close(off, off[:1].expand(6))
    assert off[0] < 0.99 * alike[0, 0]


def test_what_categories_share_is_learned_from_all_of_them(space):
    """One route with few measurements follows the others; a GP per category could not know."""
    data = measured(space, 60)
    rare = data.X[:, 6] == 1
    keep = np.flatnonzero(~rare | (np.cumsum(rare) <= 2))
    fitted = GPSurrogate(GPSpec(kind="gp"), space).fit(data.take(keep), 0)
    out = np.setdiff1d(np.arange(60), keep)
    assert np.abs(fitted.predict(data.X[out]).mean - data.y[out]).mean() < 0.15 * data.y.std()


def test_functions_can_be_drawn(space):
    data = measured(space)
    model = GPSurrogate(GPSpec(kind="gp"), space).fit(data, 0).model
    X = torch.as_tensor(measured(space, 12, seed=5).X)
    with torch.no_grad():
        torch.manual_seed(0)
        drawn = draw_matheron_paths(model, torch.Size([2000]))(X)
        expected = model.posterior(X)
    spread = expected.variance.squeeze(-1).sqrt()
    assert ((drawn.mean(0) - expected.mean.squeeze(-1)) / spread).abs().max() < 0.3
    torch.testing.assert_close(drawn.std(0), spread, rtol=0.3, atol=0)
    assert spread.min() > JITTER
