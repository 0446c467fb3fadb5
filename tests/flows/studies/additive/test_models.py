from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.metrics import r2_score

from flows.studies.additive.models import (
    Additive,
    ChosenInside,
    Linear,
    Scale,
    Scanned,
    SmallNetwork,
)
from flows.studies.additive.scan import LENGTHSCALES, NOISES, Surface
from flows.studies.additive.splits import random_splits
from flows.studies.additive.study import NEAR_LINEAR


@pytest.fixture(scope="module")
def split(data):
    return random_splits(data.groups, 1, 12, seed=0)[0]


def test_linear_regression_is_that_of_scikit_learn(data, split):
    found = Linear().run(data, split, seed=0)
    oracle = LinearRegression().fit(data.X[split.train], data.y[split.train])
    for part, rows in (("train", split.train), ("test", split.test)):
        y, mean = data.y[rows], oracle.predict(data.X[rows])
        assert found[f"{part}_rmse"] == pytest.approx(np.sqrt(np.mean((y - mean) ** 2)))
        assert found[f"{part}_r2"] == pytest.approx(r2_score(y, mean))
        assert found[f"{part}_r"] == pytest.approx(np.corrcoef(y, mean)[0, 1])


def test_the_additive_model_is_the_gaussian_process_of_the_paper(data, split):
    """Against the dense kernel matrix of eq. 10 without coupling, solved here."""
    found = Additive("additive", 0, lengthscale=2.0, noise=0.1).run(data, split, seed=0)
    X, y = data.X[split.train], data.y[split.train]
    new = (data.X[split.test] - X.mean(axis=0)) / X.std(axis=0)
    known, values = (X - X.mean(axis=0)) / X.std(axis=0), (y - y.mean()) / y.std()

    def kernel(a, b):
        apart = (a[:, None, :] - b[None, :, :]) ** 2
        return np.exp(-apart / (2 * 2.0**2)).sum(axis=-1)

    solved = np.linalg.solve(kernel(known, known) + 0.1 * np.eye(len(y)), values)
    mean = y.mean() + y.std() * kernel(new, known) @ solved
    assert found["test_r2"] == pytest.approx(r2_score(data.y[split.test], mean), abs=1e-6)
    each = np.exp(-((known[:, None, :] - known[None]) ** 2) / 8) * solved[None, :, None]
    np.testing.assert_allclose(found["magnitudes"], each.sum(axis=1).std(axis=0), rtol=1e-5)


def test_a_long_length_is_linear_regression(data, split):
    straight = Linear().run(data, split, seed=0)
    limit = replace(NEAR_LINEAR, noise=1e-5).run(data, split, seed=0)
    for key in ("train_r2", "test_r2"):
        assert limit[key] == pytest.approx(straight[key], abs=0.01)


def test_scores_are_in_the_unit_of_the_target(data, split):
    scaled = replace(data, y=1000 * data.y - 5)
    for model in (Linear(), SmallNetwork(1), NEAR_LINEAR):
        one, other = model.run(data, split, seed=1), model.run(scaled, split, seed=1)
        assert other["test_rmse"] == pytest.approx(1000 * one["test_rmse"], rel=1e-3)
        assert other["test_r2"] == pytest.approx(one["test_r2"], abs=1e-3)


def test_only_the_training_part_scales():
    scale = Scale.of(np.array([[1.0, 5.0], [3.0, 5.0]]))
    np.testing.assert_allclose(scale.apply(np.array([[5.0, 9.0]])), [[3.0, 0.0]])


def test_what_is_chosen_inside_has_not_seen_the_test_part(data, split):
    spoilt = data.y.copy()
    spoilt[split.test] = 1e3 * np.sin(np.arange(len(split.test)))
    model = ChosenInside(most=0)
    one, other = (model.run(each, split, seed=2) for each in (data, replace(data, y=spoilt)))
    for key in ("lengthscale", "noise", "train_rmse", "magnitudes"):
        assert one[key] == other[key]
    assert one["test_r2"] > 0.9 > other["test_r2"]


def test_the_scan_holds_what_each_fit_scores(data, split):
    grid = np.array(Scanned("scan", 0, most=0).run(data, split, seed=0)["r2"])
    for i, j in ((3, 10), (8, 4)):
        one = Additive("one", 0, LENGTHSCALES[i], NOISES[j]).run(data, split, seed=0)
        assert grid[i, j] == pytest.approx(one["test_r2"], abs=1e-4)


def test_lengths_far_shorter_than_the_data_are_left_out(data, split):
    X = data.X.copy()
    X[split.train[0], 0] = 1e6
    grid = np.array(Scanned("scan", 0, most=0).run(replace(data, X=X), split, seed=0)["r2"])
    assert np.isfinite(grid).all(), "60 rows cannot span 40 of the shortest lengths"
    X[split.test[0], 1] = 25.0  # standard deviations of the training part
    grid = np.array(Scanned("scan", 0, most=0).run(replace(data, X=X), split, seed=0)["r2"])
    assert np.isnan(grid[0]).all(), "it spans more than 40 lengths of 0.5"
    assert np.isfinite(grid[1:]).all()


def test_a_test_part_that_does_not_vary_has_no_r2(data, split):
    y = data.y.copy()
    y[split.test] = 1.0
    assert np.isnan(Scanned("scan", 0, most=0).run(replace(data, y=y), split, seed=0)["r2"]).all()


def test_the_optimum_weighs_mean_against_spread():
    shape = (len(LENGTHSCALES), len(NOISES))
    steady, wild = np.full(shape, 0.1), np.full(shape, 0.1)
    steady[2, 3] = wild[2, 3] = 0.80
    steady[5, 6], wild[5, 6] = 0.99, 0.67
    surface = Surface.of([steady, wild])
    assert surface.best == (2, 3), "0.83 on average, but 0.16 up and down"
    assert (surface.lengthscale, surface.noise) == (LENGTHSCALES[2], NOISES[3])
    assert surface.edges == ()
    steady[5, 6] = wild[5, 6] = 0.83
    assert Surface.of([steady, wild]).best == (5, 6)
