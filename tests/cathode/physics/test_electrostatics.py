from fractions import Fraction

import numpy as np
import pytest
from pymatgen.analysis.ewald import EwaldSummation

from cathode.physics.cells import compact_supercell
from cathode.physics.electrostatics import mean_charges, ordering_energies
from cathode.physics.orderings import decorate, distinct_orderings
from cathode.physics.prototypes import primitive_cell


@pytest.mark.parametrize(
    ("atoms", "charges"),
    [
        ({"Li": 1, "Co": 1, "O": 2}, {"Co": 3}),
        ({"Li": 2, "Ni": 1, "Mn": 1, "O": 4}, {"Ni": 2, "Mn": 4}),
        ({"Li": 10, "Ni": 8, "Mn": 1, "Co": 1, "O": 20}, {"Ni": 2.875, "Mn": 4, "Co": 3}),
        ({"Li": 1, "Mn": 2, "O": 4}, {"Mn": 3.5}),
        ({"Li": 2, "Ni": 1, "Mn": 3, "O": 8}, {"Ni": 2, "Mn": 4}),
        ({"Li": 1, "Fe": 1, "P": 1, "O": 4}, {"Fe": 2, "P": 5}),
        ({"Li": 10, "Ni": 8, "Al": 1, "Ti": 1, "O": 20}, {"Al": 3, "Ti": 4, "Ni": 2.875}),
    ],
)
def test_charges_are_those_that_chemists_write(atoms, charges):
    found = mean_charges(atoms)
    assert {element: found[element] for element in charges} == pytest.approx(charges)
    assert sum(found[element] * n for element, n in atoms.items()) == pytest.approx(0)


def test_what_cannot_be_neutral_has_no_charges():
    assert mean_charges({"Li": 1, "Zr": 1, "O": 2}) is None
    assert mean_charges({"Li": 1, "Mg": 1, "O": 2}) is None


def test_energies_are_those_of_a_sum_for_each_ordering():
    cell = primitive_cell("layered").make_supercell(compact_supercell("layered", 6), in_place=False)
    x = {"Ni": Fraction(1, 2), "Mn": Fraction(1, 2)}
    orderings = distinct_orderings(cell, x, 4, np.random.default_rng(0))
    charges = {"Li": 1.0, "Ni": 2.0, "Mn": 4.0, "O": -2.0}
    found = ordering_energies(cell, orderings, charges)
    for energy, ordering in zip(found, orderings, strict=True):
        filled = decorate(cell, ordering)
        filled.add_oxidation_state_by_site([charges[s.species_string] for s in filled])
        assert energy == pytest.approx(EwaldSummation(filled).total_energy)
    assert np.ptp(found) > 0.1
