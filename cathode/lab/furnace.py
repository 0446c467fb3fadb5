"""The furnace programme of a candidate, in numbers and in words."""

from dataclasses import dataclass

from cathode.errors import RecipeError
from cathode.model import Candidate
from cathode.spec import FurnaceStep, RecipeSpec
from cathode.spec.recipe_in_space import FURNACE
from cathode.units import convert

ROOM = 25.0
"""Temperature (°C) at which a programme begins."""


@dataclass(frozen=True)
class Heating:
    """A step of the furnace.

    Attributes:
        start: temperature before it, in °C.
        to: temperature that is held, in °C.
        ramp: rate of the way there, in °C/min.
        hold: how long it is held, in h.
        atmosphere: the gas; empty where the spec does not say.
    """

    start: float
    to: float
    ramp: float
    hold: float
    atmosphere: str

    @property
    def hours(self) -> float:
        """How long the way there and the hold take, in h."""
        return abs(self.to - self.start) / self.ramp / 60 + self.hold

    @property
    def words(self) -> str:
        """Such as ``heat to 500 °C at 2 °C/min (3 h 58 min), hold 5 h, in O2``."""
        verb = "heat" if self.to > self.start else "cool"
        way = f"{verb} to {self.to:g} °C at {self.ramp:g} °C/min"
        parts = [f"{way} ({in_hours(self.hours - self.hold)})"]
        if self.to == self.start:
            parts = [f"stay at {self.to:g} °C"]
        parts += [f"hold {in_hours(self.hold)}"] if self.hold else []
        parts += [f"in {self.atmosphere}"] if self.atmosphere else []
        return ", ".join(parts)


def programme_of(candidate: Candidate, recipe: RecipeSpec, units: dict[str, str]) -> list[Heating]:
    """The steps that a candidate is fired with.

    Args:
        candidate: what is made.
        recipe: says which steps there are.
        units: of the variables of the space.

    Raises:
        RecipeError: the candidate lacks a variable that a step names.
    """
    found: list[Heating] = []
    for step in recipe.programme:
        if _is_made(step, candidate):
            start = found[-1].to if found else ROOM
            to, ramp, hold = (
                _number(key, step, candidate, units) for key in ("to", "ramp", "hold")
            )
            found.append(Heating(start, to, ramp, hold, _atmosphere(step, candidate)))
    return found


def in_hours(hours: float) -> str:
    """A time as ``3 h 58 min``."""
    whole, minutes = divmod(round(hours * 60), 60)
    parts = [f"{whole} h"] * (whole > 0) + [f"{minutes} min"] * (minutes > 0 or whole == 0)
    return " ".join(parts)


def setting(candidate: Candidate, name: str) -> float | str:
    """The value of a process variable.

    Raises:
        RecipeError: the candidate has none.
    """
    conditions = dict(candidate.conditions)
    if name not in conditions:
        known = ", ".join(conditions) or "none"
        msg = f"{candidate.id} has no {name}, which the recipe names: it has {known}; propose it "
        raise RecipeError(msg + "anew, or name another variable")
    return conditions[name]


def _is_made(step: FurnaceStep, candidate: Candidate) -> bool:
    if step.when is None:
        return True
    ((name, asked),) = step.when.items()
    value = {"prototype": candidate.prototype, **dict(candidate.conditions)}.get(name)
    return value in (asked if isinstance(asked, tuple) else (asked,))


def _number(key: str, step: FurnaceStep, candidate: Candidate, units: dict[str, str]) -> float:
    value = getattr(step, key)
    if isinstance(value, float):
        return value
    # Twelve digits: what a change of unit adds behind them is noise.
    number = convert(float(setting(candidate, value)), units.get(value, ""), FURNACE[key][0])
    return float(f"{number:.12g}")


def _atmosphere(step: FurnaceStep, candidate: Candidate) -> str:
    value = dict(candidate.conditions).get(step.atmosphere or "", step.atmosphere or "")
    return value if isinstance(value, str) else f"{value:g}"
