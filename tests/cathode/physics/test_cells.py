import numpy as np
import pytest

from cathode.errors import SpecError
from cathode.physics.cells import compact_supercell, mixing_indices, superlattices
from cathode.physics.prototypes import primitive_cell


def test_numbers_of_superlattices_are_the_published_ones():
    # Hart & Forcade, Phys. Rev. B 77, 224115 (2008): 1, 7, 13, 35, 31, 91, 57, 155
    assert [len(superlattices(n)) for n in range(1, 9)] == [1, 7, 13, 35, 31, 91, 57, 155]


@pytest.mark.parametrize("index", [2, 3, 4, 6])
def test_superlattices_are_all_different(index):
    def key(matrix):
        # Two matrices span one lattice if each is an integer combination of the other's rows.
        return matrix

    found = superlattices(index)
    for i, a in enumerate(found):
        assert round(np.linalg.det(a)) == index
        for b in found[:i]:
            combination = a @ np.linalg.inv(b)
            assert not np.allclose(combination, np.rint(combination))


@pytest.mark.parametrize(
    ("name", "sites", "atoms"),
    [
        ("layered", 1, 4),
        ("layered", 10, 40),
        ("layered", 12, 48),
        ("spinel", 4, 14),
        ("olivine", 8, 56),
    ],
)
def test_supercells_hold_what_was_asked_for_and_are_right_handed(name, sites, atoms):
    matrix = np.array(compact_supercell(name, sites))
    cell = primitive_cell(name) * matrix
    assert len(cell) == atoms
    assert len(mixing_indices(cell)) == sites
    assert np.linalg.det(matrix) > 0
    assert np.linalg.det(cell.lattice.matrix) > 0


def test_supercells_are_compact():
    # Ten sites in a line would have images 2.8 Å apart; in the best cell they are far beyond that.
    cell = primitive_cell("layered") * np.array(compact_supercell("layered", 10))
    images = cell.get_neighbors(cell[0], 7.0)
    assert min(n.nn_distance for n in images if n.index == 0) > 6.3


@pytest.mark.parametrize(("name", "sites"), [("spinel", 6), ("olivine", 10), ("layered", 0)])
def test_impossible_numbers_of_sites_are_refused(name, sites):
    with pytest.raises(SpecError, match=f"mixing_sites={sites}"):
        compact_supercell(name, sites)
