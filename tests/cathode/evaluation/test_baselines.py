from dataclasses import replace

import numpy as np
import pytest

from cathode.errors import FitError
from cathode.evaluation.baselines import BASELINES, LinearPredictor, MeanPredictor
from cathode.model import TrainingData


def data(n=20, noise=0.1, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.random((n, 3))
    y = X @ [2.0, -1.0, 0.5] + 4 + rng.normal(0, noise, n)
    return TrainingData("p", X, y, np.full(n, np.nan), tuple(map(str, range(n))))


def test_the_mean_predictor_says_the_mean_and_the_spread():
    d = data()
    p = MeanPredictor.fit(d).predict(np.zeros((2, 3)))
    np.testing.assert_allclose(p.mean, d.y.mean())
    np.testing.assert_allclose(p.sigma, d.y.std(ddof=1) * np.sqrt(1 + 1 / 20))


def test_the_linear_predictor_finds_a_line_and_its_noise():
    d = data(200)
    X = np.random.default_rng(1).random((50, 3))
    p = LinearPredictor.fit(d).predict(X)
    np.testing.assert_allclose(p.mean, X @ [2.0, -1.0, 0.5] + 4, atol=0.1)
    np.testing.assert_allclose(p.sigma, 0.1, rtol=0.3)


@pytest.mark.parametrize("fit", BASELINES.values(), ids=BASELINES)
def test_hard_data(fit):
    with pytest.raises(FitError, match="p has 1 values"):
        fit(data(1))
    constant = TrainingData("p", np.eye(4), np.full(4, 7.0), np.full(4, np.nan), tuple("abcd"))
    p = fit(constant).predict(np.eye(4))
    np.testing.assert_allclose(p.mean, 7)
    assert (p.sigma > 0).all()
    assert np.isfinite(p.sigma).all()


@pytest.mark.parametrize("fit", BASELINES.values(), ids=BASELINES)
def test_bounds_are_left_out(fit):
    d, X = data(), np.random.default_rng(2).random((5, 3))
    told = replace(d, y=d.y + 1e3 * (np.arange(20) < 6), limits=("<",) * 6 + (None,) * 14)
    one, other = fit(told).predict(X), fit(d.take(np.arange(6, 20))).predict(X)
    np.testing.assert_array_equal(one.mean, other.mean)
    np.testing.assert_array_equal(one.sigma, other.sigma)
