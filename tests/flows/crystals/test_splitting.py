from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cathode.errors import FitError
from flows.crystals.splitting import groups_of, split_groups
from tests.crystal_worlds import cif, rock_salt


@given(
    st.lists(st.sampled_from("abcdefghij"), min_size=3, max_size=80).filter(
        lambda groups: len(set(groups)) >= 3
    ),
    st.floats(0.01, 0.6),
    st.floats(0.01, 0.39),
    st.integers(0, 2**32),
)
def test_every_row_is_in_one_part_and_no_group_in_two(groups, validation, test, seed):
    split = split_groups(groups, validation, test, seed)
    most = max(Counter(groups).values())
    for member in range(len(split.folds) + 1):
        parts = (*split.lesson(member), split.test)
        assert sorted(np.concatenate(parts).tolist()) == list(range(len(groups)))
        found = [{groups[row] for row in part} for part in parts]
        assert all(found)
        assert sum(map(len, found)) == len(set(groups))
    # The test part is larger than its share only where one group alone is.
    assert len(split.test) <= max(most, test * len(groups))
    left_out = np.concatenate(split.folds)
    assert len(left_out) == len(set(left_out.tolist()))
    assert set(left_out.tolist()) <= set(split.learned.tolist())


def test_parts_are_as_large_as_asked_for_and_drawn_by_the_seed():
    groups = [str(n) for n in range(200)]
    split = split_groups(groups, 0.1, 0.2, 0)
    assert [len(fold) for fold in split.folds] == [20] * 8
    assert (len(split.learned), len(split.test)) == (160, 40)
    assert set(split.learned) == set(np.concatenate(split.folds))
    np.testing.assert_array_equal(split.test, split_groups(groups, 0.1, 0.2, 0).test)
    assert set(split.test) != set(split_groups(groups, 0.1, 0.2, 1).test)


def test_a_huge_group_is_left_to_learn_from():
    groups = ["huge"] * 60 + [str(n) for n in range(40)]
    for seed in range(50):
        split = split_groups(groups, 0.1, 0.1, seed)
        assert len(split.test) == 10
        assert [len(fold) for fold in split.folds] == [10] * 3
        for member in range(4):
            assert min(split.lesson(member)[0]) == 0


def test_where_none_fits_the_smallest_are_taken():
    groups = ["a"] * 2 + ["b"] * 3 + ["c"] * 95
    for seed in range(10):
        split = split_groups(groups, 0.01, 0.01, seed)
        assert ([*map(len, split.lesson(0))], len(split.test)) == ([95, 3], 2)
        # Though all but one fit into the test part, one is kept for validation.
        split = split_groups(groups, 0.01, 0.3, seed)
        assert len(split.lesson(0)[0]) == 95


def test_two_kinds_are_too_few():
    with pytest.raises(FitError, match=r"of 2 kinds only \(a, b\)"):
        split_groups(["a", "b", "a"], 0.1, 0.1, 0)


def test_compositions_are_one_kind_of_group_and_frameworks_the_other():
    from pathlib import Path

    from cathode.sources.crystal_table import Row, table_of

    rows = [
        Row("a", cif(rock_salt("Li", "O", 4.0)), {}, "O"),
        Row("b", cif(rock_salt("Na", "O", 4.5)), {}, "O"),
        Row("c", cif(rock_salt("Li", "O", 4.1)), {}, "O"),
    ]
    table = table_of(Path("here"), rows, None)
    assert groups_of(table, "random") == ("LiO", "ONa", "LiO")
    assert groups_of(table, "framework") == ("O", "O", "O")
