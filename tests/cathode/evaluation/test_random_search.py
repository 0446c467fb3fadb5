import numpy as np
import pytest

from cathode.evaluation.random_search import random_search
from cathode.model import Prediction
from cathode.spec import parse_spec
from tests.helpers import layered


class Known:
    """Predicts the nickel fraction, times a factor, with certainty."""

    def __init__(self, factor):
        self.factor = factor

    def predict(self, X):
        return Prediction(self.factor * X[:, 2], np.full(len(X), 1e-9))


def search(space, numbers=(1, 4, 16), **changes):
    spec = parse_spec(layered(**changes), "test")
    models = {"specific_energy": Known(100.0), "volume_change": Known(1.0)}
    return random_search(
        spec, space, models, numbers, (0.0,) * len(spec.objectives), np.random.default_rng(0), 300
    )


def test_quantiles_are_those_of_the_best_of_n_draws(small_space):
    found = search(small_space)
    nickel = np.array([c[2] for c in small_space.encode(list(small_space))])
    draws = np.random.default_rng(1).choice(nickel, (4000, 16))
    for i, n in enumerate((1, 4, 16)):
        expected = np.quantile(100 * draws[:, :n].max(axis=1), [0.1, 0.5, 0.9])
        got = [found.low[i], found.median[i], found.high[i]]
        np.testing.assert_allclose(got, expected, atol=10.1)  # one step of the space
    assert (np.diff(found.median) >= 0).all()


def test_candidates_that_break_constraints_do_not_count(small_space):
    found = search(small_space, constraints=[{"property": "volume_change", "max": 0.45}])
    assert np.nanmax(found.high) <= 45
    nothing = search(small_space, constraints=[{"property": "volume_change", "min": 99}])
    assert np.isnan(nothing.median).all()


def test_several_objectives_give_hypervolume(small_space):
    found = search(
        small_space,
        objectives=[{"property": "specific_energy"}, {"property": "volume_change"}],
    )
    # Both objectives rise with nickel: the volume of the best is a rectangle, at most 100 x 1.
    assert found.high.max() == pytest.approx(100, abs=0.1)
