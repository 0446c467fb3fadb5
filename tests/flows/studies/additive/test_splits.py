import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cathode.errors import StudyError
from flows.studies.additive.splits import random_splits, study_splits


@settings(max_examples=30, deadline=None)
@given(
    groups=st.lists(st.integers(0, 30), min_size=40, max_size=80),
    seed=st.integers(0, 1000),
)
def test_no_group_is_on_both_sides(groups, seed):
    numbers = np.array([*groups, *range(12)])
    splits = study_splits(numbers, 5, 0.2, seed)
    count = round(0.2 * len(set(numbers.tolist())))
    for split in splits:
        tested = set(numbers[split.test].tolist())
        assert not tested & set(numbers[split.train].tolist())
        assert len(tested) == count
        assert sorted([*split.train, *split.test]) == list(range(len(numbers)))
    assert len({tuple(split.test.tolist()) for split in splits}) == 5


def test_the_first_splits_of_more_are_the_same():
    groups = np.arange(20)
    few, more = random_splits(groups, 3, 4, seed=1), random_splits(groups, 9, 4, seed=1)
    for one, other in zip(few, more, strict=False):
        np.testing.assert_array_equal(one.test, other.test)


def test_all_splits_there_are_can_be_had():
    assert len(random_splits(np.arange(7), 21, 2, seed=0)) == 21


@pytest.mark.parametrize(
    ("groups", "number", "share", "message"),
    [
        (np.arange(7), 22, 0.3, "can be split in 21 ways: ask for at most as many splits, not 22"),
        (np.arange(20), 10, 0.05, "leaves 1 to test on"),
        (np.arange(20) % 6, 4, 0.4, "leaves 2 to test on and 4 to train on"),
    ],
)
def test_what_cannot_be_split_so(groups, number, share, message):
    with pytest.raises(StudyError, match=message):
        study_splits(groups, number, share, seed=0)
