from fractions import Fraction
from itertools import combinations

import numpy as np
import pytest
from pymatgen.analysis.structure_matcher import StructureMatcher

from cathode.errors import SpecError
from cathode.physics.cells import compact_supercell, mixing_indices
from cathode.physics.orderings import (
    counts_on,
    decorate,
    distinct_orderings,
    site_permutations,
    vacancy_orderings,
)
from cathode.physics.prototypes import primitive_cell

F = Fraction


def cell(name, sites):
    return primitive_cell(name) * np.array(compact_supercell(name, sites))


def test_orderings_hold_the_composition_exactly():
    host = cell("layered", 10)
    fractions = {"Ni": F(3, 5), "Mn": F(3, 10), "Co": F(1, 10)}
    for ordering in distinct_orderings(host, fractions, 8, np.random.default_rng(0)):
        filled = decorate(host, ordering)
        assert filled.composition.get_el_amt_dict() == {
            "Li": 10,
            "O": 20,
            "Ni": 6,
            "Mn": 3,
            "Co": 1,
        }
    assert len(mixing_indices(host)) == 10, "the host itself is left as it was"


@pytest.mark.parametrize(
    ("name", "sites", "fractions"),
    [
        pytest.param("layered", 4, {"Ni": F(1, 2), "Mn": F(1, 2)}, id="layered"),
        pytest.param("layered", 6, {"Ni": F(2, 3), "Mn": F(1, 3)}, id="layered six"),
        pytest.param("spinel", 4, {"Ni": F(1, 4), "Mn": F(3, 4)}, id="spinel"),
        pytest.param("olivine", 4, {"Fe": F(1, 2), "Mn": F(1, 2)}, id="olivine"),
    ],
)
def test_distinct_orderings_agree_with_pymatgens_structure_matcher(name, sites, fractions):
    host = cell(name, sites)
    found = distinct_orderings(host, fractions, 100, np.random.default_rng(0))
    structures = [decorate(host, ordering) for ordering in found]
    # Our orderings differ by the cell's own symmetry; the matcher may see more, never fewer.
    matcher = StructureMatcher(primitive_cell=False, scale=False)
    amounts = counts_on(fractions, sites)
    first, second = sorted(amounts)
    every = [
        decorate(host, tuple(first if i in chosen else second for i in range(sites)))
        for chosen in combinations(range(sites), amounts[first])
    ]
    assert len(matcher.group_structures(every)) == len(matcher.group_structures(structures))
    assert len(found) <= len(every)


def test_a_pure_cell_has_one_ordering():
    host = cell("layered", 6)
    assert distinct_orderings(host, {"Co": F(1)}, 5, np.random.default_rng(0)) == [("Co",) * 6]


def test_permutations_are_permutations():
    rows = site_permutations(cell("layered", 10))
    np.testing.assert_array_equal(np.sort(rows, axis=1), np.tile(np.arange(10), (len(rows), 1)))
    assert len(rows) >= 10, "at least the translations of the primitive cell"


def test_orderings_are_reproducible():
    host, fractions = cell("layered", 10), {"Ni": F(1, 2), "Mn": F(1, 2)}
    one, other = (distinct_orderings(host, fractions, 6, np.random.default_rng(4)) for _ in "ab")
    assert one == other


def test_fractions_that_do_not_fit_the_cell_say_what_would():
    with pytest.raises(SpecError, match="Ni 1/3 of 10 mixing sites is 3.33 atoms.*multiple of 3"):
        counts_on({"Ni": F(1, 3), "Mn": F(2, 3)}, 10)


@pytest.mark.parametrize("left", [0, 1, 2, 5])
def test_vacancies_leave_as_many_ions_as_asked(left):
    host = decorate(cell("layered", 10), ("Ni",) * 10)
    cells = vacancy_orderings(host, "Li", left, 4, np.random.default_rng(0))
    assert 1 <= len(cells) <= 4
    for charged in cells:
        assert charged.composition["Li"] == left
        assert charged.composition["Ni"] == 10
    assert host.composition["Li"] == 10


def test_ions_that_stay_keep_apart():
    host = decorate(cell("layered", 10), ("Ni",) * 10)
    ions = [i for i, s in enumerate(host) if s.species_string == "Li"]
    farthest = host.distance_matrix[np.ix_(ions, ions)].max()
    (best, *_) = vacancy_orderings(host, "Li", 2, 1, np.random.default_rng(0))
    a, b = (i for i, s in enumerate(best) if s.species_string == "Li")
    assert best.get_distance(a, b) == pytest.approx(farthest, abs=1e-6)


def test_many_choices_are_drawn_instead_of_listed():
    host = decorate(cell("layered", 24), ("Ni",) * 24)  # 24 over 12: 2.7 million
    cells = vacancy_orderings(host, "Li", 12, 3, np.random.default_rng(0))
    assert [charged.composition["Li"] for charged in cells] == [12] * 3
