import numpy as np
import pytest
from chgnet.model import CHGNetCalculator
from pymatgen.core import Lattice, Structure
from pymatgen.io.ase import AseAtomsAdaptor

from agents.evaluators.chgnet.potential import PotentialCalculator, load_potential
from cathode.errors import EvaluationError
from cathode.physics.orderings import decorate
from cathode.physics.prototypes import primitive_cell


@pytest.fixture(scope="module")
def potential():
    return load_potential()


def crystal(name="layered", element="Co", amplitude=0.08, seed=0):
    cell = primitive_cell(name)
    sites = sum(s.species_string == "X0+" for s in cell)
    cell = decorate(cell, (element,) * sites)
    rng = np.random.default_rng(seed)
    for i in range(len(cell)):
        cell.translate_sites([i], rng.normal(0, amplitude, 3), frac_coords=False)
    return cell


@pytest.mark.filterwarnings("ignore:Converting a tensor with requires_grad")
@pytest.mark.parametrize("name", ["layered", "spinel", "olivine"])
def test_it_agrees_with_chgnets_own_calculator(potential, name, capsys):
    atoms = AseAtomsAdaptor.get_atoms(crystal(name, "Fe"))
    reference = CHGNetCalculator(potential.model, use_device="cpu", on_isolated_atoms="error")
    ours = PotentialCalculator(potential)
    atoms.calc = reference
    expected = [
        atoms.get_potential_energy(),
        atoms.get_forces(),
        atoms.get_stress(),
        atoms.get_magnetic_moments(),
    ]
    atoms.calc = ours
    found = [
        atoms.get_potential_energy(),
        atoms.get_forces(),
        atoms.get_stress(),
        atoms.get_magnetic_moments(),
    ]
    for value, other, tolerance in zip(found, expected, (1e-5, 1e-4, 1e-6, 1e-4), strict=True):
        np.testing.assert_allclose(value, other, atol=tolerance)
    capsys.readouterr()


def test_forces_and_stress_are_the_slopes_of_the_energy(potential):
    cell = crystal()
    found = potential.compute(cell)
    step = 5e-3
    moved = []
    for sign in (1, -1):
        shifted = cell.copy()
        shifted.translate_sites([1], [sign * step, 0, 0], frac_coords=False)
        moved.append(potential.energies([shifted])[0])
    assert -(moved[0] - moved[1]) / (2 * step) == pytest.approx(found["forces"][1, 0], abs=0.02)
    strained = []
    for sign in (1, -1):
        matrix = cell.lattice.matrix @ (np.eye(3) + sign * step * np.diag([1, 0, 0]))
        strained.append(potential.energies([Structure(matrix, cell.species, cell.frac_coords)])[0])
    slope = (strained[0] - strained[1]) / (2 * step) / cell.volume
    assert slope == pytest.approx(found["stress"][0, 0], abs=0.003)


def test_left_handed_cells_have_the_same_stress(potential):
    cell = crystal()
    mirrored = Structure(-cell.lattice.matrix, cell.species, -cell.frac_coords)
    assert np.linalg.det(mirrored.lattice.matrix) < 0
    np.testing.assert_allclose(
        potential.compute(mirrored)["stress"], potential.compute(cell)["stress"], atol=1e-5
    )


def test_energies_alone_are_the_same_energies(potential):
    cells = [crystal(element=e) for e in ("Co", "Ni")]
    np.testing.assert_allclose(
        potential.energies(cells), [potential.compute(c)["energy"] for c in cells], rtol=1e-6
    )


def test_an_atom_out_of_reach_is_an_explosion_and_not_a_number(potential):
    lonely = Structure(Lattice.cubic(20), ["Li"], [[0, 0, 0]])
    with pytest.raises(EvaluationError, match="exploded: an atom has no neighbour"):
        potential.compute(lonely)


def test_weights_come_from_the_wheel(potential):
    assert potential.model.version == "0.3.0"


def test_it_leaves_the_processors_mode_as_it_found_it(potential):
    potential.compute(crystal())
    assert np.float64(5e-324) * 1.0 > 0, "denormal numbers are numbers again"
