"""Recipes counted and drawn element by element, without listing them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]
"""Steps of each element, one recipe per row; each row sums to the whole."""

Usage = tuple[tuple[int, int], ...]
"""Per limit how many of its elements are present, and how many steps they hold together."""

State = tuple[int, Usage]
"""Steps left, and the usage of each limit."""


@dataclass(frozen=True)
class Limit:
    """What a set of elements may hold together.

    Attributes:
        members: indices of the elements.
        count: how many of them may be present.
        total: how many steps they may hold together.
    """

    members: frozenset[int]
    count: int
    total: int


@dataclass(frozen=True)
class Layer:
    """What may be chosen for one element, from each state that can still be finished.

    Attributes:
        element: its index.
        least: count that the first choice stands for.
        then: state of the next layer after each choice, shape (states, choices); -1 where the
            choice leads nowhere.
        cumulative: probability of each choice or an earlier one, if all recipes are equally
            likely, shape (states, choices).
    """

    element: int
    least: int
    then: NDArray[np.int64]
    cumulative: NDArray[np.float64]


@dataclass(frozen=True)
class RecipeWalk:
    """All ways to give each element a count within its bounds, limits kept, that use all steps.

    A recipe is a walk through layers of states. Counting the ways to finish from each state, in
    whole numbers of any length, gives the exact number of recipes and exactly uniform draws.

    Attributes:
        parts: steps in all.
        lower: least count of each element.
        upper: greatest count of each element.
        limits: what sets of elements may hold together.
    """

    parts: int
    lower: tuple[int, ...]
    upper: tuple[int, ...]
    limits: tuple[Limit, ...]

    @cached_property
    def order(self) -> list[int]:
        """Elements in the order walked: those of most limits first, which keeps states few."""
        limited = [sum(j in limit.members for limit in self.limits) for j in range(len(self.lower))]
        return sorted(range(len(self.lower)), key=lambda j: (-limited[j], j))

    @property
    def size(self) -> int:
        """Exact number of recipes."""
        return self._counted[0]

    @property
    def layers(self) -> list[Layer]:
        """One layer per element, in the order walked."""
        return self._counted[1]

    @cached_property
    def _counted(self) -> tuple[int, list[Layer]]:
        steps, states = self._forward()
        ways = [int(left == 0) for left, _ in states[-1]]
        layers: list[Layer] = []
        for level in reversed(range(len(self.order))):
            j = self.order[level]
            choices = self.upper[j] - self.lower[j] + 1
            then = np.full((len(states[level]), choices), -1)
            cumulative = np.zeros((len(states[level]), choices))
            before = []
            for s, following in enumerate(steps[level]):
                counted = [0] * choices
                for choice, target in following:
                    counted[choice] = ways[target]
                    then[s, choice] = target if ways[target] else -1
                before.append(sum(counted))
                running = 0
                for choice, n in enumerate(counted):
                    running += n
                    # Whole numbers divided once: exact to the last digit, and 1 at the end.
                    cumulative[s, choice] = running / before[-1] if before[-1] else 1.0
            layers.append(Layer(j, self.lower[j], then, cumulative))
            ways = before
        return ways[0], layers[::-1]

    def _forward(self) -> tuple[list[list[list[tuple[int, int]]]], list[list[State]]]:
        """States reached at each level, and the (choice, next state) pairs that lead on."""
        start: State = (self.parts, tuple((0, 0) for _ in self.limits))
        states, steps = [[start]], []
        for level, j in enumerate(self.order):
            rest = self.order[level + 1 :]
            need, room = (sum(bound[i] for i in rest) for bound in (self.lower, self.upper))
            index: dict[State, int] = {}
            following = []
            for left, usage in states[-1]:
                # Counts that leave what the elements to come can take up.
                least = max(self.lower[j], left - room)
                most = min(self.upper[j], left - need)
                found = []
                for count in range(least, most + 1):
                    used = self._used(usage, j, count)
                    if used is not None:
                        target = index.setdefault((left - count, used), len(index))
                        found.append((count - self.lower[j], target))
                following.append(found)
            steps.append(following)
            states.append(list(index))
        return steps, states

    def _used(self, usage: Usage, j: int, count: int) -> Usage | None:
        if not count:
            return usage
        after = []
        for (present, held), limit in zip(usage, self.limits, strict=True):
            inside = j in limit.members
            now = (present + inside, held + inside * count)
            if now[0] > limit.count or now[1] > limit.total:
                return None
            after.append(now)
        return tuple(after)

    def draw(self, cube: NDArray[np.float64]) -> Counts:
        """The recipes at points of the unit cube.

        Each coordinate picks one element's count from its exact distribution given those before
        it, so uniform points give uniform recipes and low-discrepancy points spread over them.

        Args:
            cube: one number in [0, 1) per element, shape (n, elements).
        """
        counts = np.zeros(cube.shape, dtype=np.int64)
        state = np.zeros(len(cube), dtype=np.int64)
        for layer, u in zip(self.layers, cube.T, strict=True):
            choice = (layer.cumulative[state] <= u[:, None]).sum(axis=1)
            counts[:, layer.element] = layer.least + choice
            state = layer.then[state, choice]
        return counts

    def every(self) -> Counts:
        """All recipes, in lexicographic order; look at ``size`` first."""
        counts = np.zeros((1, len(self.order)), dtype=np.int64)
        state = np.zeros(1, dtype=np.int64)
        for layer in self.layers:
            row, choice = np.nonzero(layer.then[state] >= 0)
            counts = counts[row]
            counts[:, layer.element] = layer.least + choice
            state = layer.then[state[row], choice]
        return counts[np.lexsort(counts.T[::-1])]

    def keeps(self, counts: Counts) -> NDArray[np.bool_]:
        """Whether recipes keep all bounds and limits, shape (n,)."""
        kept: NDArray[np.bool_] = counts.sum(axis=1) == self.parts
        kept &= (counts >= self.lower).all(axis=1) & (counts <= self.upper).all(axis=1)
        for limit in self.limits:
            held = counts[:, sorted(limit.members)]
            kept &= ((held > 0).sum(axis=1) <= limit.count) & (held.sum(axis=1) <= limit.total)
        return kept


def scales(most: int) -> Iterator[int]:
    """1, 2, 4, … up to a number: steps by which a search moves near and far."""
    scale = 1
    while scale <= most:
        yield scale
        scale *= 2


def swaps(counts: Sequence[int], upper: Sequence[int]) -> Counts:
    """Recipes after moving steps from one element to another: 1, 2, 4, … of them, or all.

    Bounds are kept, limits and lower bounds are left to the caller.
    """
    moved = []
    for i, held in enumerate(counts):
        for scale in sorted({*scales(held), held} - {0}):
            for j in range(len(counts)):
                if j != i and counts[j] + scale <= upper[j]:
                    after = list(counts)
                    after[i] -= scale
                    after[j] += scale
                    moved.append(after)
    return np.array(moved, dtype=np.int64).reshape(-1, len(counts))
