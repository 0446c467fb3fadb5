"""Supercells: the most compact one with a given number of mixing sites."""

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cathode.errors import SpecError
from cathode.physics.prototypes import primitive_cell

if TYPE_CHECKING:
    from pymatgen.core import Structure

MIXING = "X0+"
"""How pymatgen writes the dummy species on open mixing sites."""


def mixing_indices(structure: "Structure") -> list[int]:
    """Positions of the open mixing sites."""
    return [i for i, site in enumerate(structure) if site.species_string == MIXING]


def superlattices(index: int) -> list[NDArray[np.int_]]:
    """Every distinct superlattice of an index, its rows in units of the primitive vectors.

    They are the transposes of the Hermite normal forms of Hart & Forcade, Phys. Rev. B 77,
    224115 (2008), eq. 1, which keep lattice vectors in columns.
    """
    found: list[NDArray[np.int_]] = []
    for a in range(1, index + 1):
        if index % a:
            continue
        for c in range(1, index // a + 1):
            if (index // a) % c:
                continue
            f = index // a // c
            found.extend(
                np.array([[a, b, d], [0, c, e], [0, 0, f]])
                for b in range(c)
                for d in range(f)
                for e in range(f)
            )
    return found


@lru_cache(maxsize=64)
def compact_supercell(prototype: str, mixing_sites: int) -> tuple[tuple[int, int, int], ...]:
    """The supercell with that many mixing sites whose periodic images lie farthest apart.

    Returns:
        Its lattice vectors as rows, in units of the primitive cell's.

    Raises:
        SpecError: no supercell has that number of mixing sites.
    """
    from pymatgen.core import Lattice

    primitive = primitive_cell(prototype)
    each = len(mixing_indices(primitive))
    if mixing_sites < 1 or mixing_sites % each:
        msg = f"{mixing_sites=} of {prototype!r}: use a multiple of {each}, such as {each * 4}"
        raise SpecError(msg)
    vectors = primitive.lattice.matrix
    reduced = [
        Lattice(matrix @ vectors).get_lll_reduced_lattice()
        for matrix in superlattices(mixing_sites // each)
    ]
    # Rounded, so that equivalent superlattices tie and the first one wins on every machine.
    best = max(reduced, key=lambda cell: (round(min(cell.abc), 6), -round(max(cell.abc), 6)))
    rows = np.rint(best.matrix @ np.linalg.inv(vectors)).astype(int)
    if np.linalg.det(rows) < 0:  # codes differ in what they make of a left-handed cell
        rows = -rows
    return tuple((int(a), int(b), int(c)) for a, b, c in rows)
