"""Splits into training, validation and test part: 80, 10 and 10 %, as published."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cathode.errors import StudyError
from cathode.rng import derived_seed
from flows.studies.augmentation.settings import SplitKind

SHARE = 0.1
"""Of the crystals to validate with, and of those to test on."""

FEWEST = 20
"""Crystals of which a property must be known, so that each part has some."""

FEWEST_FRAMEWORKS = 5

Rows = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Parts:
    """Row numbers to learn from, to tell the best epoch by, and to judge by; ascending."""

    train: Rows
    validation: Rows
    test: Rows

    @property
    def ratio(self) -> float:
        """Test rows over training rows."""
        return len(self.test) / len(self.train)


def parts_of(kind: SplitKind, frameworks: Sequence[str], replicate: int, seed: int) -> Parts:
    """A split of crystals.

    Args:
        kind: ``random``, every crystal for itself; ``framework``, no framework in two parts.
        frameworks: of the crystals, shape (n,).
        replicate: number of the split.
        seed: of the study.

    Raises:
        StudyError: there are too few of them.
    """
    n = len(frameworks)
    if n < FEWEST:
        msg = f"{n} crystals with a known value: a split into three parts takes {FEWEST}"
        raise StudyError(msg)
    rng = np.random.default_rng(derived_seed(seed, "split", kind, replicate))
    if kind == "random":
        order, count = rng.permutation(n), round(SHARE * n)
        test, validation, train = np.split(order, [count, 2 * count])
        return Parts(np.sort(train), np.sort(validation), np.sort(test))
    names, owners, counts = np.unique(np.array(frameworks), return_inverse=True, return_counts=True)
    if len(names) < FEWEST_FRAMEWORKS:
        msg = (
            f"{len(names)} frameworks: a split by framework takes {FEWEST_FRAMEWORKS}; "
            "leave it out with --split random"
        )
        raise StudyError(msg)
    part = _parts_of_groups(counts[order := rng.permutation(len(names))])
    of_framework = np.empty(len(names), dtype=int)
    of_framework[order] = part
    found = of_framework[owners]
    return Parts(*(np.flatnonzero(found == number) for number in (2, 1, 0)))


def _parts_of_groups(counts: NDArray[np.intp]) -> NDArray[np.intp]:
    """0 to test on, 1 to validate with, 2 to learn from, for groups in a drawn order.

    A group is where its middle lies along all crystals, so that parts are as large as they should
    be but for half a group; each has one at least.
    """
    middle = (np.cumsum(counts) - counts / 2) / counts.sum()
    part: NDArray[np.intp] = np.minimum(middle // SHARE, 2).astype(np.intp)
    part[0], part[-1] = 0, 2
    if 1 not in part:
        part[np.argmax(part > 0)] = 1
    return part
