"""Whether a recipe can make every candidate of its space."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from cathode.errors import UnitError
from cathode.physics.prototypes import MIXING_SITE, PROTOTYPES
from cathode.physics.species import VACANCY
from cathode.spec.pool import PoolSpec
from cathode.spec.recipe import Chosen, Compound, FurnaceStep, RecipeSpec
from cathode.spec.space import SpaceSpec
from cathode.spec.variables import ContinuousVariable, SteppedVariable, VariableSpec, When
from cathode.units import convert

if TYPE_CHECKING:
    from cathode.spec.campaign import CampaignSpec

FROM_AIR = "O"
"""Comes with the precursors and from the furnace's gas."""

GASES = ("H", "C", "N")
"""Leave with water, carbon dioxide and nitrogen oxides."""

FURNACE: Mapping[str, tuple[str, float, float]] = {
    "ramp": ("delta_degC/min", 0.01, 200),
    "to": ("degC", 0, 2500),
    "hold": ("h", 0, 1000),
}
"""Numbers of a furnace step with their unit, least and greatest value."""

PERCENT = ("%", 0.0, 100.0)


def refuse_recipes(spec: "CampaignSpec") -> None:
    """Refuse a recipe that cannot make some candidate of the space.

    Raises:
        ValueError: what it lacks, and how to add it.
    """
    labs = {"evaluator": spec.evaluator}
    labs |= {f"cheaper.{name}.evaluator": each.evaluator for name, each in spec.cheaper.items()}
    for place, lab in labs.items():
        recipe, where = getattr(lab, "recipe", None), f"{place}.recipe"
        if recipe is None:
            continue
        if isinstance(spec.space, PoolSpec):
            msg = f"{where}: the rows of a pool have no composition to weigh in: leave it out"
            raise ValueError(msg)  # noqa: TRY004 - pydantic makes a message of it
        _check_precursors(where, recipe, spec.space)
        excess = recipe.excess_in(spec.space)
        if isinstance(excess, str):
            _check_number(f"{where}.lithium_excess", excess, spec.space, PERCENT, None)
        for i, step in enumerate(recipe.programme):
            _check_step(f"{where}.programme.{i}", step, spec.space)


def stays(element: str, recipe: RecipeSpec) -> bool:
    """Whether an element of a precursor stays in the product, and has to be asked for."""
    return element not in (FROM_AIR, *GASES, *recipe.leaves)


def _elements_of(space: SpaceSpec) -> dict[str, str]:
    """Every element that can occur, but oxygen, with its site; unknown hosts are told elsewhere."""
    found: dict[str, str] = {}
    for host in space.prototypes:
        for site, _ in PROTOTYPES[host].formula if host in PROTOTYPES else ():
            if site in space.sites:
                mixed = space.sites[site].fractions.items()
                names = [e for e, bounds in mixed if bounds.max > 0 and e != VACANCY]
            else:
                names = [] if site == MIXING_SITE else [site]
            for name in names:
                found.setdefault(name, site)
    found.pop(FROM_AIR, None)
    return found


def _check_precursors(where: str, recipe: RecipeSpec, space: SpaceSpec) -> None:
    from pymatgen.core import Element

    for symbol in [*recipe.precursors, *recipe.leaves]:
        if not Element.is_valid_symbol(symbol):
            msg = f"{where} names {symbol!r}, which is no element: write symbols such as Ni or P"
            raise ValueError(msg)
    present = _elements_of(space)
    purities: dict[str, float] = {}
    for element, site in present.items():
        if not stays(element, recipe):
            msg = f"{where}: {element}, which site {site} holds, is said to leave the furnace, so "
            raise ValueError(f"{msg}it cannot be weighed in: take it out of the site or of leaves")
        place = f"{where}.precursors.{element}"
        source = recipe.precursor_of(element, space)
        if source is None:
            msg = f"{place}: {element} of site {site} has no precursor, and none is common: add "
            raise ValueError(f"{msg}'{element}: FORMULA' or '{element}: {{formula, purity}}'")
        for bottle in _compounds_of(place, source, space):
            _check_compound(place, element, bottle, recipe, present)
            known = purities.setdefault(bottle.text, bottle.purity)
            if isinstance(source, Compound) and known != bottle.purity:
                msg = f"{place}: {bottle.text} has {bottle.purity:g} %, elsewhere {known:g} %: "
                raise ValueError(msg + "one bottle has one purity")


def _check_compound(
    place: str, element: str, bottle: Compound, recipe: RecipeSpec, present: Mapping[str, str]
) -> None:
    if element not in bottle.elements:
        msg = f"{place}: {bottle.text} has no {element} in it: name a compound that has"
        raise ValueError(msg)
    foreign = [e for e in bottle.elements if stays(e, recipe) and e not in present]
    if foreign:
        msg = f"{place}: {bottle.text} brings {foreign[0]}, which no site holds: name another "
        raise ValueError(f"{msg}compound, or add {foreign[0]} to leaves if it does not stay")


