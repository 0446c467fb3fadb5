import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from agents.evaluators.chgnet.potential import load_potential
from agents.evaluators.chgnet.relaxation import Relaxed, relax
from cathode.errors import EvaluationError
from cathode.physics.orderings import decorate
from cathode.physics.prototypes import primitive_cell


@pytest.fixture(scope="module")
def potential():
    return load_potential()


@pytest.fixture(scope="module")
def cobaltate():
    return decorate(primitive_cell("layered"), ("Co",))


def test_licoo2_relaxes_to_its_measured_cell(potential, cobaltate):
    relaxed = relax(cobaltate, potential, 0.02, 100)
    assert relaxed.structure.volume == pytest.approx(32.2, rel=0.04)  # Å3, Akimoto 1998
    assert np.linalg.norm(potential.compute(relaxed.structure)["forces"], axis=1).max() < 0.03
    assert relaxed.energy == pytest.approx(potential.energies([relaxed.structure])[0], abs=1e-4)
    assert len(relaxed.moments) == 4
    assert max(relaxed.moments) < 0.2, "low-spin Co3+ has no moment"
    again = Relaxed.from_dict(relaxed.as_dict())
    assert again.energy == relaxed.energy
    assert again.structure == relaxed.structure


def test_too_few_steps_are_unconverged_with_the_figures(potential, cobaltate):
    squeezed = cobaltate.copy()
    squeezed.translate_sites([0], [0.3, 0, 0], frac_coords=False)
    with pytest.raises(
        EvaluationError, match=r"unconverged: largest force .* after 2 steps"
    ) as caught:
        relax(squeezed, potential, 0.01, 2)
    assert caught.value.cause == "unconverged"


def test_a_cell_that_leaves_its_prototype_has_exploded(potential, cobaltate):
    blown = cobaltate.copy()
    blown.scale_lattice(blown.volume * 2.2)
    with pytest.raises(EvaluationError) as caught:
        relax(blown, potential, 0.02, 300)
    assert caught.value.cause == "exploded"


def test_atoms_upon_each_other_have_exploded(potential):
    crushed = Structure(
        Lattice.cubic(4.0), ["Li", "O", "O"], [[0, 0, 0], [0.5, 0.5, 0.5], [0.5, 0.5, 0.53]]
    )
    with pytest.raises(EvaluationError):
        relax(crushed, potential, 0.02, 30)
