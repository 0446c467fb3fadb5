"""Starting cells for relaxations, interpolated between relaxed end members (Vegard's law)."""

from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from cathode.physics.cells import compact_supercell
from cathode.physics.prototypes import primitive_cell

if TYPE_CHECKING:
    from pymatgen.core import Structure


def vegard_cell(
    prototype: str,
    mixing_sites: int,
    fractions: Mapping[str, Fraction],
    end_members: Mapping[str, "Structure"],
) -> "Structure":
    """An open supercell whose shape and positions are the weighted mean of its end members'.

    Args:
        prototype: name of the prototype.
        mixing_sites: mixing sites in the supercell.
        fractions: fraction of each element; sums to one.
        end_members: relaxed primitive cells, sites in the prototype's order.
    """
    from pymatgen.core import Structure

    reference = primitive_cell(prototype)
    lattice = np.zeros((3, 3))
    shift = np.zeros((len(reference), 3))
    for element, x in fractions.items():
        member = end_members[element]
        moved = member.frac_coords - reference.frac_coords
        lattice += float(x) * member.lattice.matrix
        shift += float(x) * (moved - np.rint(moved))
    mean = Structure(lattice, reference.species, reference.frac_coords + shift)
    return mean.make_supercell(compact_supercell(prototype, mixing_sites), in_place=False)
