"""Intervals at few values, and what widens them."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from cathode.evaluation.metrics import LEVELS, coverage, crps
from cathode.model import Prediction, TrainingData
from cathode.space import PoolSpace
from cathode.spec import GPSpec
from surrogates.gp.correlations import Matern
from surrogates.gp.likelihood import Posterior
from surrogates.gp.noise import RowNoise
from surrogates.gp.search import most_probable
from surrogates.gp.surrogate import GPSurrogate
from surrogates.gp.widening import widening


def drawn(n, seed, d=4, tests=200):
    """Values of a function drawn from a Matérn GP, at n places and at others."""
    rng = np.random.default_rng(seed)
    X = rng.random((n + tests, d))
    r = np.sqrt(5) * cdist(X, X) / (0.35 * np.sqrt(d))
    K = np.exp(-r) * (1 + r + r**2 / 3)
    y = np.linalg.cholesky(K + 1e-9 * np.eye(len(X))) @ rng.standard_normal(len(X))
    return X, y + 0.05 * rng.standard_normal(len(X))


def fitted(X, y, n):
    space = PoolSpace.of_rows([f"x{i}" for i in range(X.shape[1])], X)
    data = TrainingData("y", X[:n], y[:n], np.full(n, np.nan), tuple(map(str, range(n))))
    return GPSurrogate(GPSpec(kind="gp"), space).fit(data, 0)


@pytest.mark.parametrize(("n", "within"), [(10, 16), (20, 8), (40, 8)])
def test_intervals_of_few_values_hold_what_they_promise(n, within):
    before, after = [], []
    for seed in range(16):
        X, y = drawn(n, seed)
        model = fitted(X, y, n)
        found = model.predict(X[n:])
        mode = Prediction(found.mean, found.sigma / np.sqrt(model.widening))
        for scores, each in ((before, mode), (after, found)):
            inside = [coverage(y[n:], each, level) for level in LEVELS]
            scores.append([*inside, crps(y[n:], each)])
    before, after = np.mean(before, axis=0), np.mean(after, axis=0)
    assert np.abs(after[:3] - LEVELS).max() < within
    assert np.abs(after[:3] - LEVELS).sum() < np.abs(before[:3] - LEVELS).sum()
    assert after[3] < before[3]


def test_means_stay_as_they_are():
    X, y = drawn(20, 0)
    model = fitted(X, y, 20)
    posterior = Posterior(
        Matern((X[:20] - X.min(0)) / np.ptp(X, axis=0)),
        (y[:20] - y[:20].mean()) / y[:20].std(ddof=1),
        RowNoise.unknown(20),
    )
    left_out = posterior.left_out(most_probable(posterior).theta)[0]
    assert model.widening == pytest.approx(
        widening(posterior, most_probable(posterior).theta, np.arange(20), 20)
    )
    rest = y[:20] - y[:20].std(ddof=1) * left_out
    assert np.corrcoef(model.predict(X[:20]).mean, rest)[0, 1] > 0.9


def test_many_values_need_no_widening():
    X, y = drawn(200, 0, d=2, tests=1)
    assert 0.6 < fitted(X, y, 200).widening < 1.4
