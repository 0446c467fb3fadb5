"""What every candidate must keep, compiled for one space."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from cathode.errors import SpaceError
from cathode.physics.prototypes import Prototype
from cathode.physics.species import VACANCY, charges, mass, price
from cathode.space.fractions import SiteFractions
from cathode.space.variables import Variable
from cathode.spec import (
    ChargeBalance,
    CriticalCap,
    Forbidden,
    LinearRule,
    LithiumRatio,
    PriceCap,
    Range,
    RuleSpec,
)

ROUNDING = 1e-9
"""By this much a bound may be missed, since fractions are added as floating-point numbers."""

Column = NDArray[np.float64]


@dataclass(frozen=True)
class Quantities:
    """What rules look at, one row per candidate.

    Attributes:
        values: fractions of all elements on all sites, then the numbers of all variables; nan
            where a variable does not exist. Shape (n, q).
        prototype: index of the prototype, shape (n,).
        levels: levels of the variables, shape (n, variables).
    """

    values: NDArray[np.float64]
    prototype: NDArray[np.int64]
    levels: NDArray[np.int64]


class Rule(Protocol):
    """One condition on candidates."""

    @property
    def label(self) -> str:
        """What messages and tables call it."""

    def holds(self, found: Quantities) -> NDArray[np.bool_]:
        """Whether each candidate keeps it, shape (n,)."""


@dataclass(frozen=True, eq=False)
class Affine:
    """A weighted sum of quantities within bounds.

    Attributes:
        label: what messages call it.
        weights: per prototype and quantity, shape (prototypes, q).
        offset: what the fixed sites add, per prototype.
        low: least allowed sum.
        high: greatest allowed sum.
    """

    label: str
    weights: NDArray[np.float64]
    offset: Column
    low: float
    high: float

    def holds(self, found: Quantities) -> NDArray[np.bool_]:
        """Whether the sum lies within the bounds, or one of its variables does not exist."""
        absent = np.isnan(found.values)
        values = np.where(absent, 0.0, found.values)
        applies = ~(absent & (self.weights != 0).any(axis=0)).any(axis=1)
        sums = np.take_along_axis(
            values @ self.weights.T + self.offset, found.prototype[:, None], axis=1
        )[:, 0]
        scale = ROUNDING * max(1.0, float(np.abs(self.weights).max()))
        kept: NDArray[np.bool_] = (sums >= self.low - scale) & (sums <= self.high + scale)
        kept |= ~applies
        return kept


@dataclass(frozen=True)
class Combination:
    """Tests that may not all be met at once.

    Attributes:
        label: what messages call it.
        ranges: per column of quantities the range that meets its test.
        choices: per variable the levels that meet its test.
    """

    label: str
    ranges: Mapping[int, tuple[float, float]]
    choices: Mapping[int, frozenset[int]]

    def holds(self, found: Quantities) -> NDArray[np.bool_]:
        """Whether some test is not met."""
        met = np.ones(len(found.levels), dtype=bool)
        for column, (low, high) in self.ranges.items():
            value = found.values[:, column]
            met &= (value >= low - ROUNDING) & (value <= high + ROUNDING)  # nan meets nothing
        for variable, levels in self.choices.items():
            met &= np.isin(found.levels[:, variable], sorted(levels))
        return ~met


@dataclass(frozen=True)
class Compiler:
    """Turns specs of rules into rules of one space.

    Attributes:
        prototypes: the hosts.
        sites: the mixing sites.
        variables: the process variables.
        names: per name of an element or numeric variable its column of quantities.
    """

    prototypes: tuple[Prototype, ...]
    sites: tuple[SiteFractions, ...]
    variables: tuple[Variable, ...]
    names: Mapping[str, int]

    def compile(self, place: str, spec: RuleSpec) -> list[Rule]:
        """The rules a spec stands for.

        Raises:
            SpaceError: it names what the space does not have.
        """
        match spec:
            case LinearRule():
                return [self._linear(place, spec)]
            case ChargeBalance():
                return self._charge_balance(place, spec)
            case LithiumRatio():
                return self._lithium_ratio(spec)
            case PriceCap():
                # sum(price m x) <= max sum(m x), which is linear in the fractions.
                self._refuse_strangers(f"{place}.prices", spec.prices)
                assumed = {e: price(e, spec.prices) for e in sorted(self._elements)}
                said = ", ".join(f"{e} {x:.3g}" for e, x in assumed.items() if x)
                label = f"price <= {spec.max:g} USD/kg ({said})"
                cost = self._sums(lambda e, _: (price(e, spec.prices) - spec.max) * mass(e))
                return [Affine(label, *cost, -np.inf, 0.0)]
            case CriticalCap():
                if "of" in spec.model_fields_set:
                    self._refuse_strangers(f"{place}.of", spec.of)
                label = f"critical elements <= {spec.max:g} by mass"
                share = self._sums(lambda e, _: ((e in spec.of) - spec.max) * mass(e))
                return [Affine(label, *share, -np.inf, 0.0)]
            case Forbidden():
                return [self._forbidden(place, spec)]

    def _linear(self, place: str, spec: LinearRule) -> Affine:
        weights = np.zeros((len(self.prototypes), self._width))
        for name, weight in spec.terms.items():
            weights[:, self._column(place, name)] = weight
        words = " + ".join(f"{weight:g} {name}" for name, weight in spec.terms.items())
        low, high = _bounds(spec)
        label = f"linear {_between(words.replace('+ -', '- '), low, high)}"
        return Affine(label, weights, np.zeros(len(self.prototypes)), low, high)

    def _charge_balance(self, place: str, spec: ChargeBalance) -> list[Rule]:
        self._refuse_strangers(f"{place}.states", spec.states)
        label, most = "charge_balance", spec.tolerance
        lowest = self._sums(lambda e, site: charges(e, spec.states, site)[0])
        highest = self._sums(lambda e, site: charges(e, spec.states, site)[1])
        return [
            Affine(f"{label} (least charges)", *lowest, -np.inf, most),
            Affine(f"{label} (greatest charges)", *highest, -most, np.inf),
        ]

    def _lithium_ratio(self, spec: LithiumRatio) -> list[Rule]:
        low, high = _bounds(spec)
        label = _between("lithium_ratio", low, high)
        rules: list[Rule] = []
        for bound, least, most in ((low, 0.0, np.inf), (high, -np.inf, 0.0)):
            if np.isfinite(bound):
                sums = self._sums(lambda e, _, r=bound: 1.0 if e == "Li" else -r * _is_metal(e))
                rules.append(Affine(label, *sums, least, most))
        return rules

    def _forbidden(self, place: str, spec: Forbidden) -> Combination:
        ranges: dict[int, tuple[float, float]] = {}
        choices: dict[int, frozenset[int]] = {}
        names = [variable.name for variable in self.variables]
        for name, test in spec.together.items():
            if isinstance(test, Range):
                ranges[self._column(place, name)] = _bounds(test)
                continue
            wanted = test if isinstance(test, tuple) else (test,)
            if name not in names:
                self._column(f"{place}.together", name)
                if len(wanted) > 1 or isinstance(wanted[0], str):
                    msg = f"{place}.together.{name}={test!r}: give a number or a range"
                    raise SpaceError(msg)
                ranges[self._column(place, name)] = (wanted[0], wanted[0])
                continue
            variable = self.variables[names.index(name)]
            levels = [variable.level_of(value) for value in wanted]
            if None in levels:
                known = ", ".join(map(str, variable.values[:12]))
                msg = f"{place}.together: {name} is never {wanted[levels.index(None)]!r}: "
                raise SpaceError(f"{msg}its values are {known}")
            choices[names.index(name)] = frozenset(x for x in levels if x is not None)
        return Combination(f"forbidden {', '.join(spec.together)}", ranges, choices)

    @property
    def _elements(self) -> set[str]:
        """All that a candidate may be made of."""
        mixing = {site.site for site in self.sites}
        fixed = {s for p in self.prototypes for s, _ in p.formula if s not in mixing}
        return fixed | {e for site in self.sites for e in site.elements}

    def _refuse_strangers(self, place: str, named: Iterable[str]) -> None:
        if unknown := sorted(set(named) - self._elements):
            msg = f"{place} names {unknown[0]!r}, which no candidate has: leave it out"
            raise SpaceError(msg)

    @property
    def _width(self) -> int:
        return sum(len(site.elements) for site in self.sites) + len(self.variables)

    def _column(self, place: str, name: str) -> int:
        if name not in self.names:
            msg = f"{place} names {name!r}: known are {', '.join(self.names)}"
            raise SpaceError(msg)
        return self.names[name]

    def _sums(self, of: "_PerAtom") -> tuple[NDArray[np.float64], Column]:
        """Weights and offsets of a sum over the atoms of a formula unit, per prototype."""
        weights = np.zeros((len(self.prototypes), self._width))
        offset = np.zeros(len(self.prototypes))
        mixing = {site.site for site in self.sites}
        for p, prototype in enumerate(self.prototypes):
            numbers = dict(prototype.formula)
            column = 0
            for site in self.sites:
                for element in site.elements:
                    weights[p, column] = numbers[site.site] * of(element, site.site)
                    column += 1
            offset[p] = sum(n * of(s, s) for s, n in prototype.formula if s not in mixing)
        return weights, offset


class _PerAtom(Protocol):
    def __call__(self, species: str, site: str, /) -> float: ...


def _bounds(spec: LinearRule | LithiumRatio | Range) -> tuple[float, float]:
    return (
        -np.inf if spec.min is None else spec.min,
        np.inf if spec.max is None else spec.max,
    )


def _between(what: str, low: float, high: float) -> str:
    left = f"{low:g} <= " if np.isfinite(low) else ""
    right = f" <= {high:g}" if np.isfinite(high) else ""
    return f"{left}{what}{right}"


def _is_metal(symbol: str) -> bool:
    from pymatgen.core import Element

    return symbol != VACANCY and bool(Element(symbol).is_metal)


def compile_rules(compiler: Compiler, specs: Sequence[RuleSpec]) -> tuple[Rule, ...]:
    """All rules of a space, in the order of its spec."""
    return tuple(
        rule
        for i, spec in enumerate(specs)
        for rule in compiler.compile(f"space.constraints.{i}", spec)
    )
