import pytest

from cathode.errors import SpecError
from cathode.physics.precursors import COMMON, elements_of, is_weighing, molar_mass, plain_formula


@pytest.mark.parametrize(
    ("text", "atoms"),
    [
        ("LiOH*H2O", {"Li": 1, "O": 2, "H": 3}),
        ("Co(NO3)2 · 6H2O", {"Co": 1, "N": 2, "O": 12, "H": 12}),
        ("CaSO4*0.5H2O", {"Ca": 1, "S": 1, "O": 4.5, "H": 1}),
        ("NH4H2PO4", {"N": 1, "H": 6, "P": 1, "O": 4}),
        ("(Ni0.8Co0.2)(OH)2", {"Ni": 0.8, "Co": 0.2, "O": 2, "H": 2}),
    ],
)
def test_formulas_are_counted(text, atoms):
    assert dict(elements_of(text)) == pytest.approx(atoms)


@pytest.mark.parametrize(
    "text", ["", "li2co3", "Xx2O", "Li2CO3)", "Li(", "*H2O", "6", "Li+", "<b>", "=1+1", "H" * 99]
)
def test_what_is_no_formula_is_refused_with_an_example(text):
    with pytest.raises(SpecError, match=r"is no chemical formula: write one such as Li2CO3"):
        elements_of(text)


def test_molar_masses_are_the_published_ones():
    # CRC Handbook of Chemistry and Physics, physical constants of inorganic compounds.
    known = {"LiOH*H2O": 41.964, "Li2CO3": 73.891, "Ni(OH)2": 92.708, "FeC2O4*2H2O": 179.895}
    known |= {"NH4H2PO4": 115.026, "Co(NO3)2*6H2O": 291.034}
    for text, mass in known.items():
        assert molar_mass(text) == pytest.approx(mass, abs=0.005)


def test_common_precursors_bring_their_element_and_little_else():
    for element, (formula, purity) in COMMON.items():
        assert element in elements_of(formula)
        assert set(elements_of(formula)) <= {element, "O", "H", "C", "N"}
        assert formula == plain_formula(formula)
        assert 95 <= purity < 100


@pytest.mark.parametrize(
    ("heading", "weighing"),
    [
        ("Li2CO3 (g)", True),
        ("Co(NO3)2*6H2O (g)", True),
        ("Ni(OH)2(g)", True),
        ("specific_energy (Wh/kg)", False),
        ("loading (g)", False),
        ("Ni", False),
        ("(g)", False),
    ],
)
def test_columns_of_grams_are_told_from_others(heading, weighing):
    assert is_weighing(heading) is weighing
