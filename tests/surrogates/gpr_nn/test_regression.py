"""The low-rank regression against the dense Gaussian process it stands for."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from cathode.errors import FitError
from surrogates.gpr_nn import regression
from surrogates.gpr_nn.features import AdditiveFeatures
from surrogates.gpr_nn.kernel import AdditiveKernel
from surrogates.gpr_nn.regression import AdditiveRegression
from surrogates.gpr_nn.terms import directions, spanning

NOISE = 1e-2


def dense(W, lengthscale, A, B):
    """The sum over all terms, term by term."""
    total = np.zeros((len(A), len(B)))
    for row in W:
        total += np.exp(-(((A @ row)[:, None] - B @ row) ** 2) / (2 * lengthscale**2))
    return total


@pytest.fixture
def world():
    rng = np.random.default_rng(0)
    X = rng.random((60, 4))
    y = 3 + np.sin(3 * X[:, 0]) + X[:, 1] * X[:, 2] + 0.05 * rng.normal(size=60)
    return X, y, spanning(directions(4, 20), X), rng.uniform(0.5, 2.0, 60), rng.random((9, 4))


@pytest.fixture
def exact(world):
    """Mean, variance and left-out predictions of the dense form."""
    X, y, W, relative, Z = world
    K = dense(W, 0.5, X, X) + NOISE * np.diag(relative)
    inverse, centred, k = np.linalg.inv(K), y - y.mean(), dense(W, 0.5, Z, X)
    amplitude = centred @ inverse @ centred / len(y)
    return {
        "mean": k @ inverse @ centred + y.mean(),
        "variance": amplitude * (len(W) - np.einsum("ij,jk,ik->i", k, inverse, k)),
        "left out": y - inverse @ centred / np.diag(inverse),
        "spread": amplitude / np.diag(inverse),
        "amplitude": amplitude,
    }


def fitted(world, **given):
    X, y, W, relative, _ = world
    return AdditiveRegression.fit(X, y, W, 0.5, NOISE, relative=relative, **given)


@given(st.integers(1, 6), st.integers(0, 40), st.floats(0.15, 20), st.integers(0, 99))
@settings(deadline=None, max_examples=30)
def test_features_are_the_kernel(d, coupling, lengthscale, seed):
    rng = np.random.default_rng(seed)
    X = rng.random((30, d))
    W = spanning(directions(d, coupling), X)
    places = X @ W.T
    features = AdditiveFeatures(W, lengthscale, places.min(axis=0), places.max(axis=0))
    with torch.no_grad():
        phi = features(torch.as_tensor(X)).numpy()
    expected = dense(W, lengthscale, X, X)
    np.testing.assert_allclose(phi @ phi.T, expected, atol=1e-9 * len(W))


@given(st.integers(1, 6), st.integers(0, 40), st.floats(0.1, 20), st.integers(0, 99))
@settings(deadline=None, max_examples=30)
def test_the_gpytorch_kernel_is_the_dense_sum(d, coupling, lengthscale, seed):
    rng = np.random.default_rng(seed)
    A, B = rng.random((7, d)), rng.random((5, d))
    W = directions(d, coupling)
    kernel = AdditiveKernel(W)
    kernel.lengthscale = lengthscale
    kernel = kernel.double()
    one, other = torch.as_tensor(A), torch.as_tensor(B)
    length = float(kernel.lengthscale.detach())
    np.testing.assert_allclose(
        kernel(one, other).to_dense().detach().numpy(), dense(W, length, A, B), rtol=1e-8
    )
    np.testing.assert_allclose(kernel(one, one, diag=True).detach().numpy(), len(W))


def test_it_predicts_what_the_dense_form_predicts(world, exact):
    learned = fitted(world)
    assert learned.amplitude == pytest.approx(exact["amplitude"], rel=1e-6)
    np.testing.assert_allclose(learned.predict(world[-1]), exact["mean"], rtol=1e-8)
    np.testing.assert_allclose(learned.variance(world[-1]), exact["variance"], rtol=1e-6)


def test_left_out_predictions_are_those_of_fits_without_the_point(world, exact):
    X, y, _, relative, _ = world
    mean, variance = fitted(world).left_out(X, y, relative)
    np.testing.assert_allclose(mean, exact["left out"], rtol=1e-7)
    np.testing.assert_allclose(variance, exact["spread"], rtol=1e-6)


def test_groups_are_left_out_together(world):
    X, y, W, relative, _ = world
    groups = tuple(f"c{i // 3}" for i in range(len(y)))
    learned = fitted(world)
    mean, variance = learned.left_out(X, y, relative, groups)
    rest = np.arange(3, len(y))
    K = dense(W, 0.5, X[rest], X[rest]) + NOISE * np.diag(relative[rest])
    k = dense(W, 0.5, X[:3], X[rest])
    np.testing.assert_allclose(
        mean[:3], y.mean() + k @ np.linalg.solve(K, y[rest] - y.mean()), rtol=1e-7
    )
    covariance = dense(W, 0.5, X[:3], X[:3]) - k @ np.linalg.solve(K, k.T)
    expected = learned.amplitude * (np.diag(covariance) + NOISE * relative[:3])
    np.testing.assert_allclose(variance[:3], expected, rtol=1e-6)


@pytest.mark.parametrize("m", [1, 3, 9])
def test_more_points_give_what_a_fit_to_all_gives(world, m):
    X, y, W, relative, Z = world
    told = np.linspace(2, 4, m)
    more = fitted(world).updated(Z[:m], told, np.full(m, 0.7))
    both = np.concatenate([X, Z[:m]])
    K = dense(W, 0.5, both, both) + NOISE * np.diag([*relative, *np.full(m, 0.7)])
    k = dense(W, 0.5, Z, both)
    expected = k @ np.linalg.solve(K, np.concatenate([y, told]) - y.mean()) + y.mean()
    np.testing.assert_allclose(more.predict(Z), expected, rtol=1e-7)
    assert more.n == len(y) + m


def test_functions_sum_to_the_model_and_are_ordered_by_what_they_do():
    rng = np.random.default_rng(1)
    X = rng.random((200, 3))
    y = 4 * np.sin(3 * X[:, 1]) + X[:, 0]
    learned = AdditiveRegression.fit(X, y, directions(3, 0), 0.5, 1e-4)
    functions = learned.functions(X)
    predicted = learned.predict(X)
    np.testing.assert_allclose(functions.sum(axis=1), predicted - predicted.mean(), atol=1e-9)
    np.testing.assert_allclose(functions.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(learned.magnitudes, functions.std(axis=0), rtol=1e-6)
    assert list(np.argsort(-learned.magnitudes)) == [1, 0, 2]
    np.testing.assert_allclose(functions[:, 0], X[:, 0] - X[:, 0].mean(), atol=0.02)


def test_far_from_all_data_it_knows_nothing(world):
    learned = fitted(world)
    far = learned.variance(np.full((1, 4), 50.0))
    np.testing.assert_allclose(far, learned.amplitude * learned.features.terms, rtol=1e-6)


def test_points_in_several_chunks_count_as_in_one(world, monkeypatch):
    together = fitted(world).predict(world[-1])
    monkeypatch.setattr(regression, "CHUNK", 7)
    np.testing.assert_allclose(fitted(world).predict(world[-1]), together, rtol=1e-9)


def test_noise_that_rounding_hides_is_factored_by_rows():
    rng = np.random.default_rng(2)
    X = rng.random((400, 2))
    y = np.sin(4 * X[:, 0]) * X[:, 1]
    learned = AdditiveRegression.fit(X, y, spanning(directions(2, 60), X), 0.5, 1e-16)
    Z = rng.random((50, 2))
    assert np.abs(learned.predict(Z) - np.sin(4 * Z[:, 0]) * Z[:, 1]).max() < 1e-2


@pytest.mark.parametrize(
    ("X", "y", "noise"),
    [
        (np.ones((0, 2)), np.ones(0), 0.1),
        (np.ones((2, 2)), np.array([1.0, np.nan]), 0.1),
        (np.ones((2, 2)), np.ones(2), 0.0),
    ],
)
def test_nonsense_is_refused(X, y, noise):
    with pytest.raises(FitError, match="finite points and a positive noise"):
        AdditiveRegression.fit(X, y, directions(2, 0), 1.0, noise)


def test_lengths_that_resolve_nothing_are_refused():
    W = directions(1, 0)
    AdditiveFeatures(W, 1 / 45, np.zeros(1), np.ones(1))
    with pytest.raises(FitError, match="longer lengthscale"):
        AdditiveFeatures(W, 1 / 100, np.zeros(1), np.ones(1))
