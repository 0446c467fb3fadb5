"""Crystals from CIF text, and from pymatgen's structures."""

import warnings
from typing import TYPE_CHECKING

import numpy as np

from cathode.errors import StructureError
from cathode.model import Crystal

if TYPE_CHECKING:
    from pymatgen.core import Structure


def crystal_of_cif(text: str) -> Crystal:
    """The first crystal of a CIF file.

    Raises:
        StructureError: it cannot be read, or its sites are not wholly of one element each.
    """
    from pymatgen.io.cif import CifParser

    try:
        with warnings.catch_warnings():
            # What pymatgen mends of rounded coordinates and occupancies is told for every file.
            warnings.simplefilter("ignore")
            structure = CifParser.from_str(text).parse_structures(primitive=False)[0]
    except Exception as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        msg = f"it cannot be read as CIF ({reason})"
        raise StructureError(msg) from error
    return crystal_of(structure)


def crystal_or_reason(text: str) -> Crystal | str:
    """The same, or why there is none: for many texts, of which some may be bad."""
    try:
        return crystal_of_cif(text)
    except StructureError as error:
        return str(error)


def crystal_of(structure: "Structure") -> Crystal:
    """A pymatgen structure as a crystal.

    Raises:
        StructureError: a site is not wholly of one element, or the cell is none.
    """
    from pymatgen.core import DummySpecies

    for index, site in enumerate(structure):
        if not site.is_ordered:
            msg = f"site {index} is shared ({site.species_string}): it must be of one element"
            raise StructureError(msg)
        if isinstance(site.specie, DummySpecies):
            msg = f"site {index} ({site.species_string}) is of no element"
            raise StructureError(msg)
    lattice = np.array(structure.lattice.matrix, dtype=float)
    positions = np.array(structure.frac_coords, dtype=float)
    if not (np.isfinite(lattice).all() and np.isfinite(positions).all()):
        raise StructureError("its cell, or the place of an atom, is not finite")
    return Crystal(
        lattice,
        positions,
        np.array([site.specie.Z for site in structure], dtype=np.int16),
    )
