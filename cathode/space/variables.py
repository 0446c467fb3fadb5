"""Process variables as levels: what is set, and which of them exist when."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from cathode.errors import SpaceError
from cathode.space.walk import scales
from cathode.spec import ContinuousVariable, SteppedVariable, VariableSpec
from cathode.spec.base import to_text

MOST_VALUES = 10_000
"""Values a variable may have; nobody sets one as finely."""

ABSENT = -1
"""Level of a variable that does not exist, since its condition does not hold."""

Levels = NDArray[np.int64]
"""Level of each variable, one combination per row."""


@dataclass(frozen=True)
class Variable:
    """One variable.

    Attributes:
        name: what it is called.
        kind: ``stepped``, ``continuous``, ``ordered`` or ``categorical``.
        unit: unit of its values.
        values: what may be set, in order; a level is an index of it.
        parent: index of the variable it depends on, None where it always exists.
        when: levels of the parent at which it exists.
    """

    name: str
    kind: str
    unit: str
    values: tuple[float | str, ...]
    parent: int | None = None
    when: frozenset[int] = frozenset()

    @cached_property
    def numbers(self) -> NDArray[np.float64]:
        """What models see of each level: the number itself, or its rank where words are ordered."""
        if all(isinstance(value, float) for value in self.values):
            return np.array(self.values, dtype=float)
        return np.arange(len(self.values), dtype=float)

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of its coordinates: one, or one per category."""
        if self.kind == "categorical":
            return tuple(f"{self.name}={value}" for value in self.values)
        return (self.name,)

    def coordinates(self, levels: NDArray[np.int64]) -> NDArray[np.float64]:
        """Coordinates of levels, shape (n, columns).

        Where the variable does not exist all candidates share one place: the middle of a range,
        or no category at all.
        """
        absent = levels == ABSENT
        if self.kind == "categorical":
            return np.equal.outer(levels, np.arange(len(self.values))).astype(float)
        middle = (self.numbers[0] + self.numbers[-1]) / 2
        return np.where(absent, middle, self.numbers[levels])[:, None]

    def coordinate_of(self, value: float | str | None) -> list[float]:
        """Coordinates of any value, a level or not.

        Raises:
            KeyError: it is a word that is no level.
        """
        if self.kind != "categorical" and isinstance(value, float | int):
            return [float(value)]
        level = ABSENT if value is None else self.level_of(value)
        if level is None:
            raise KeyError(value)
        return [float(x) for x in self.coordinates(np.array([level]))[0]]

    def level_of(self, value: float | str) -> int | None:
        """The level of a value; None where it is none."""
        return self._levels.get(value)

    @cached_property
    def _levels(self) -> dict[float | str, int]:
        return {value: level for level, value in enumerate(self.values)}


