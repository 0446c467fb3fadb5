"""Electrostatics of cation orderings: which way to fill a cell has its charges best apart."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cathode.physics.cells import MIXING

if TYPE_CHECKING:
    from pymatgen.core import Structure

LEAST: Mapping[str, int] = {"Ti": 3, "V": 3, "Cr": 2, "Fe": 2, "Mn": 2, "Co": 2, "Ni": 2, "Cu": 1}
"""Lowest charge in an oxide of the metals whose charge depends on what is around them."""

GIVEN: tuple[tuple[str, int], ...] = (
    ("Ti", 4),
    ("Cr", 3),
    ("V", 4),
    ("Fe", 3),
    ("V", 5),
    ("Mn", 3),
    ("Mn", 4),
    ("Cu", 2),
    ("Co", 3),
    ("Ni", 3),
    ("Fe", 4),
    ("Co", 4),
    ("Ni", 4),
)
"""Which metal gives the next electron, up to which charge: so nickel is 2+ beside manganese 4+."""

ANIONS: Mapping[str, int] = {"O": -2, "F": -1, "S": -2, "Cl": -1}


def mean_charges(atoms: Mapping[str, int]) -> dict[str, float] | None:
    """The mean charge of each element of a neutral crystal, such as Li+, Mn4+, Ni2+, O2-.

    Args:
        atoms: number of atoms by element.

    Returns:
        None where none of the metals can make up for the rest.
    """
    charges = {element: float(_fixed(element)) for element in atoms}
    lacking = -sum(charges[element] * n for element, n in atoms.items())
    for element, most in GIVEN:
        if element not in atoms or lacking <= 0:
            continue
        given = min(lacking / atoms[element], most - charges[element])
        charges[element] += given
        lacking -= given * atoms[element]
    return charges if abs(lacking) < 1e-6 else None  # noqa: PLR2004 - rounding


def _fixed(symbol: str) -> int:
    """The charge of an element before any metal has given one of its loose electrons."""
    from pymatgen.core import Element

    if symbol in LEAST:
        return LEAST[symbol]
    if symbol in ANIONS:
        return ANIONS[symbol]
    return max([0, *Element(symbol).common_oxidation_states])


def ordering_energies(
    structure: "Structure", orderings: Sequence[tuple[str, ...]], charges: Mapping[str, float]
) -> NDArray[np.float64]:
    """Electrostatic energies (eV per cell) of point charges by Ewald's sum, shape (n,).

    The sum is bilinear in the charges, so it is made once for all orderings.

    Args:
        structure: an open cell.
        orderings: elements in the order of its mixing sites.
        charges: by element; with each ordering the cell is neutral.
    """
    from pymatgen.analysis.ewald import EwaldSummation
    from pymatgen.core import Species, Structure

    ones = [Species("Li", 1)] * len(structure)
    unit = Structure(structure.lattice, ones, structure.frac_coords)
    ewald: Any = EwaldSummation
    pairs = ewald(unit).total_energy_matrix
    symbols = [site.species_string for site in structure]
    energies = []
    for ordering in orderings:
        filling = iter(ordering)
        filled = [next(filling) if symbol == MIXING else symbol for symbol in symbols]
        q = np.array([charges[symbol] for symbol in filled])
        energies.append(q @ pairs @ q)
    return np.array(energies)
