from dataclasses import replace

import numpy as np

from cathode.model import TrainingData


def test_digest_depends_on_content_and_not_on_order():
    rng = np.random.default_rng(0)
    X, y = rng.random((5, 2)), rng.random(5)
    sigma, groups = np.full(5, np.nan), tuple("abcde")
    data = TrainingData("p", X, y, sigma, groups)
    assert data.take(rng.permutation(5)).digest() == data.digest()
    assert TrainingData("p", X, y + 1e-12, sigma, groups).digest() != data.digest()
    assert TrainingData("q", X, y, sigma, groups).digest() != data.digest()


def test_take_keeps_rows_together():
    data = TrainingData("p", np.eye(3), np.arange(3.0), np.arange(3.0) / 10, ("a", "b", "a"))
    part = data.take(np.array([2, 0]))
    np.testing.assert_array_equal(part.X, np.eye(3)[[2, 0]])
    assert part.y.tolist() == [2.0, 0.0]
    assert part.sigma.tolist() == [0.2, 0.0]
    assert part.groups == ("a", "a")
    assert (len(data), data.n_candidates) == (3, 2)


def test_bounds_are_told_from_values():
    data = TrainingData("p", np.eye(4), np.arange(4.0), np.full(4, np.nan), tuple("abcd"))
    some = replace(data, limits=("<", None, None, ">"), origins=(None, None, "quick", "quick"))
    assert some.sides.tolist() == [-1, 0, 0, 1]
    assert data.sides.tolist() == [0] * 4
    assert data.exact is data
    assert (some.exact.groups, some.exact.limits) == (("b", "c"), ())
    assert (some.bounds.groups, some.bounds.limits) == (("a", "d"), ("<", ">"))
    assert some.own.limits == ("<", None)
    assert some.take(np.array([3, 1])).limits == (">", None)
    assert some.own.exact.n_candidates == 1


def test_a_bound_is_other_content_than_a_value():
    data = TrainingData("p", np.eye(2), np.arange(2.0), np.full(2, np.nan), ("a", "b"))
    digests = {replace(data, limits=(limit, None)).digest() for limit in (None, "<", ">")}
    assert len(digests) == 3
    assert replace(data, limits=(None, None)).digest() == data.digest()
