"""Data that break exact GPs: fitted or refused in words, and never answered with nonsense."""

import numpy as np
import pytest

from cathode.errors import FitError
from cathode.model import TrainingData
from cathode.space import PoolSpace
from cathode.spec import GPSpec
from surrogates.gp.surrogate import GPSurrogate

KERNELS = ("matern52", "linear")


def pool(X):
    return PoolSpace.of_rows([f"x{i}" for i in range(X.shape[1])], X)


def fit(X, y, kernel="matern52", sigma=np.nan, space=None, **fields):
    data = TrainingData("p", X, y, np.full(len(y), sigma), tuple(map(str, range(len(y)))), **fields)
    return GPSurrogate(GPSpec(kind="gp", kernel=kernel), space or pool(X)).fit(data, 0)


def plane(n=40, d=4, seed=0, noise=0.05):
    rng = np.random.default_rng(seed)
    X = rng.random((n, d))
    return X, X @ np.linspace(1, 2, d) + noise * rng.standard_normal(n)


def error(fitted, X, y):
    return np.abs(fitted.predict(X).mean - y).mean() / y.std()


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("unit", [1e-12, 1e-6, 1e6, 1e12])
def test_units_of_values_do_not_matter(kernel, unit):
    X, y = plane()
    one, other = fit(X, y, kernel).predict(X), fit(X, unit * y, kernel).predict(X)
    np.testing.assert_allclose(other.mean, unit * one.mean, rtol=1e-6)
    np.testing.assert_allclose(other.sigma, unit * one.sigma, rtol=1e-4)


@pytest.mark.parametrize("kernel", KERNELS)
def test_units_of_coordinates_do_not_matter(kernel):
    X, y = plane()
    scaled = X * [1e-6, 1.0, 1e3, 1e6] + [0, 5, -1e4, 1e7]
    one, other = fit(X, y, kernel).predict(X), fit(scaled, y, kernel).predict(scaled)
    np.testing.assert_allclose(other.mean, one.mean, rtol=1e-4)


@pytest.mark.parametrize("kernel", KERNELS)
def test_values_over_six_decades_are_fitted(kernel):
    X, y = plane()
    wide = 10 ** (6 * (y - y.min()) / np.ptp(y))
    prediction = fit(X, wide, kernel).predict(X)
    assert np.isfinite(prediction.mean).all()
    assert (prediction.sigma > 0).all()
    assert np.corrcoef(prediction.mean, wide)[0, 1] > 0.5


@pytest.mark.parametrize("kernel", KERNELS)
def test_columns_that_are_nearly_copies_of_each_other_do_no_harm(kernel):
    X, _ = plane(60)
    recipes = X / X.sum(axis=1, keepdims=True)  # collinear with the constant
    noise = 1e-9 * np.random.default_rng(1).standard_normal(recipes.shape)
    copied = np.concatenate([recipes, recipes + noise], axis=1)
    values = recipes @ [1.0, 3.0, -2.0, 0.5]
    fitted = fit(copied[:40], values[:40], kernel, space=pool(copied))
    assert error(fitted, copied[40:], values[40:]) < 0.1


@pytest.mark.parametrize("kernel", KERNELS)
def test_constant_columns_do_no_harm(kernel):
    X, y = plane(60)
    wider = np.column_stack([X, np.full(60, 7.0), np.zeros(60)])
    fitted = fit(wider[:40], y[:40], kernel, space=pool(wider))
    assert error(fitted, wider[40:], y[40:]) < 0.3


@pytest.mark.parametrize("kernel", KERNELS)
def test_equal_places_with_different_values_are_read_as_noise(kernel):
    X, y = plane(20)
    twice = np.repeat(X, 2, axis=0)
    values = np.repeat(y, 2) + np.tile([-0.5, 0.5], 20)
    fitted = fit(twice, values, kernel, space=pool(X))
    assert 0.3 < fitted.predict(X).sigma.mean() < 1.5
    assert error(fitted, X, y) < 0.6


@pytest.mark.parametrize("kernel", KERNELS)
def test_exact_values_at_equal_places_that_differ_are_widened_aloud(kernel):
    X, y = plane(20)
    groups = tuple(str(i // 2) for i in range(40))
    values = np.repeat(y, 2) + np.tile([-0.5, 0.5], 20)
    data = TrainingData("p", np.repeat(X, 2, axis=0), values, np.zeros(40), groups)
    fitted = GPSurrogate(GPSpec(kind="gp", kernel=kernel), pool(X)).fit(data, 0)
    assert fitted.notes[0].startswith("stated sigmas of 40 values widened")
    assert 0.3 < fitted.predict(X).sigma.mean() < 1.5


@pytest.mark.parametrize(
    ("values", "sigma", "expected"),
    [(812.0, np.nan, 0.812), (0.0, np.nan, 1.0), (812.0, 4.0, 4.0), (1e-10, np.nan, 1e-13)],
)
def test_equal_values_have_an_uncertainty_of_their_own_size(values, sigma, expected):
    X, _ = plane()
    fitted = fit(X, np.full(40, values), sigma=sigma)
    prediction = fitted.predict(X + 0.01)
    np.testing.assert_allclose(prediction.mean, values, atol=1e-6 * abs(values))
    assert 2e-3 * expected < prediction.sigma.mean() < 3 * expected
    assert f"all values are equal: they are taken to spread by {expected:.2g}" in fitted.notes


def test_rounded_equal_values_are_equal():
    X, _ = plane()
    y = 812.0 + 1e-10 * np.random.default_rng(0).standard_normal(40)
    assert fit(X, y).notes == fit(X, np.full(40, 812.0)).notes != ()


def test_a_value_far_off_all_others_does_not_break_the_fit():
    X, y = plane()
    y[0] = 1e6
    prediction = fit(X, y).predict(X[1:])
    assert np.isfinite(prediction.mean).all()
    assert (prediction.sigma > 0).all()


def test_bounds_that_contradict_values_are_fitted_or_said():
    X, y = plane(30)
    y[:5] = y.max() + 10
    fitted = fit(X, y, limits=(">",) * 5 + (None,) * 25)
    prediction = fitted.predict(X)
    assert np.isfinite(prediction.mean).all()
    assert (prediction.sigma > 0).all()


def test_infinite_values_are_refused():
    X, y = plane()
    y[1] = np.inf
    with pytest.raises(FitError, match="p has 1 values that are no finite numbers: leave"):
        fit(X, y)


@pytest.mark.slow
@pytest.mark.parametrize("kernel", KERNELS)
def test_a_thousand_and_a_half_values_are_fitted(kernel):
    X, y = plane(1500, 2)
    prediction = fit(X, y, kernel).predict(X[:20])
    assert np.abs(prediction.mean - X[:20] @ [1.0, 2.0]).max() < 0.2
    np.testing.assert_allclose(prediction.sigma, 0.05, rtol=0.2)
