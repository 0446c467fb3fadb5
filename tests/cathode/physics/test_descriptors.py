import numpy as np
import pytest

from cathode.errors import SpecError
from cathode.physics.descriptors import ELEMENT_DESCRIPTORS, element_table


def test_known_values():
    nickel, magnesium = element_table(("Ni", "Mg"))
    assert len(nickel) == len(ELEMENT_DESCRIPTORS)
    assert nickel[0] == pytest.approx(1.91)  # Pauling
    assert (nickel[2], magnesium[2]) == (10, 2)
    assert nickel[3] == pytest.approx(35.19, abs=0.01)  # eV, NIST
    assert nickel[4] == pytest.approx(58.693, abs=0.001)


def test_all_common_dopants_have_descriptors():
    dopants = ("Al", "B", "Ca", "Ce", "Cr", "Cu", "Fe", "Ga", "Ge", "La", "Mg", "Mo")
    dopants += ("Nb", "Ru", "Sb", "Si", "Sn", "Ta", "Ti", "V", "W", "Y", "Zn", "Zr")
    assert np.isfinite(element_table(dopants)).all()


@pytest.mark.filterwarnings("ignore:No Pauling electronegativity")
def test_elements_without_descriptors_are_refused():
    with pytest.raises(SpecError, match="no descriptors are known of He"):
        element_table(("Ni", "He"))
