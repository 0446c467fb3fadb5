"""Crystals to learn from, to validate by, and to judge by: no group is on two sides."""

from collections import Counter
from collections.abc import Sequence
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
        train: learned from.
        validation: tell the best epoch, and how wide intervals are.
        test: what the model is judged by, looked at once.
    """

    train: Rows
    validation: Rows
    test: Rows


def groups_of(table: CrystalTable, kind: Literal["random", "framework"]) -> tuple[str, ...]:
    """What each crystal is never to be parted from: its composition, or its framework."""
    if kind == "framework":
        return table.frameworks
    return tuple(reduced_formula(crystal) for crystal in table.crystals)


def split_groups(groups: Sequence[str], validation: float, test: float, seed: int) -> Split:
    """Draw whole groups as long as they fit into the share of a part; each part has one at least.

    A group that does not fit is left to learn from. Where none fits, a part gets the smallest.

    Args:
        groups: of the rows.
        validation: share of the rows.
        test: share of the rows.
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
    parts: list[set[str]] = []
    rooms = [share * len(groups) for share in (test, validation)]
    for i, room in enumerate(rooms):  # one for each, before a part is filled
        first = next((g for g in order if sizes[g] <= room), min(order, key=sizes.__getitem__))
        order.remove(first)
        parts.append({first})
        rooms[i] -= sizes[first]
    for part, room in zip(parts, rooms, strict=True):
        left = room
        for group in tuple(order):
            if len(order) > 1 and sizes[group] <= left:
                order.remove(group)
                part.add(group)
                left -= sizes[group]
    tested, validated = (np.array([group in part for group in groups]) for part in parts)
    return Split(
        np.flatnonzero(~tested & ~validated), np.flatnonzero(validated), np.flatnonzero(tested)
    )
