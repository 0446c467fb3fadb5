import numpy as np
import pytest
from hypothesis import given
from scipy import stats

from augment.registry import build_augmentation
from cathode.model import Crystal
from cathode.spec import TranslationSpec, parse_augmentation
from tests.contracts.augmentation import AugmentationContract, alone, generic
from tests.strategies import crystals


class TestPerturbation(AugmentationContract):
    spec = parse_augmentation("perturbation")


class TestTranslation(AugmentationContract):
    spec = parse_augmentation("translation")


def steps(spec, crystal, rng):
    """How the atoms moved, in Å."""
    variant = build_augmentation(spec).apply(crystal, rng)
    np.testing.assert_array_equal(variant.lattice, crystal.lattice)
    return (variant.positions - crystal.positions) @ crystal.lattice


def large() -> Crystal:
    """Atoms enough for statistics."""
    rng = np.random.default_rng(0)
    numbers = np.full(3000, 8, dtype=np.int16)
    return Crystal(generic().lattice * 10, rng.random((3000, 3)), numbers)


@given(crystals())
def test_no_atom_moves_further_than_the_distance(crystal):
    for name, most in [("perturbation", 0.5), ("perturbation-0.1", 0.1), ("translation", 0.5)]:
        moved = steps(parse_augmentation(name), crystal, np.random.default_rng(0))
        assert np.linalg.norm(moved, axis=1).max() <= most + 1e-9


def test_every_atom_is_perturbed_by_a_uniform_distance_in_any_direction():
    moved = steps(parse_augmentation("perturbation"), large(), np.random.default_rng(1))
    far = np.linalg.norm(moved, axis=1)
    assert (far > 0).all()
    assert stats.kstest(far, stats.uniform(0, 0.5).cdf).pvalue > 0.01
    for along in (moved / far[:, None]).T:  # Archimedes: heights on a sphere are uniform
        assert stats.kstest(along, stats.uniform(-1, 2).cdf).pvalue > 0.01


def test_distances_are_those_of_pymatgen():
    from pymatgen.core import Structure

    crystal = large()
    mine = steps(parse_augmentation("perturbation"), crystal, np.random.default_rng(1))
    structure = Structure(crystal.lattice, crystal.numbers, crystal.positions)
    before = structure.cart_coords
    theirs = structure.perturb(0.5, seed=1).cart_coords - before
    # pymatgen moves atoms back into the cell where they have left it.
    inside = np.abs(theirs).max(axis=1) < 1
    assert inside.mean() > 0.95
    lengths = [np.linalg.norm(each, axis=1) for each in (mine, theirs[inside])]
    assert stats.ks_2samp(*lengths).pvalue > 0.01


@pytest.mark.parametrize("share", [0.1, 0.3, 1.0])
def test_a_share_of_the_atoms_is_translated_and_the_others_stay(share):
    spec = TranslationSpec(kind="translation", share=share)
    far = np.linalg.norm(steps(spec, large(), np.random.default_rng(2)), axis=1)
    assert (far > 0).mean() == pytest.approx(share, abs=0.03)
    assert stats.kstest(far[far > 0], stats.uniform(0, 0.5).cdf).pvalue > 0.01


@pytest.mark.parametrize("make", [alone, generic])
def test_one_atom_at_least_is_translated(make):
    spec, rng = TranslationSpec(kind="translation", share=1e-9), np.random.default_rng(3)
    chosen = [np.flatnonzero(steps(spec, make(), rng).any(axis=1)) for _ in range(100)]
    assert all(len(each) == 1 for each in chosen)
    assert len({int(each[0]) for each in chosen}) == len(make())
