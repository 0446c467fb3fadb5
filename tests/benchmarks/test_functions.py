"""Published minima of the test functions."""

import numpy as np
import pytest

from benchmarks.functions import FUNCTIONS, branin, friedman, hartmann6


@pytest.mark.parametrize("at", [(-np.pi, 12.275), (np.pi, 2.275), (9.42478, 2.475)])
def test_branin_has_three_equal_minima(at):
    U = (np.array([at]) + np.array([5, 0])) / 15
    assert branin(U)[0] == pytest.approx(0.397887, abs=1e-5)


def test_hartmann_has_the_minimum_that_is_known():
    at = np.array([[0.20169, 0.150011, 0.476874, 0.275332, 0.311652, 0.6573]])
    assert hartmann6(at)[0] == pytest.approx(-3.32237, abs=1e-5)


def test_friedman_adds_its_parts():
    U = np.array([[0.5, 1.0, 0.5, 0.2, 0.4]])
    assert friedman(U)[0] == pytest.approx(10 + 0 + 2 + 2)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_each_has_a_finite_value_everywhere(name):
    d, function = FUNCTIONS[name]
    values = function(np.random.default_rng(0).random((50, d)))
    assert values.shape == (50,)
    assert np.isfinite(values).all()
    assert values.std() > 0
