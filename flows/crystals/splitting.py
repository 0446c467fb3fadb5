"""Crystals to learn from, to validate by, and to judge by: no group is on two sides."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cathode.errors import FitError
from cathode.rng import derived_seed
from cathode.sources.crystal_table import CrystalTable, reduced_formula

Rows = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Split:
    """Row numbers of a table.

    Attributes:
        learned: what is not tested on.
        folds: parts of it; each member leaves out another one, which tells its best epoch, and
            how wide intervals are.
        test: what the model is judged by, looked at once.
    """

    learned: Rows
    folds: tuple[Rows, ...]
    test: Rows

    def lesson(self, member: int) -> tuple[Rows, Rows]:
        """What a member learns from, and what it is validated by."""
        left_out = self.folds[member % len(self.folds)]
        return np.setdiff1d(self.learned, left_out), left_out


def groups_of(table: CrystalTable, kind: Literal["random", "framework"]) -> tuple[str, ...]:
    """What each crystal is never to be parted from: its composition, or its framework."""
    if kind == "framework":
        return table.frameworks
    return tuple(reduced_formula(crystal) for crystal in table.crystals)


def split_groups(groups: Sequence[str], validation: float, test: float, seed: int) -> Split:
    """Draw whole groups as long as they fit into the test part, and make folds of the others.

    A group that does not fit into its share is always left to learn from. Where none fits, a part
    gets the smallest.

    Args:
        groups: of the rows.
        validation: share of the rows in a fold, as nearly as groups can be parted.
        test: share of the rows that is tested on, at most.
        seed: draws them.

    Raises:
        FitError: there are fewer groups than parts.
    """
    sizes = Counter(groups)
    distinct = np.array(sorted(sizes))
    if len(distinct) < 3:  # noqa: PLR2004 - one for each part
        msg = (
            f"the crystals are of {len(distinct)} kinds only ({', '.join(distinct)}): to learn, to "
            "validate and to test takes three, none of them on two sides"
        )
        raise FitError(msg)
    order = np.random.default_rng(derived_seed(seed, "split")).permutation(distinct).tolist()
    tested = _filled(order, sizes, test * len(groups))
    rest = [group for group in order if group not in tested]
    folds = _folds(rest, sizes, validation * len(groups))
    place = {group: number for number, fold in enumerate(folds) for group in fold}
    place |= dict.fromkeys(tested, -1)
    numbers = np.array([place.get(group, len(folds)) for group in groups])
    return Split(
        np.flatnonzero(numbers >= 0),
        tuple(np.flatnonzero(numbers == number) for number in range(len(folds))),
        np.flatnonzero(numbers < 0),
    )


def _filled(order: Sequence[str], sizes: Mapping[str, int], room: float) -> set[str]:
    """Groups in their order as long as they fit; two are left over."""
    fitting = [group for group in order if sizes[group] <= room]
    found = {fitting[0] if fitting else min(order, key=sizes.__getitem__)}
    left = room - sum(sizes[group] for group in found)
    for group in order:
        if group not in found and sizes[group] <= left and len(found) < len(order) - 2:
            found.add(group)
            left -= sizes[group]
    return found


def _folds(order: Sequence[str], sizes: Mapping[str, int], room: float) -> list[set[str]]:
    """Groups in parts of about so many rows; those that are larger are in none."""
    fitting = [group for group in order if sizes[group] <= room]
    fitting = fitting or [min(order, key=sizes.__getitem__)]
    rows = sum(sizes[group] for group in fitting)
    # Where all are in folds, two of them leave something to learn from.
    least = 2 if len(fitting) == len(order) else 1
    folds = [set[str]() for _ in range(max(least, min(len(fitting), round(rows / room))))]
    filled = [0] * len(folds)
    for group in sorted(fitting, key=sizes.__getitem__, reverse=True):
        emptiest = filled.index(min(filled))
        folds[emptiest].add(group)
        filled[emptiest] += sizes[group]
    return folds
