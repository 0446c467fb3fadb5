import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import integrate, stats
from sklearn import metrics as sk

from cathode.evaluation import metrics
from cathode.model import HeldOutBounds, Prediction

values = arrays(float, 12, elements=st.floats(-1e3, 1e3))


def prediction(n=12, seed=0):
    rng = np.random.default_rng(seed)
    return Prediction(rng.normal(size=n), rng.uniform(0.2, 2, n))


@given(values, values)
def test_errors_agree_with_scikit_learn(y, mean):
    assert metrics.mae(y, mean) == pytest.approx(sk.mean_absolute_error(y, mean))
    assert metrics.rmse(y, mean) == pytest.approx(sk.root_mean_squared_error(y, mean))
    if np.ptp(y) > 1e-6:
        assert metrics.r2(y, mean) == pytest.approx(sk.r2_score(y, mean))


def test_nlpd_agrees_with_the_density_written_out():
    y, p = np.random.default_rng(1).normal(size=12), prediction()
    density = np.exp(-((y - p.mean) ** 2) / (2 * p.sigma**2)) / np.sqrt(2 * np.pi * p.sigma**2)
    assert metrics.nlpd(y, p) == pytest.approx(-np.log(density).mean())


def test_crps_agrees_with_its_integral():
    y, p = np.random.default_rng(1).normal(size=4), prediction(4)

    def one(i):
        below, _ = integrate.quad(
            lambda x: stats.norm.cdf(x, p.mean[i], p.sigma[i]) ** 2, -40, y[i]
        )
        above, _ = integrate.quad(
            lambda x: (1 - stats.norm.cdf(x, p.mean[i], p.sigma[i])) ** 2, y[i], 40
        )
        return below + above

    assert metrics.crps(y, p) == pytest.approx(np.mean([one(i) for i in range(4)]), rel=1e-6)


@pytest.mark.parametrize("level", metrics.LEVELS)
def test_coverage_of_a_calibrated_model_is_its_level(level):
    rng = np.random.default_rng(0)
    p = Prediction(rng.normal(size=40_000), rng.uniform(0.2, 2, 40_000))
    assert metrics.coverage(rng.normal(p.mean, p.sigma), p, level) == pytest.approx(level, abs=1)


def test_the_truth_scores_better_than_a_wrong_width_or_place():
    rng = np.random.default_rng(0)
    mean, sigma = np.zeros(20_000), np.ones(20_000)
    y = rng.normal(mean, sigma)
    for score in (metrics.nlpd, metrics.crps):
        best = score(y, Prediction(mean, sigma))
        for wrong in (
            Prediction(mean, 2 * sigma),
            Prediction(mean, sigma / 2),
            Prediction(mean + 0.5, sigma),
        ):
            assert score(y, wrong) > best + 0.01


def test_what_is_undefined_is_left_out_and_not_nan():
    flat = metrics.score(np.ones(3), Prediction(np.zeros(3), np.ones(3)))
    assert "r2" not in flat
    assert "spearman" not in flat
    assert flat["mae"] == 1
    assert all(math.isfinite(value) for value in flat.values())
    full = metrics.score(np.arange(3.0), Prediction(np.arange(3.0), np.ones(3)))
    assert (full["r2"], full["spearman"], full["n"]) == (1, pytest.approx(1), 3)
    assert set(full) >= {"nlpd", "crps", "coverage_50", "coverage_80", "coverage_95"}


def test_bounds_are_scored_by_the_probability_that_they_were_given():
    prediction = Prediction(np.array([1.0, 1.0]), np.array([2.0, 2.0]))
    bounds = HeldOutBounds(np.array([3.0, 3.0]), np.array([-1, 1]), prediction)
    below = stats.norm.cdf(1)
    expected = -(np.log(below) + np.log(1 - below)) / 2
    assert metrics.score_bounds(bounds) == {"n_bounds": 2.0, "nlpb": pytest.approx(expected)}
    far = HeldOutBounds(np.array([1e3]), np.array([1]), Prediction(np.zeros(1), np.ones(1)))
    assert np.isfinite(metrics.score_bounds(far)["nlpb"])
