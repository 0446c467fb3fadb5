import numpy as np
import pytest

from cathode.errors import SpecError
from cathode.physics.descriptors import (
    ELEMENT_DESCRIPTORS,
    MAGPIE_DESCRIPTORS,
    element_table,
    magpie_table,
)
from cathode.physics.species import VACANCY


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


def test_magpie_knows_what_its_table_says():
    nickel, lanthanum = magpie_table(("Ni", "La"))
    assert len(nickel) == len(MAGPIE_DESCRIPTORS) == 22
    known = dict(zip(MAGPIE_DESCRIPTORS, nickel, strict=True))
    assert (known["Number"], known["Column"], known["NdValence"]) == (28, 10, 8)
    assert known["MeltingT"] == 1728  # K
    assert known["Electronegativity"] == pytest.approx(1.91)
    assert lanthanum[0] == 57


def test_its_names_are_those_of_the_published_features():
    from matminer.featurizers.composition import ElementProperty

    assert tuple(ElementProperty.from_preset("magpie").features) == MAGPIE_DESCRIPTORS


@pytest.mark.parametrize("table", [element_table, magpie_table])
def test_a_vacancy_has_none(table):
    with pytest.raises(SpecError, match="vacancy"):
        table(("Ni", VACANCY))
