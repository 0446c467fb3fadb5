"""Searches that go wrong are started anew, and say so."""

import numpy as np
import pytest
from scipy.linalg import LinAlgError

from cathode.spec import GPSpec
from surrogates.gp import search
from surrogates.gp.correlations import Matern
from surrogates.gp.likelihood import Posterior
from surrogates.gp.noise import RowNoise
from surrogates.gp.search import most_probable
from surrogates.gp.surrogate import GPSurrogate
from tests.contracts.surrogate import training_data


def posterior(n=40, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.random((n, 3))
    y = np.sin(6 * X[:, 0]) + X[:, 1] ** 2 + 0.1 * rng.standard_normal(n)
    return Posterior(Matern(X), (y - y.mean()) / y.std(), RowNoise.unknown(n))


def test_a_search_that_arrives_is_not_repeated():
    found = most_probable(posterior())
    assert found.anew == 0
    assert np.abs(posterior()(found.theta)[1]).max() < 0.1


def test_a_search_that_does_not_arrive_is_tried_from_elsewhere(monkeypatch, small_space):
    monkeypatch.setattr(search, "STEPS", 1)
    found = most_probable(posterior())
    assert found.anew == 3
    fitted = GPSurrogate(GPSpec(kind="gp"), small_space).fit(training_data(small_space), 0)
    assert "fit started anew 3 times" in fitted.notes


def test_the_best_of_several_starts_is_taken():
    """From a start where all is noise the search ends in a lesser maximum, or none."""
    one = posterior()
    bad = one.start.copy()
    bad[:3], bad[-1] = one.most[:3], one.most[-1]
    assert one.height(most_probable(one, bad).theta) <= one(bad)[0]
    good = most_probable(one)
    assert one.height(good.theta) == pytest.approx(
        min(one.height(most_probable(one, start).theta) for start in (one.start, bad)), abs=0.5
    )


def test_a_covariance_that_cannot_be_factored_is_said():
    broken = Posterior(Matern(np.full((3, 1), np.nan)), np.zeros(3), RowNoise.unknown(3))
    with pytest.raises(LinAlgError, match="singular"):
        most_probable(broken)
