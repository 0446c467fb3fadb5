from fractions import Fraction

from cathode.model import Candidate
from cathode.physics.formulas import atoms_of, reduced, written

F = Fraction


def test_atoms_of_a_candidate_are_exact():
    third = {"Ni": F(1, 3), "Mn": F(1, 3), "Co": F(1, 3)}
    ncm = atoms_of(Candidate.of("layered", {"M": third}))
    assert ncm == {"Li": 1, "O": 2, **third}
    assert reduced(ncm) == (("Co", 1), ("Li", 3), ("Mn", 1), ("Ni", 1), ("O", 6))


def test_every_site_counts_and_vacancies_do_not():
    sites = {"M": {"Co": F(1)}, "Li": {"Li": F(9, 10), "vac": F(1, 10)}, "O": {"O": F(1)}}
    assert atoms_of(Candidate.of("olivine", sites)) == {"Li": F(9, 10), "Co": 1, "P": 1, "O": 4}


def test_a_row_of_a_pool_has_no_atoms():
    assert atoms_of(Candidate.of("pool", {}, {"name": "mp-1 CoO2 to LiCoO2"})) is None


def test_multiples_are_the_same_in_smallest_numbers():
    assert reduced({"Li": 4, "Mn": 8, "O": 16, "Co": 0}) == (("Li", 1), ("Mn", 2), ("O", 4))
    assert reduced({}) == ()
    assert written({"O": 4, "Li": 1, "Mn": 2}) == "Li1Mn2O4"
