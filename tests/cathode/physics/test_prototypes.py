from fractions import Fraction

import pytest
from pymatgen.core import Composition

from cathode.errors import SpecError
from cathode.physics.cells import MIXING, mixing_indices
from cathode.physics.prototypes import PROTOTYPES, primitive_cell, prototype_named

F = Fraction

# Bond lengths (Å) from the papers the structures come from; they test positions and setting.
BONDS = {
    "layered": {MIXING: [1.9226] * 6, "Li": [2.0918] * 6},
    "spinel": {MIXING: [1.959] * 6, "Li": [1.974] * 4},
    "olivine": {
        MIXING: [2.064, 2.064, 2.108, 2.204, 2.251, 2.251],
        "P": [1.524, 1.538, 1.556, 1.556],
    },
}


@pytest.mark.parametrize("name", PROTOTYPES)
def test_symmetry_and_stoichiometry_are_the_published_ones(name):
    prototype, cell = PROTOTYPES[name], primitive_cell(name)
    assert cell.get_space_group_info()[0] == prototype.space_group.split(":")[0]
    per_formula = dict(prototype.formula)
    units = len(mixing_indices(cell)) // prototype.mixing_per_formula
    filled = cell.copy()
    filled.replace_species({MIXING: "Fe"})
    expected = Composition({("Fe" if e == "M" else e): n * units for e, n in per_formula.items()})
    assert filled.composition == expected


@pytest.mark.parametrize(
    ("name", "species"), [(name, species) for name, bonds in BONDS.items() for species in bonds]
)
def test_bond_lengths_are_the_published_ones(name, species):
    cell = primitive_cell(name)
    site = next(s for s in cell if s.species_string == species)
    lengths = sorted(
        n.nn_distance for n in cell.get_neighbors(site, 2.3) if n.species_string == "O"
    )
    assert lengths == pytest.approx(BONDS[name][species], abs=2e-3)


def test_layers_of_licoo2_are_as_far_apart_as_measured():
    # O-O across the CoO6 octahedron, 2.6180(9) Å: Takahashi et al., J. Solid State Chem. 180 (2007)
    cell = primitive_cell("layered")
    metal = mixing_indices(cell)[0]
    oxygens = cell.get_neighbors(cell[metal], 2.0)
    distances = sorted(a.distance(b, jimage=[0, 0, 0]) for a in oxygens for b in oxygens if a != b)
    assert any(abs(d - 2.618) < 1e-3 for d in distances)


@pytest.mark.parametrize(
    ("name", "fractions", "formula"),
    [
        pytest.param(
            "layered",
            {"Ni": F(4, 5), "Co": F(1, 10), "Mn": F(1, 10)},
            "LiNi0.8Co0.1Mn0.1O2",
            id="layered",
        ),
        pytest.param("spinel", {"Mn": F(3, 4), "Ni": F(1, 4)}, "LiMn1.5Ni0.5O4", id="spinel"),
        pytest.param("olivine", {"Fe": F(1)}, "LiFePO4", id="olivine"),
        pytest.param("layered", {"Ni": F(1), "Co": F(0)}, "LiNiO2", id="zeros left out"),
    ],
)
def test_formulas(name, fractions, formula):
    assert PROTOTYPES[name].formula_of({"M": fractions}) == formula


def test_an_unknown_prototype_lists_the_known():
    with pytest.raises(SpecError, match="'rutile': known are layered, spinel, olivine"):
        prototype_named("rutile")
