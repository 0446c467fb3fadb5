from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cathode.evaluation.baselines import MeanPredictor
from cathode.evaluation.cross_validation import grouped_folds, held_out, random_splits
from cathode.model import Prediction, TrainingData


@given(
    st.lists(st.sampled_from("abcdefg"), min_size=2, max_size=30),
    st.integers(2, 6),
    st.integers(0, 9),
)
def test_every_row_is_tested_once_and_no_group_is_split(groups, folds, seed):
    tested = []
    for train, test in grouped_folds(tuple(groups), folds, np.random.default_rng(seed)):
        assert {groups[i] for i in train}.isdisjoint({groups[i] for i in test})
        assert len(train) + len(test) == len(groups)
        tested += test.tolist()
    assert sorted(tested) == list(range(len(groups)))


def data(groups):
    y = np.arange(float(len(groups)))
    return TrainingData("p", y[:, None], y, np.full(len(y), np.nan), tuple(groups))


class Memory:
    """Knows what it was shown and nothing else: a leak would give it away."""

    def __init__(self, shown):
        self.shown = dict(zip(shown.X[:, 0], shown.y, strict=True))

    def predict(self, X):
        mean = np.array([self.shown.get(x, -1.0) for x in X[:, 0]])
        return Prediction(mean, np.ones(len(X)))


def test_no_measurement_is_predicted_by_a_fit_that_saw_it():
    found = held_out(Memory, data("aabbccdd"), 4, 0)
    assert (found.prediction.mean == -1).all()


def test_predictions_belong_to_their_rows():
    found = held_out(MeanPredictor.fit, data("abcdef"), 6, 0)
    np.testing.assert_allclose(found.prediction.mean, [(15 - y) / 5 for y in range(6)])
    assert found.groups == tuple("abcdef")


@pytest.mark.parametrize("seed", [0, 1])
def test_folds_are_reproducible(seed):
    one, other = (held_out(MeanPredictor.fit, data("abcdefgh"), 3, seed) for _ in "ab")
    np.testing.assert_array_equal(one.prediction.mean, other.prediction.mean)


def test_random_splits_never_split_a_group_and_test_on_the_share_asked_for():
    groups = tuple(f"c{i % 10}" for i in range(35))
    found = list(random_splits(groups, 6, 0.2, np.random.default_rng(0)))
    assert len(found) == 6
    for train, test in found:
        assert sorted([*train, *test]) == list(range(35))
        assert not {groups[row] for row in train} & {groups[row] for row in test}
        assert len({groups[row] for row in test}) == 2
    assert len({tuple(test) for _, test in found}) > 1


def test_bounds_are_learned_from_and_predicted_apart():
    told = replace(data("aabbccdd"), limits=("<", None, None, ">", None, None, None, None))
    shown = []

    def fit(train):
        shown.append(train)
        return Memory(train)

    found = held_out(fit, told, 4, 0)
    assert all(len(train.bounds) for train in shown)
    assert found.groups == tuple("abccdd")
    assert found.y.tolist() == [1, 2, 4, 5, 6, 7]
    assert found.bounds.y.tolist() == [0, 3]
    assert found.bounds.sides.tolist() == [-1, 1]
    assert (found.bounds.prediction.mean == -1).all()
    assert held_out(Memory, data("aabb"), 2, 0).bounds is None
