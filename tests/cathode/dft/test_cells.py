"""Cells of candidates: exact, with the right lithium, the same for the same seed."""

from fractions import Fraction

import numpy as np
import pytest

from cathode.dft.cells import BY_CHARGES, BY_DRAW, MOST_ATOMS, ONLY_ONE, cells_of
from cathode.errors import SpecError
from cathode.model import Candidate
from cathode.physics.electrostatics import mean_charges, ordering_energies
from cathode.physics.orderings import distinct_orderings
from tests.orders import NICKEL, NMC, lab_campaign, mixed

CHGNET = {"cost": 0.01, "evaluator": {"kind": "chgnet", "mixing_sites": 20, "orderings": 3}}


def atoms(cell):
    return {element: round(n) for element, n in cell.composition.get_el_amt_dict().items()}


@pytest.mark.parametrize(
    ("candidate", "lithiated", "left"),
    [
        (NMC, {"Li": 10, "Ni": 5, "Mn": 3, "Co": 2, "O": 20}, 2),
        (mixed("spinel", Mn="3/4", Ni="1/4"), {"Li": 6, "Mn": 9, "Ni": 3, "O": 24}, 0),
        (mixed("olivine", Fe=1), {"Li": 12, "Fe": 12, "P": 12, "O": 48}, 0),
    ],
    ids=["layered", "spinel", "olivine"],
)
def test_cells_hold_the_candidate_exactly(candidate, lithiated, left):
    cells = cells_of(lab_campaign(), candidate)
    assert atoms(cells.lithiated) == lithiated
    host = {element: n for element, n in lithiated.items() if element != "Li"}
    assert atoms(cells.delithiated) == host | ({"Li": left} if left else {})
    np.testing.assert_allclose(
        cells.delithiated.lattice.matrix, cells.lithiated.lattice.matrix, atol=0
    )


def test_the_seed_decides_and_nothing_else():
    spec = lab_campaign()
    one, same = cells_of(spec, NMC), cells_of(spec, NMC)
    assert one.lithiated.species == same.lithiated.species
    assert (one.lithiated.frac_coords == same.lithiated.frac_coords).all()
    assert (one.delithiated.frac_coords == same.delithiated.frac_coords).all()
    others = [cells_of(lab_campaign(seed=seed), NMC).lithiated.species for seed in range(4)]
    assert any(species != one.lithiated.species for species in others)


def test_charges_are_best_apart():
    cells = cells_of(lab_campaign(), NMC)
    assert (cells.chosen_by, cells.compared) == (BY_CHARGES, 20)
    charges = mean_charges(atoms(cells.lithiated))
    bare = cells.lithiated.copy()
    metals = [i for i, s in enumerate(bare) if s.species_string in ("Ni", "Mn", "Co")]
    chosen = tuple(bare[i].species_string for i in metals)
    for i in metals:
        bare.replace(i, "X0+")
    fractions = NMC.on_site("M")
    others = distinct_orderings(bare, fractions, 10, np.random.default_rng(7))
    mine, *rest = ordering_energies(bare, [chosen, *others], charges)
    assert mine < np.median(rest)


def test_it_is_said_how_an_ordering_was_chosen():
    assert cells_of(lab_campaign(), NICKEL).chosen_by == ONLY_ONE
    unbalanced = mixed(Mg="1/2", Al="1/2")
    assert cells_of(lab_campaign(), unbalanced).chosen_by == BY_DRAW


def test_the_cells_are_those_of_the_chgnet_evaluator_where_there_is_one():
    own = lab_campaign(cheaper={"quick": CHGNET, "dft": lab_campaign().cheaper["dft"].model_dump()})
    cells = cells_of(own, NMC)
    assert (cells.settings.mixing_sites, cells.compared) == (20, 3)
    assert atoms(cells.delithiated)["Li"] == 4
    assert cells.settings.lithium_left == Fraction(1, 5)


@pytest.mark.parametrize(
    ("candidate", "words"),
    [
        (Candidate.of("pool", {}, {"name": "mp-1"}), "mp-1 is a row of a pool"),
        (mixed(Ni="67/100", Co="33/100"), f"a cell of 400 atoms .* {MOST_ATOMS} are the most"),
        (mixed(Ni="4/5", Li="1/5"), "Li, which its host has too, on site M"),
        (mixed(Ni="4/5", vac="1/5"), "has vacancies on site M"),
        (
            Candidate.of("layered", {"M": {"Ni": Fraction(1)}, "O": {"O": Fraction(1)}}),
            "mixes elements on site O",
        ),
    ],
    ids=["pool", "large", "lithium", "vacancy", "site"],
)
def test_what_has_no_cell_is_refused_in_words(candidate, words):
    with pytest.raises(SpecError, match=words):
        cells_of(lab_campaign(), candidate)


def test_a_cell_that_does_not_hold_the_candidate_is_refused():
    own = lab_campaign(cheaper={"quick": CHGNET})
    with pytest.raises(SpecError, match="use mixing_sites that are a multiple of 3"):
        cells_of(own, mixed(Ni="2/3", Co="1/3"))
