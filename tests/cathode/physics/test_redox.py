"""Which electrons leave a host, from its formula."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymatgen.core import Composition, Element

from cathode.physics.redox import FIRST, Redox, redox


def of(host, inside, before=0.0):
    return redox(Composition(host).get_el_amt_dict(), inside, before)


@pytest.mark.parametrize(
    ("host", "inside", "before", "discharged", "charged"),
    [
        ("CoO2", 1, 0, 3, 4),
        ("FePO4", 1, 0, 2, 3),
        ("Mn2O4", 1, 0, 3.5, 4),
        ("Fe2(SO4)3", 2, 0, 2, 3),  # sulphur is 6+ beside oxygen
        ("FeS2", 2, 0, 2, 4),  # and 2- without it
        ("FeF3", 1, 0, 2, 3),
        ("VPO5", 1, 0, 4, 5),
        ("MnCo(SiO4)2", 4, 2, 2, 3),
        ("TiS2", 1, 0, 3, 4),
        ("Ti2O4", 1, 0, 3.5, 4),
        ("LaMnO3", 1, 0, 2, 3),
        ("TiMnO4", 2, 0, 2, 4),  # titanium keeps its 4+ beside manganese
        ("NaFe(CO3)2", 1, 0, 2, 3),
        ("Mn2Sb2O8", 0, 0, 3, 3),
    ],
)
def test_states_are_those_that_balance_the_charge(host, inside, before, discharged, charged):
    found = of(host, inside, before)
    assert (found.discharged, found.charged) == pytest.approx((discharged, charged))


def test_electrons_taken_one_by_one_need_their_ionisation_energies():
    energies = Element("Fe").ionization_energies
    assert of("FePO4", 1).ionisation == pytest.approx(energies[2])
    assert of("Fe2P2O8", 1).ionisation == pytest.approx(energies[2])  # from 2.5 to 3
    assert of("FeP3O10", 1).ionisation == pytest.approx(energies[4])
    two = of("FeSiO4", 2)  # from 2 to 4
    assert two.ionisation == pytest.approx((energies[2] + energies[3]) / 2)
    assert of("Mn2Sb2O8", 0).ionisation == pytest.approx(Element("Mn").ionization_energies[3])


def test_shares_and_electrons_left():
    found = of("FePO4", 1)
    assert found.share == pytest.approx(1 / 6)
    assert found.electrons == 5
    mixed = of("MnCo(PO4)2", 2)
    assert mixed.electrons == pytest.approx((7 + 9) / 2 - 3)


@pytest.mark.parametrize("host", ["C6", "Li3N", "SiO2"])
def test_where_nothing_gives_electrons_there_is_nothing(host):
    assert of(host, 1) == Redox()


@given(
    st.sampled_from(sorted(FIRST)),
    st.integers(1, 4),
    st.integers(1, 8),
    st.floats(0, 3),
    st.floats(0, 3),
)
def test_no_more_electrons_are_given_than_there_are(metal, metals, oxygens, more, before):
    found = redox({metal: metals, "O": oxygens}, before + more, before)
    assert 0 <= found.discharged <= found.charged <= Element(metal).group
    assert found.electrons >= 0
    assert math.isfinite(found.ionisation)
    assert found.ionisation > 0
    smaller = redox({metal: metals / 7, "O": oxygens / 7}, (before + more) / 7, before / 7)
    assert smaller.discharged == pytest.approx(found.discharged, abs=1e-9)
    assert smaller.share == pytest.approx(found.share)
