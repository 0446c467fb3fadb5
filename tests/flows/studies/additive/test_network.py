import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import least_squares

from flows.studies.additive.network import (
    EPOCHS,
    Network,
    initial_weights,
    jacobian,
    output,
)


@settings(max_examples=25, deadline=None)
@given(
    nodes=st.integers(1, 6),
    d=st.integers(1, 5),
    seed=st.integers(0, 2**32 - 1),
)
def test_the_jacobian_is_that_of_finite_differences(nodes, d, seed):
    rng = np.random.default_rng(seed)
    X, weights = rng.normal(size=(7, d)), rng.normal(size=nodes * (d + 2) + 1)
    step = 1e-6
    numeric = np.column_stack(
        [
            (output(weights + e, X, nodes) - output(weights - e, X, nodes)) / (2 * step)
            for e in step * np.eye(len(weights))
        ]
    )
    np.testing.assert_allclose(jacobian(weights, X, nodes), numeric, atol=1e-7)


def test_a_known_network_is_found_again():
    rng = np.random.default_rng(3)
    X, new = rng.normal(size=(300, 3)), rng.normal(size=(100, 3))
    known = np.array([1.2, -0.7, 0.4, -0.5, 0.9, 1.1, 0.3, -0.8, 1.5, -1.1, 0.2])
    found = Network.fit(X, output(known, X, 2), 2, rng)
    np.testing.assert_allclose(found.predict(new), output(known, new, 2), atol=1e-5)
    assert found.stop == "gradient"
    assert found.epochs < EPOCHS


def test_it_ends_where_minpack_ends():
    rng = np.random.default_rng(1)
    X = rng.normal(size=(120, 4))
    y = np.tanh(X @ [1.0, -0.5, 0.3, 0.0]) + 0.1 * rng.normal(size=120)
    start = initial_weights(X, 1, np.random.default_rng(5))
    found = Network.fit(X, y, 1, np.random.default_rng(5))
    other = least_squares(
        lambda w: output(w, X, 1) - y, start, lambda w: jacobian(w, X, 1), method="lm"
    )
    assert np.sum((found.predict(X) - y) ** 2) == pytest.approx(2 * other.cost, rel=1e-6)


def test_initial_weights_are_those_of_nguyen_and_widrow():
    """Checked in the units of the method: features from -1 to 1, active regions from -2 to 2."""
    rng = np.random.default_rng(0)
    X = rng.uniform([0, -3, 5], [10, 3, 6], size=(200, 3))
    low, high, k = X.min(axis=0), X.max(axis=0), 5
    weights = initial_weights(X, k, rng)
    W, b = weights[: 3 * k].reshape(k, 3), weights[3 * k : 4 * k]
    slopes = W * (high - low) / 2
    thresholds = b + W @ (low + high) / 2
    length = 2 * 0.7 * k ** (1 / 3)
    np.testing.assert_allclose(np.linalg.norm(slopes, axis=1), length)
    np.testing.assert_allclose(
        thresholds, length * np.linspace(-1, 1, k) * np.sign(slopes[:, 0]), atol=1e-12
    )
    assert (np.abs(weights[4 * k :]) <= 1).all()


def test_what_does_not_vary_has_no_weight():
    rng = np.random.default_rng(0)
    X = np.column_stack([rng.normal(size=50), np.zeros(50)])
    found = Network.fit(X, np.sin(X[:, 0]), 3, rng)
    elsewhere = X + np.array([0.0, 7.0])
    np.testing.assert_array_equal(found.predict(elsewhere), found.predict(X))


def test_more_weights_than_rows_overfit():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(30, 4)), rng.normal(size=30)
    found = Network.fit(X, y, 8, rng)
    assert np.sqrt(np.mean((found.predict(X) - y) ** 2)) < 1e-3


def test_the_same_seed_gives_the_same_network():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(40, 2)), rng.normal(size=40)
    one, other = (Network.fit(X, y, 2, np.random.default_rng(9)) for _ in range(2))
    np.testing.assert_array_equal(one.weights, other.weights)
