"""Random splits into training and test that never part what belongs together."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cathode.errors import StudyError

FEWEST_TEST_GROUPS = 2
"""A test part of less would say nothing of how much of the variance is explained."""

FEWEST_TRAINING_GROUPS = 5
"""What remains is split once more where hyperparameters are chosen inside a training part."""

Rows = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Split:
    """Row numbers to train on and to test on."""

    train: Rows
    test: Rows


def study_splits(
    groups: NDArray[np.intp], number: int, share: float, seed: int
) -> tuple[Split, ...]:
    """Random splits with parts that a study can use.

    Args:
        groups: rows of equal number stay together, shape (n,).
        number: how many splits.
        share: of the groups to test on.
        seed: of the draw.

    Raises:
        StudyError: there are not as many splits, or their parts are too small.
    """
    n = len(np.unique(groups))
    count = round(share * n)
    if count < FEWEST_TEST_GROUPS or n - count < FEWEST_TRAINING_GROUPS:
        msg = (
            f"of {n} groups a test share of {share:g} leaves {count} to test on and {n - count} "
            f"to train on: it takes at least {FEWEST_TEST_GROUPS} and {FEWEST_TRAINING_GROUPS}; "
            "give another share, or more groups"
        )
        raise StudyError(msg)
    return random_splits(groups, number, count, seed)


def random_splits(
    groups: NDArray[np.intp], number: int, count: int, seed: int
) -> tuple[Split, ...]:
    """Distinct random splits.

    Args:
        groups: rows of equal number stay together, shape (n,).
        number: how many splits.
        count: how many of the groups to test on.
        seed: the first splits of a longer series are those of a shorter one.

    Raises:
        StudyError: there are not as many splits.
    """
    distinct = np.unique(groups)
    if (possible := math.comb(len(distinct), count)) < number:
        msg = (
            f"{len(distinct)} groups, {count} of them to test on, can be split in {possible} "
            f"ways: ask for at most as many splits, not {number}"
        )
        raise StudyError(msg)
    rng = np.random.default_rng(seed)
    seen: dict[tuple[int, ...], Split] = {}
    while len(seen) < number:
        chosen = np.sort(rng.choice(distinct, count, replace=False))
        tested = np.isin(groups, chosen)
        split = Split(np.flatnonzero(~tested), np.flatnonzero(tested))
        seen.setdefault(tuple(chosen.tolist()), split)
    return tuple(seen.values())
