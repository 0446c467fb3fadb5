"""Which electrons leave a host as its ions do, from its formula alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate

FIRST = frozenset({"V", "Cr", "Mn", "Fe", "Co", "Ni", "Cu"})
"""Metals that give their electrons before any other does."""

NEXT = frozenset({"Ti", "Nb", "Mo", "Ru", "Rh", "Ag", "Sn", "Sb", "W", "Re", "Bi", "Ce", "U"})
"""Those that do where there is none of the first."""

ALWAYS_NEGATIVE = frozenset({"O", "F", "Cl", "Br", "I"})
HOLDING = frozenset({"O", "F"})
"""Beside these, what else could be negative is positive: phosphorus in a phosphate is 5+."""


@dataclass(frozen=True)
class Redox:
    """What gives the electrons between a charged and a discharged host; zeros where nothing does.

    Attributes:
        share: of the host's atoms that give electrons.
        discharged: their mean oxidation state with all ions in.
        charged: the same with the ions out.
        electrons: valence electrons left to each of them when charged, on average.
        ionisation: mean energy (eV) that free atoms of them need for each electron they give.
    """

    share: float = 0.0
    discharged: float = 0.0
    charged: float = 0.0
    electrons: float = 0.0
    ionisation: float = 0.0


def redox(host: Mapping[str, float], inside: float, before: float) -> Redox:
    """Balance the charge of a host with what cannot change its own.

    Common oxidation states and ionisation energies are pymatgen's.

    Args:
        host: atoms by element, the working ion left out.
        inside: charge of the working ions in the discharged host.
        before: the same of the charged one.
    """
    from pymatgen.core import Element

    giving = {e: n for e, n in host.items() if e in FIRST} or {
        e: n for e, n in host.items() if e in NEXT
    }
    if not giving:
        return Redox()
    held = any(element in HOLDING for element in host)
    fixed = sum(_state(e, held=held) * n for e, n in host.items() if e not in giving)
    n = sum(giving.values())
    valence = sum(share * Element(e).group for e, share in giving.items()) / n
    # Beyond all they have, or none of it, others must give.
    discharged, charged = (min(max(-(fixed + ions) / n, 0), valence) for ions in (inside, before))
    energy = sum(share * _ionisation(e, discharged, charged) for e, share in giving.items()) / n
    return Redox(n / sum(host.values()), discharged, charged, valence - charged, energy)


@lru_cache(maxsize=256)
def _state(symbol: str, *, held: bool) -> int:
    """Charge of an element that keeps it."""
    from pymatgen.core import Element

    element = Element(symbol)
    states = element.common_oxidation_states or element.oxidation_states or (0,)
    negative = symbol in ALWAYS_NEGATIVE or not (held or element.is_metal)
    return int(min(states) if negative else max(states))


def _ionisation(symbol: str, start: float, end: float) -> float:
    """Mean energy (eV) of the electrons taken from a free atom between two charges."""
    known = _taken(symbol)
    least, most = 0.0, float(len(known) - 1)
    start, end = (min(max(charge, least), most) for charge in (start, end))
    if end - start < 1e-6:  # noqa: PLR2004 - nothing between them: the next electron
        start, end = min(start, most - 1), min(start, most - 1) + 1
    return (_at(known, end) - _at(known, start)) / (end - start)


def _at(known: tuple[float, ...], charge: float) -> float:
    whole = min(int(charge), len(known) - 2)
    return known[whole] + (charge - whole) * (known[whole + 1] - known[whole])


@lru_cache(maxsize=256)
def _taken(symbol: str) -> tuple[float, ...]:
    """Energy (eV) to take 0, 1, 2, … electrons from a free atom."""
    from pymatgen.core import Element

    energies = []
    for energy in Element(symbol).ionization_energies:
        if energy is None:
            break
        energies.append(float(energy))
    return tuple(accumulate(energies, initial=0.0))