@dataclass(frozen=True)
class Variables:
    """Some variables, parents before those that depend on them."""

    every: tuple[Variable, ...]

    @classmethod
    def from_specs(
        cls, prototypes: Sequence[str], specs: Mapping[str, VariableSpec]
    ) -> "Variables":
        """Build the variables of a space; several prototypes are the first of them.

        Raises:
            SpaceError: a condition names what does not exist, or conditions run in a circle.
        """
        found: dict[str, Variable] = {}
        if len(prototypes) > 1:
            found["prototype"] = Variable("prototype", "categorical", "", tuple(prototypes))
        waiting = dict(specs)
        while waiting:
            ready = {n: spec for n, spec in waiting.items() if {*(spec.when or ())} <= {*found}}
            if not ready:
                name, spec = next(iter(waiting.items()))
                (parent,) = spec.when or ("",)
                known = ", ".join([*("prototype" for _ in prototypes[1:2]), *specs])
                msg = f"space.variables.{name}.when names {parent!r}, which depends on it or is "
                raise SpaceError(f"{msg}no variable: known are {known}")
            for name, spec in ready.items():
                found[name] = _variable(name, spec, found)
                del waiting[name]
        return cls(tuple(found.values()))

    def __len__(self) -> int:
        return len(self.every)

    @cached_property
    def size(self) -> int:
        """Exact number of combinations."""
        roots = [self._weight(i) for i, v in enumerate(self.every) if v.parent is None]
        return int(np.prod([1, *roots], dtype=object))

    def _weight(self, i: int) -> int:
        """Combinations of a variable and all that depend on it."""
        return sum(self._level_weights[i])

    @cached_property
    def _level_weights(self) -> list[list[int]]:
        """Per variable and level the combinations of what depends on it."""
        weights = [[1] * len(variable.values) for variable in self.every]
        for i in reversed(range(len(self.every))):
            child = self.every[i]
            if child.parent is not None:
                for level in child.when:
                    weights[child.parent][level] *= sum(weights[i])
        return weights

    def draw(self, cube: NDArray[np.float64], *, even: bool = False) -> Levels:
        """Combinations at points of the unit cube, shape (n, variables).

        Uniform points give uniform combinations; with ``even`` each level of a variable is as
        likely as the next, however many combinations it has.
        """
        levels = np.full(cube.shape, ABSENT)
        for i, variable in enumerate(self.every):
            weights = [1] * len(variable.values) if even else self._level_weights[i]
            total, running, cumulative = sum(weights), 0, []
            for weight in weights:
                running += weight
                cumulative.append(running / total)
            drawn = np.searchsorted(cumulative, cube[:, i], side="right")
            levels[:, i] = np.where(self._exists(variable, levels), drawn, ABSENT)
        return levels

    def _exists(self, variable: Variable, levels: Levels) -> NDArray[np.bool_]:
        if variable.parent is None:
            return np.ones(len(levels), dtype=bool)
        return np.isin(levels[:, variable.parent], sorted(variable.when))

    def combinations(self) -> Levels:
        """All combinations, in order; look at ``size`` first."""
        levels = np.zeros((1, 0), dtype=np.int64)
        for variable in self.every:
            exists = self._exists(variable, levels)
            times = np.where(exists, len(variable.values), 1)
            starts = np.repeat(np.cumsum(times) - times, times)
            level = np.where(np.repeat(exists, times), np.arange(times.sum()) - starts, ABSENT)
            levels = np.column_stack([np.repeat(levels, times, axis=0), level])
        return levels

    def settled(self, levels: Levels) -> Levels:
        """Combinations after a parent changed, made whole.

        What ceased to exist is gone, what is new stands in the middle of its range.
        """
        levels = levels.copy()
        for i, variable in enumerate(self.every):
            exists, had = self._exists(variable, levels), levels[:, i] != ABSENT
            middle = np.where(had, levels[:, i], len(variable.values) // 2)
            levels[:, i] = np.where(exists, middle, ABSENT)
        return levels

    def moves(self, levels: NDArray[np.int64]) -> Levels:
        """Combinations that differ in one variable: by 1, 2, 4, … levels, or any category."""
        moved = []
        for i, variable in enumerate(self.every):
            if levels[i] == ABSENT:
                continue
            n, level = len(variable.values), int(levels[i])
            if variable.kind == "categorical":
                targets = set(range(n)) - {level}
            else:
                targets = {level + sign * s for s in scales(n) for sign in (1, -1)} & {*range(n)}
            for target in sorted(targets):
                after = levels.copy()
                after[i] = target
                moved.append(after)
        return self.settled(np.array(moved, dtype=np.int64).reshape(len(moved), len(self.every)))

    def keeps(self, levels: Levels) -> NDArray[np.bool_]:
        """Whether combinations are such: each variable within its levels, and there when due."""
        kept = np.ones(len(levels), dtype=bool)
        for i, variable in enumerate(self.every):
            exists = self._exists(variable, levels)
            inside = (levels[:, i] >= 0) & (levels[:, i] < len(variable.values))
            kept &= np.where(exists, inside, levels[:, i] == ABSENT)
        return kept


def _variable(name: str, spec: VariableSpec, found: Mapping[str, Variable]) -> Variable:
    values = _values(name, spec)
    if not spec.when:
        return Variable(name, spec.kind, spec.unit, values)
    ((parent, asked),) = spec.when.items()
    levels = []
    for value in asked if isinstance(asked, tuple) else (asked,):
        level = found[parent].level_of(value)
        if level is None:
            known = ", ".join(map(_text, found[parent].values[:12]))
            msg = f"space.variables.{name}.when: {parent} is never {_text(value)}: its values are "
            raise SpaceError(msg + known)
        levels.append(level)
    place = list(found).index(parent)
    return Variable(name, spec.kind, spec.unit, values, place, frozenset(levels))


def _values(name: str, spec: VariableSpec) -> tuple[float | str, ...]:
    if not isinstance(spec, SteppedVariable | ContinuousVariable):
        return spec.values
    steps = int((spec.max - spec.min) / spec.step)
    if steps >= MOST_VALUES:
        msg = (
            f"space.variables.{name}: step={to_text(spec.step)} makes {float(steps):.3g} values of "
        )
        raise SpaceError(f"{msg}it: {MOST_VALUES:,} are the most; use a coarser one")
    exact = [spec.min + i * spec.step for i in range(steps + 1)]
    # A resolution need not divide its range; the end can be set all the same.
    return tuple(float(value) for value in dict.fromkeys([*exact, spec.max]))


def _text(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:g}"