def _compounds_of(place: str, source: Compound | Chosen, space: SpaceSpec) -> Iterator[Compound]:
    """All precursors that an element may be weighed in as."""
    if isinstance(source, Compound):
        yield source
        return
    variable = _variable(f"{place}.variable", source.variable, space)
    values = getattr(variable, "values", ())
    if not values or not all(isinstance(value, str) for value in values):
        msg = f"{place}.variable: {source.variable} has values that are no words: name a variable "
        raise ValueError(msg + "that is categorical")
    _check_exists(f"{place}.variable", source.variable, variable, None)
    if unknown := [value for value in source.choices if value not in values]:
        msg = f"{place}.choices names {unknown[0]!r}: {source.variable} is one of "
        raise ValueError(msg + ", ".join(values))
    for value in values:
        try:
            yield source.compound_of(value)
        except ValueError as error:
            msg = f"{place}: {source.variable}={value!r} is no formula: say under choices which "
            raise ValueError(msg + "precursor it means") from error


def _variable(place: str, name: str, space: SpaceSpec) -> VariableSpec:
    if name not in space.variables:
        known = ", ".join(space.variables) or "none"
        msg = f"{place} names {name!r}, which is no variable of the space: it has {known}"
        raise ValueError(msg)
    return space.variables[name]


def _check_exists(place: str, name: str, variable: VariableSpec, when: When | None) -> None:
    """Refuse a variable that need not exist where it is named."""
    if variable.when is None:
        return
    ((parent, asked),) = variable.when.items()
    given = (when or {}).get(parent)
    if given is None or not set(_several(given)) <= set(_several(asked)):
        shown = ", ".join(str(x if isinstance(x, str) else f"{x:g}") for x in _several(asked))
        msg = f"{place} names {name}, which exists only where {parent} is {shown}: "
        how = f"give the step when: {{{parent}: {shown}}}" if ".programme." in place else ""
        raise ValueError(msg + (how or "name a variable that always exists"))


def _check_number(
    place: str,
    name: str,
    space: SpaceSpec,
    allowed: tuple[str, float, float],
    when: When | None,
) -> None:
    """Refuse a variable that cannot stand for a number in a unit, within bounds."""
    variable, (unit, least, most) = _variable(place, name, space), allowed
    if isinstance(variable, SteppedVariable | ContinuousVariable):
        ends = [float(variable.min), float(variable.max)]
    else:
        ends = [value for value in variable.values if isinstance(value, float)]
        if len(ends) < len(variable.values):
            msg = f"{place} names {name}, whose values are words: name a variable of numbers"
            raise ValueError(msg)
    shown = unit.removeprefix("delta_")
    try:
        found = [convert(end, variable.unit, unit) for end in ends]
    except UnitError as error:
        msg = f"{place}: {name} is given in {variable.unit!r}, which is no unit of it: use {shown}"
        raise ValueError(msg) from error
    _check_exists(place, name, variable, when)
    for value in found:
        _check_bounds(place, value, least, most, shown)


def _check_bounds(place: str, value: float, least: float, most: float, unit: str) -> None:
    if not least <= value <= most:
        msg = f"{place}={value:g} {unit}: needs to be from {least:g} to {most:g} {unit}"
        raise ValueError(msg)


def _check_step(place: str, step: FurnaceStep, space: SpaceSpec) -> None:
    if step.when is not None:
        _check_when(f"{place}.when", step.when, space)
    for key, allowed in FURNACE.items():
        value = getattr(step, key)
        if isinstance(value, str):
            _check_number(f"{place}.{key}", value, space, allowed, step.when)
        else:
            _check_bounds(f"{place}.{key}", value, *allowed[1:], allowed[0].removeprefix("delta_"))
    if step.atmosphere in space.variables:
        name = str(step.atmosphere)
        _check_exists(f"{place}.atmosphere", name, space.variables[name], step.when)


def _check_when(place: str, when: When, space: SpaceSpec) -> None:
    ((name, asked),) = when.items()
    if name == "prototype":
        values: tuple[float | str, ...] = space.prototypes
    else:
        values = getattr(_variable(place, name, space), "values", _several(asked))
    if unknown := [value for value in _several(asked) if value not in values]:
        known = ", ".join(map(str, values))
        msg = f"{place}: {name} is never {unknown[0]!r}: its values are {known}"
        raise ValueError(msg)


def _several(values: float | str | tuple[float | str, ...]) -> tuple[float | str, ...]:
    return values if isinstance(values, tuple) else (values,)
