"""What may sit on a site: elements with their charges, or nothing at all."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.resources import files

from cathode.errors import SpaceError

VACANCY = "vac"
"""An empty place, without charge or mass."""

ANION_SITES = frozenset({"O"})
"""Sites whose occupants are negative; those of all others are positive."""


def check_site(where: str, site: str, species: Sequence[str]) -> None:
    """Refuse what cannot sit on a site.

    Raises:
        SpaceError: a name is no element, or its charge has the other sign.
    """
    from pymatgen.core import Element

    sign = -1 if site in ANION_SITES else 1
    kind = "negative" if sign < 0 else "positive"
    for symbol in species:
        if symbol == VACANCY:
            continue
        if not Element.is_valid_symbol(symbol):
            msg = f"{where}.fractions: {symbol!r} is no element: write symbols such as Ni or Mn"
            raise SpaceError(msg)
        known = () if Element(symbol).is_noble_gas else Element(symbol).common_oxidation_states
        if not any(state * sign > 0 for state in known):
            msg = f"{where}.fractions: {symbol} is not known as a {kind} ion: leave it out of "
            raise SpaceError(f"{msg}site {site}")


def charges(symbol: str, states: Mapping[str, Sequence[int]], site: str) -> tuple[int, int]:
    """Least and greatest charge of a species on a site.

    Args:
        symbol: an element, or a vacancy.
        states: allowed oxidation states by element, where they are not the common ones.
        site: name of the site; its sign picks from the common states.
    """
    from pymatgen.core import Element

    if symbol == VACANCY:
        return 0, 0
    sign = -1 if site in ANION_SITES else 1
    element = Element(symbol)
    known = list(states.get(symbol, ()))
    if not known:
        known = [state for state in element.common_oxidation_states if state * sign > 0]
        if sign > 0 and not (element.is_metal or element.is_metalloid):
            known = [max(known)]  # phosphorus in a phosphate is 5+
    return min(known), max(known)


def mass(symbol: str) -> float:
    """Atomic mass (g/mol)."""
    from pymatgen.core import Element

    return 0.0 if symbol == VACANCY else float(Element(symbol).atomic_mass)


def price(symbol: str, prices: Mapping[str, float]) -> float:
    """Price of a metal (USD/kg); nothing for others, which come with the precursors.

    Args:
        symbol: an element, or a vacancy.
        prices: where they are not those of pymatgen's cost database.
    """
    if symbol in prices:
        return prices[symbol]
    from pymatgen.core import Element

    if symbol == VACANCY or not (Element(symbol).is_metal or Element(symbol).is_metalloid):
        return 0.0
    if symbol not in _known_prices():
        msg = f"no price of {symbol} is known: give it under prices, in USD/kg"
        raise SpaceError(msg)
    return _known_prices()[symbol]


@lru_cache(maxsize=1)
def _known_prices() -> dict[str, float]:
    """Pymatgen's element prices (USD/kg), of 2013 to 2019; its own reader takes ten seconds."""
    text = (files("pymatgen.analysis") / "costdb_elements.csv").read_text(encoding="utf-8")
    rows = (line.split(",", 2) for line in text.splitlines() if line.count(",") > 1)
    return {symbol: float(price) for symbol, price, _ in rows}
