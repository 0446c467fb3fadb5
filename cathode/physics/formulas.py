"""What candidates are called where people read of them, and of which atoms they are."""

import math
from collections.abc import Mapping
from fractions import Fraction

from cathode.model import Candidate
from cathode.physics.prototypes import PROTOTYPES
from cathode.physics.species import VACANCY


def formula(candidate: Candidate) -> str:
    """The chemical formula of a candidate; its name where it is a row of a pool."""
    sites = {site: dict(fractions) for site, fractions in candidate.sites}
    if candidate.prototype not in PROTOTYPES:
        return str(dict(candidate.conditions).get("name", candidate.id))
    return PROTOTYPES[candidate.prototype].formula_of(sites)


def label(candidate: Candidate, units: Mapping[str, str]) -> str:
    """The formula with the process conditions, such as ``LiNiO2, time 12 h``.

    Args:
        candidate: the candidate.
        units: of the variables of its space.
    """
    settings = [
        f"{name.replace('_', ' ')} {value:g} {units.get(name, '')}".rstrip()
        if isinstance(value, float)
        else str(value)
        for name, value in candidate.conditions
        if candidate.prototype in PROTOTYPES
    ]
    return ", ".join([formula(candidate), *settings])


def atoms_of(candidate: Candidate) -> dict[str, Fraction] | None:
    """Exact numbers of atoms by element in a formula unit; None where it is a row of a pool."""
    if candidate.prototype not in PROTOTYPES:
        return None
    sites = {site: dict(fractions) for site, fractions in candidate.sites}
    atoms: dict[str, Fraction] = {}
    for site, count in PROTOTYPES[candidate.prototype].formula:
        for element, x in sites.get(site, {site: Fraction(1)}).items():
            if x and element != VACANCY:
                atoms[element] = atoms.get(element, Fraction(0)) + x * count
    return atoms


def reduced(atoms: Mapping[str, Fraction | int]) -> tuple[tuple[str, int], ...]:
    """The smallest whole numbers of atoms in the same proportion, sorted by element."""
    present = {element: Fraction(n) for element, n in atoms.items() if n}
    scale = math.lcm(*(n.denominator for n in present.values()))
    whole = {element: int(n * scale) for element, n in present.items()}
    factor = math.gcd(*whole.values())
    return tuple(sorted((element, n // factor) for element, n in whole.items()))


def written(atoms: Mapping[str, int]) -> str:
    """Whole numbers of atoms as a formula, in pymatgen's order, such as Li10Ni8Mn1Co1O20."""
    from pymatgen.core import Composition

    return str(Composition(dict(atoms)).formula).replace(" ", "")
