from fractions import Fraction

import numpy as np
import pytest

from cathode.physics.cells import compact_supercell, mixing_indices
from cathode.physics.mixing import vegard_cell
from cathode.physics.orderings import decorate
from cathode.physics.prototypes import primitive_cell

F = Fraction


def member(element, growth):
    cell = decorate(primitive_cell("layered"), (element,))
    cell.scale_lattice(cell.volume * growth**3)
    return cell


def test_cells_of_mixtures_lie_between_their_end_members():
    members = {"Ni": member("Ni", 1.0), "Mn": member("Mn", 1.1)}
    cell = vegard_cell("layered", 4, {"Ni": F(1, 4), "Mn": F(3, 4)}, members)
    primitive = primitive_cell("layered")
    assert cell.volume == pytest.approx(4 * primitive.volume * (1 + 0.75 * 0.1) ** 3)
    assert len(mixing_indices(cell)) == 4


def test_a_pure_mixture_is_its_end_member_and_sites_keep_their_order():
    cell = vegard_cell("layered", 10, {"Ni": F(1)}, {"Ni": member("Ni", 1.0)})
    ideal = primitive_cell("layered") * np.array(compact_supercell("layered", 10))
    assert [s.species_string for s in cell] == [s.species_string for s in ideal]
    np.testing.assert_allclose(cell.lattice.matrix, ideal.lattice.matrix, atol=1e-9)
    apart = cell.frac_coords - ideal.frac_coords
    np.testing.assert_allclose(apart - np.rint(apart), 0, atol=1e-9)


def test_positions_wrapped_around_the_cell_are_averaged_the_short_way():
    wrapped = member("Ni", 1.0)
    wrapped.translate_sites(range(len(wrapped)), [1e-3, 0, 0], to_unit_cell=True)
    members = {"Ni": wrapped, "Mn": member("Mn", 1.0)}
    cell = vegard_cell("layered", 2, {"Ni": F(1, 2), "Mn": F(1, 2)}, members)
    ideal = primitive_cell("layered") * np.array(compact_supercell("layered", 2))
    apart = cell.frac_coords - ideal.frac_coords
    moved = cell.lattice.get_cartesian_coords(apart - np.rint(apart))
    half = 5e-4 * primitive_cell("layered").lattice.matrix[0]
    np.testing.assert_allclose(moved, np.tile(half, (len(cell), 1)), atol=1e-9)
