"""The columns of a table that say what a row's candidate is: fractions and process variables."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from cathode.errors import SourceError, UnitError
from cathode.model import Candidate
from cathode.physics.prototypes import MIXING_SITE
from cathode.physics.species import VACANCY
from cathode.sources.csv_cells import number
from cathode.spec import ContinuousVariable, SpaceSpec, SteppedVariable, VariableSpec
from cathode.spec.base import to_fraction
from cathode.units import convert

HEADING = re.compile(r"^(?P<name>\w+)\s*\((?P<unit>.+)\)$")
"""How a column with a unit is headed."""

PROTOTYPE = "prototype"


@dataclass(frozen=True)
class CandidateColumns:
    """Where a table keeps what makes its candidates.

    Attributes:
        space: the space of the campaign.
        elements: per column its site and element.
        variables: per column its variable and the unit it is written in.
        prototype: column of the prototype; None where there is only one.
        elsewhere: whether rows may have prototypes that are not in the space.
    """

    space: SpaceSpec
    elements: Mapping[int, tuple[str, str]]
    variables: Mapping[int, tuple[str, str]]
    prototype: int | None
    elsewhere: bool = False

    @classmethod
    def find(
        cls, path: Path, headings: Sequence[str], space: SpaceSpec, *, elsewhere: bool = False
    ) -> "CandidateColumns":
        """Read the headings of a table.

        Raises:
            SourceError: a column that is needed is missing, or in a unit of another kind.
        """
        elements: dict[int, tuple[str, str]] = {}
        variables: dict[int, tuple[str, str]] = {}
        for index, heading in enumerate(headings):
            place = _element(heading, space)
            match = HEADING.match(heading)
            name, unit = (match["name"], match["unit"]) if match else (heading, None)
            if place is not None:
                elements[index] = place
            elif name in space.variables:
                own = space.variables[name].unit
                variables[index] = (name, _checked(path, heading, unit or own, own))
        prototype = headings.index(PROTOTYPE) if PROTOTYPE in headings else None
        if prototype is None and len(space.prototypes) > 1:
            msg = f"{path}: no column 'prototype': say of each row which of "
            raise SourceError(f"{msg}{', '.join(space.prototypes)} it is")
        found = [name for name, _ in variables.values()]
        for name, spec in space.variables.items():
            if name not in found and spec.when is None:
                head = f"{name} ({spec.unit})" if spec.unit else name
                msg = f"{path}: no column {head!r}: the space varies it, so every row needs one"
                raise SourceError(msg)
        return cls(space, elements, variables, prototype, elsewhere)

    @property
    def indices(self) -> set[int]:
        """All columns that belong to the candidate."""
        return {*self.elements, *self.variables} | (
            set() if self.prototype is None else {self.prototype}
        )

    def candidate(self, where: str, cells: Sequence[str]) -> Candidate:
        """The candidate of a row.

        Args:
            where: file and line, for messages.
            cells: all cells of the row.

        Raises:
            SourceError: a cell is not what it should be, or fractions do not sum to one.
        """
        host = self.space.prototypes[0]
        if self.prototype is not None:
            host = cells[self.prototype].strip()
            if host not in self.space.prototypes and not self.elsewhere:
                known = ", ".join(self.space.prototypes)
                msg = f"{where}, column prototype: {host!r} is not in the space: known are {known}"
                raise SourceError(msg)
        sites = {site: self._recipe(where, site, cells) for site in self.space.sites}
        conditions = {
            name: value
            for index, (name, unit) in self.variables.items()
            if (value := self._setting(where, name, unit, cells[index])) is not None
        }
        self._refuse_unasked(where, {**conditions, PROTOTYPE: host})
        return Candidate.of(host, sites, conditions)

    def _refuse_unasked(self, where: str, given: Mapping[str, float | str]) -> None:
        """Refuse a variable that does not exist beside the others, or is missing though it does."""
        for name, spec in self.space.variables.items():
            if spec.when is None:
                continue
            ((parent, asked),) = spec.when.items()
            due = given.get(parent) in (asked if isinstance(asked, tuple) else (asked,))
            if due != (name in given):
                what = "needs a value" if due else "must be empty"
                msg = f"{where}, column {name}: {what} where {parent} is {given.get(parent)}"
                raise SourceError(msg)

    def _recipe(self, where: str, site: str, cells: Sequence[str]) -> dict[str, Fraction]:
        mine = {i: element for i, (place, element) in self.elements.items() if place == site}
        recipe = {e: x for i, e in sorted(mine.items()) if (x := _fraction(where, e, cells[i]))}
        if (total := sum(recipe.values())) != 1:
            shown = ", ".join(f"{e} {float(x):g}" for e, x in sorted(recipe.items()))
            known = ", ".join(sorted(mine.values())) or "none"
            msg = (
                f"{where}: {shown or 'its fractions'} sum to {float(total):g}, not one"
                + (f", on site {site}" if len(self.space.sites) > 1 else "")
                + ": mend the row, or head the column of each element by its symbol "
                + f"(found: {known})"
            )
            raise SourceError(msg)
        return recipe

    def _setting(self, where: str, name: str, unit: str, cell: str) -> float | str | None:
        """The value of a variable; None where it does not exist."""
        spec, place = self.space.variables[name], f"{where}, column {name}"
        if not cell.strip():
            if spec.when is not None:
                return None
            msg = f"{place}: the cell is empty: every row needs a value"
            raise SourceError(msg)
        if _is_number(spec):
            hint = "leave the cell empty where it does not exist" if spec.when else "mend the cell"
            # Twelve digits: what a change of unit adds behind them makes no other candidate.
            return float(f"{convert(number(place, cell, hint), unit, spec.unit):.12g}")
        if cell.strip() not in _words(spec):
            msg = f"{place}: {cell.strip()!r} is none of {', '.join(_words(spec))}"
            raise SourceError(msg)
        return cell.strip()


def _element(heading: str, space: SpaceSpec) -> tuple[str, str] | None:
    """Site and element of a heading such as Ni, vac or Li.Mg; None where it is neither."""
    site, _, symbol = heading.rpartition(".")
    from pymatgen.core import Element  # loading it takes longer than most commands

    if symbol != VACANCY and not Element.is_valid_symbol(symbol):
        return None
    if site:
        return (site, symbol) if site in space.sites else None
    having = [name for name, spec in space.sites.items() if symbol in spec.fractions]
    return (having[0] if len(having) == 1 else MIXING_SITE), symbol


def _checked(path: Path, heading: str, unit: str, own: str) -> str:
    try:
        convert(1.0, unit, own)
    except UnitError as error:
        msg = f"{path}: column {heading!r}: {unit!r} is no unit of it: write it in {own}"
        raise SourceError(msg) from error
    return unit


def _words(spec: VariableSpec) -> list[str]:
    return [] if _is_number(spec) else [str(value) for value in spec.values]  # type: ignore[union-attr]


def _is_number(spec: VariableSpec) -> bool:
    if isinstance(spec, SteppedVariable | ContinuousVariable):
        return True
    return all(isinstance(value, float) for value in spec.values)


def _fraction(where: str, element: str, cell: str) -> Fraction:
    """An empty cell is an element that is absent."""
    if not cell.strip():
        return Fraction(0)
    try:
        value = to_fraction(cell.strip())
    except ValueError as error:
        raise SourceError(f"{where}, column {element}: {error}") from error
    if value < 0:
        msg = f"{where}, column {element}: {cell.strip()} is below zero: fractions run from 0 to 1"
        raise SourceError(msg)
    return value
