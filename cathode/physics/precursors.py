"""Precursors: what elements are weighed in as."""

import re
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from cathode.errors import SpecError

COMMON: Mapping[str, tuple[str, float]] = {
    "Li": ("Li2CO3", 99.0),
    "Na": ("Na2CO3", 99.5),
    "Ni": ("Ni(OH)2", 98.0),
    "Mn": ("MnCO3", 99.0),
    "Co": ("Co3O4", 99.5),
    "Al": ("Al2O3", 99.9),
    "Fe": ("FeC2O4*2H2O", 99.0),
    "Ti": ("TiO2", 99.5),
    "Mg": ("MgO", 99.0),
    "Zr": ("ZrO2", 99.5),
    "W": ("WO3", 99.8),
    "Zn": ("ZnO", 99.9),
    "Cu": ("CuO", 99.5),
    "Ca": ("CaCO3", 99.5),
    "Ga": ("Ga2O3", 99.9),
    "Cr": ("Cr2O3", 99.5),
    "V": ("V2O5", 99.5),
    "Sc": ("Sc2O3", 99.9),
    "In": ("In2O3", 99.9),
    "La": ("La2O3", 99.9),
    "Y": ("Y2O3", 99.9),
    "Hf": ("HfO2", 98.0),
    "Sn": ("SnO2", 99.9),
    "Si": ("SiO2", 99.5),
    "Nb": ("Nb2O5", 99.9),
    "Ta": ("Ta2O5", 99.8),
    "Mo": ("MoO3", 99.5),
    "P": ("NH4H2PO4", 99.0),
}
"""By element a common precursor and the purity (%) it is often sold with; bottles differ."""

WATER = "H2O"

LONGEST = 80
"""Characters of a formula."""

_ALLOWED = re.compile(r"[A-Za-z0-9.()\[\]{}*]+")
_COUNTED = re.compile(r"(?P<count>\d+(?:\.\d+)?)?(?P<formula>[^\d].*)")


def plain_formula(text: str) -> str:
    """A formula as the platform writes it: parts joined by ``*``, without blanks."""
    return re.sub(r"[·•⋅∙]", "*", "".join(text.split()))


@lru_cache(maxsize=512)
def elements_of(text: str) -> Mapping[str, float]:
    """Atoms of each element in a formula such as ``Co(NO3)2*6H2O``.

    Raises:
        SpecError: it is no formula.
    """
    formula = plain_formula(text)
    written = len(formula) <= LONGEST and _ALLOWED.fullmatch(formula)
    parts = [_part(part) for part in formula.split("*")] if written else [{}]
    found: dict[str, float] = {}
    for part in parts:
        for element, amount in part.items():
            found[element] = found.get(element, 0.0) + amount
    if not all(parts) or min(found.values()) <= 0:
        msg = f"{text[:LONGEST]!r} is no chemical formula: write one such as Li2CO3, Ni(OH)2 or "
        raise SpecError(f"{msg}Co(NO3)2*6H2O, with capital and small letters")
    return MappingProxyType(found)


def _part(part: str) -> dict[str, float]:
    """Atoms of a part such as ``6H2O``; empty where it is no formula."""
    from pymatgen.core import Composition, Element

    match = _COUNTED.fullmatch(part)
    if match is None:
        return {}
    try:
        amounts = Composition(match["formula"]).as_dict()
    except ValueError:
        return {}
    if not all(Element.is_valid_symbol(symbol) for symbol in amounts):
        return {}
    return {symbol: float(match["count"] or 1) * x for symbol, x in amounts.items()}


@lru_cache(maxsize=512)
def molar_mass(text: str) -> float:
    """Molar mass (g/mol) of a formula, with the masses of pymatgen.

    Raises:
        SpecError: it is no formula.
    """
    from pymatgen.core import Element

    amounts = elements_of(text).items()
    return float(sum(n * float(Element(symbol).atomic_mass) for symbol, n in amounts))


def is_weighing(heading: str) -> bool:
    """Whether a column tells grams of a precursor, such as ``Li2CO3 (g)``."""
    formula, mark, rest = heading.rstrip().rpartition("(g)")
    if not mark or rest:
        return False
    try:
        return bool(elements_of(formula))
    except SpecError:
        return False
