"""Hyperparameters: the likelihood against the normal density, the scan against plain fits."""

import numpy as np
import pytest
from scipy.stats import multivariate_normal, norm

from cathode.errors import FitError
from surrogates.gpr_nn import selection
from surrogates.gpr_nn.regression import AdditiveRegression
from surrogates.gpr_nn.selection import most_probable, scan
from surrogates.gpr_nn.terms import directions, spanning
from tests.surrogates.gpr_nn.test_regression import dense


def values(n, seed=0, noise=0.1):
    rng = np.random.default_rng(seed)
    X = rng.random((n, 3))
    y = np.sin(5 * X[:, 0]) + X[:, 1] ** 2 + noise * rng.normal(size=n)
    return X, (y - y.mean()) / y.std(), spanning(directions(3, 4), X)


def density(X, y, W, found, relative):
    """Log posterior density, by the normal density itself; constants of the priors left out."""
    noise = found.noise * found.amplitude
    K = found.amplitude * dense(W, found.lengthscale, X, X) + noise * np.diag(relative)
    priors = [
        (np.log(found.amplitude * len(W)), 0.0, selection.AMPLITUDE_SPREAD),
        (np.log(noise), selection.NOISE_LOCATION, selection.NOISE_SPREAD),
        (
            np.log(found.lengthscale),
            selection.LENGTHSCALE_LOCATION,
            selection.LENGTHSCALE_SPREAD,
        ),
    ]
    prior = sum(norm.logpdf(x, m, s) - norm.logpdf(0, 0, s) for x, m, s in priors)
    return multivariate_normal.logpdf(y, cov=K) + prior


@pytest.mark.parametrize("n", [30, 150])  # fewer points than features, and more
def test_the_density_is_that_of_the_values(n):
    X, y, W = values(n)
    relative = np.random.default_rng(3).uniform(0.5, 2, n)
    found = most_probable(X, y, W, relative)
    rest = n / 2 * np.log(2 * np.pi) + np.log(relative).sum() / 2
    assert found.evidence == pytest.approx(density(X, y, W, found, relative) + rest, abs=1e-4)


@pytest.mark.parametrize("n", [30, 150])
def test_no_neighbour_is_more_probable(n):
    X, y, W = values(n)
    ones = np.ones(n)
    found = most_probable(X, y, W, ones)
    best = density(X, y, W, found, ones)
    for change in ({"noise": 1.2}, {"noise": 0.8}, {"amplitude": 1.3}, {"amplitude": 0.7}):
        ((name, factor),) = change.items()
        other = selection.Hyperparameters(
            found.lengthscale,
            found.noise * (factor if name == "noise" else 1 / factor),
            found.amplitude * (factor if name == "amplitude" else 1.0),
            0.0,
        )
        assert density(X, y, W, other, ones) < best + 1e-6


def test_noise_is_found_again():
    X, y, W = values(200, noise=0.2)
    found = most_probable(X, y, W, np.ones(200))
    scale = np.std(np.sin(5 * X[:, 0]) + X[:, 1] ** 2)
    assert np.sqrt(found.noise * found.amplitude) * scale == pytest.approx(0.2, rel=0.3)


def test_stated_noise_is_taken_as_it_is():
    X, y, W = values(60)
    found = most_probable(X, y, W, np.full(60, 0.04), stated=True)
    assert found.noise * found.amplitude == pytest.approx(1.0)


def test_the_scan_scores_what_plain_fits_score():
    X, y, W = values(80)
    rng = np.random.default_rng(1)
    splits = [(rows[20:], rows[:20]) for rows in (rng.permutation(80) for _ in range(3))]
    found = scan(X, y, W, [0.3, 3.0], [1e-4, 1e-2, 1.0], splits)
    assert found.mean.shape == found.sd.shape == (2, 3)
    for i, lengthscale in enumerate(found.lengthscales):
        for j, noise in enumerate(found.noises):
            scores = []
            for train, test in splits:
                fit = AdditiveRegression.fit(X[train], y[train], W, lengthscale, noise)
                error = np.sum((fit.predict(X[test]) - y[test]) ** 2)
                scores.append(1 - error / np.sum((y[test] - y[test].mean()) ** 2))
            assert found.mean[i, j] == pytest.approx(np.mean(scores), rel=1e-5)
            assert found.sd[i, j] == pytest.approx(np.std(scores), rel=1e-4)
    at = found.lengthscales.tolist().index(found.best[0])
    assert (found.mean - found.sd).max() == (found.mean - found.sd)[at].max()


def test_a_scan_without_values_to_tell_apart_is_refused():
    X, y, W = values(10)
    with pytest.raises(FitError, match="two that differ"):
        scan(X, y, W, [1.0], [0.1], [(np.arange(9), np.array([9]))])
