"""Units of measured properties, converted by Pint.

Pint takes a third of a second to import, so it is imported on first use only.
"""

from functools import lru_cache
from typing import TYPE_CHECKING

from cathode.errors import UnitError

if TYPE_CHECKING:
    from pint import UnitRegistry


@lru_cache(maxsize=1)
def _registry() -> "UnitRegistry[float]":
    import pint

    registry: UnitRegistry[float] = pint.UnitRegistry()
    # Dimensions of their own, so that an energy and an energy per atom are not the same.
    registry.define("atom = [number_of_atoms]")
    registry.define("site = [number_of_sites]")
    registry.define("µB = bohr_magneton")
    return registry


def convert(value: float, unit: str, to: str) -> float:
    """Convert ``value`` from ``unit`` to the unit ``to``.

    Raises:
        UnitError: a unit is unknown, or the two measure different things.
    """
    if unit == to:
        return value
    import pint

    try:
        return float(_registry().Quantity(value, unit).to(to).magnitude)
    except (pint.UndefinedUnitError, pint.DimensionalityError, ValueError, AssertionError) as error:
        msg = f"cannot convert {value} from {unit!r} to {to!r} ({error}): write the value in {to}"
        raise UnitError(msg) from error
