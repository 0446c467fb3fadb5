"""Splits without leakage."""

import numpy as np
import pytest

from cathode.errors import StudyError
from flows.studies.augmentation.splits import parts_of

FRAMEWORKS = [f"f{i % 37}" for i in range(200)] + ["large"] * 60


@pytest.mark.parametrize("kind", ["random", "framework"])
@pytest.mark.parametrize("replicate", range(5))
def test_parts_are_disjoint_and_of_their_sizes(kind, replicate):
    parts = parts_of(kind, FRAMEWORKS, replicate, 0)
    every = np.concatenate([parts.train, parts.validation, parts.test])
    assert sorted(every) == list(range(260))
    assert len(parts.test) == pytest.approx(26, abs=0 if kind == "random" else 40)
    assert min(len(parts.train), len(parts.validation), len(parts.test)) > 0


@pytest.mark.parametrize("replicate", range(10))
def test_no_framework_is_in_two_parts(replicate):
    parts = parts_of("framework", FRAMEWORKS, replicate, 0)
    named = [{FRAMEWORKS[i] for i in rows} for rows in (parts.train, parts.validation, parts.test)]
    assert not named[0] & named[1]
    assert not named[0] & named[2]
    assert not named[1] & named[2]


@pytest.mark.parametrize("kind", ["random", "framework"])
def test_a_replicate_has_a_split_of_its_own_and_always_the_same(kind):
    first, again, other = (parts_of(kind, FRAMEWORKS, r, 0) for r in (0, 0, 1))
    assert np.array_equal(first.test, again.test)
    assert not np.array_equal(first.test, other.test)
    assert not np.array_equal(first.test, parts_of(kind, FRAMEWORKS, 0, 1).test)


def test_even_five_frameworks_fill_three_parts():
    for seed in range(20):
        parts = parts_of("framework", [f"f{i // 4}" for i in range(20)], 0, seed)
        assert min(len(parts.train), len(parts.validation), len(parts.test)) >= 4


def test_too_few_are_refused():
    with pytest.raises(StudyError, match="19 crystals with a known value"):
        parts_of("random", ["a"] * 19, 0, 0)
    with pytest.raises(StudyError, match="1 frameworks: a split by framework takes 5"):
        parts_of("framework", ["a"] * 30, 0, 0)
