"""What every augmentation must do. A test module subclasses this and gives one factory."""

import random

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from augment.registry import build_augmentation
from cathode.model import Crystal
from cathode.protocols import Augmentation
from cathode.spec import AugmentationSpec
from tests.strategies import crystals

any_crystal = settings(
    max_examples=50,
    deadline=None,
    # Each augmentation runs the same test of the same class, which hypothesis takes for a mistake.
    suppress_health_check=[HealthCheck.differing_executors],
)


def layered() -> Crystal:
    """LiCoO2 in its rhombohedral cell, skewed, an atom outside of it."""
    lattice = np.array([[1.42, 0.82, 4.68], [-1.42, 0.82, 4.68], [0.0, -1.64, 4.68]])
    heights = np.array([0.5, 0.0, 0.26, -0.26])
    return Crystal(lattice, np.outer(heights, np.ones(3)), np.array([3, 27, 8, 8], dtype=np.int16))


def generic() -> Crystal:
    """Five atoms without any symmetry."""
    lattice = np.array([[3.1, 0.2, -0.4], [1.3, 4.7, 0.3], [-0.9, 1.1, 6.2]])
    positions = np.random.default_rng(5).random((5, 3))
    return Crystal(lattice, positions, np.array([3, 25, 8, 8, 9], dtype=np.int16))


def alone() -> Crystal:
    """One atom in a cell."""
    return Crystal(np.eye(3) * 2.9, np.full((1, 3), 0.1), np.array([26], dtype=np.int16))


def arrays(crystal: Crystal) -> tuple[np.ndarray, ...]:
    return crystal.lattice, crystal.positions, crystal.numbers


def distances(crystal: Crystal, images: int = 1) -> np.ndarray:
    """Between all atoms and all others in the cells around, in Å, shape (cells, n, n)."""
    steps = np.arange(-images, images + 1)
    cells = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(-1, 1, 1, 3)
    apart = crystal.positions[None, :, None] - crystal.positions[None, None] + cells
    return np.linalg.norm(apart @ crystal.lattice, axis=-1)


class AugmentationContract:
    """Subclass it and give the spec."""

    spec: AugmentationSpec
    volumes = (1.0, 1.0)
    """Least and largest volume of a variant over the original's."""
    draws = True
    """Whether variants differ."""

    @pytest.fixture
    def augmentation(self) -> Augmentation:
        return build_augmentation(self.spec)

    def test_it_has_the_name_of_its_spec(self, augmentation):
        assert augmentation.name == self.spec.name

    @given(crystals())
    @any_crystal
    def test_a_variant_has_the_same_atoms_in_the_same_order(self, crystal):
        variant = build_augmentation(self.spec).apply(crystal, np.random.default_rng(0))
        np.testing.assert_array_equal(variant.numbers, crystal.numbers)
        assert variant.lattice.shape == (3, 3)
        assert variant.positions.shape == (len(crystal), 3)
        for made, given_one in zip(arrays(variant), arrays(crystal), strict=True):
            assert made.dtype == given_one.dtype
            assert np.isfinite(made).all()

    @given(crystals())
    @any_crystal
    def test_its_volume_is_within_bounds(self, crystal):
        variant = build_augmentation(self.spec).apply(crystal, np.random.default_rng(1))
        least, most = self.volumes
        assert least * (1 - 1e-9) <= variant.volume / crystal.volume <= most * (1 + 1e-9)
        # No mirror image: the vectors keep their hand.
        hand = np.linalg.det(variant.lattice) * np.linalg.det(crystal.lattice)
        assert hand > 0

    @given(crystals())
    @any_crystal
    def test_the_crystal_is_left_as_it_was(self, crystal):
        before = [part.copy() for part in arrays(crystal)]
        variant = build_augmentation(self.spec).apply(crystal, np.random.default_rng(2))
        for was, now, made in zip(before, arrays(crystal), arrays(variant), strict=True):
            np.testing.assert_array_equal(was, now)
            assert not np.shares_memory(now, made)

    def test_a_crystal_that_cannot_be_written_to_is_no_hindrance(self, augmentation):
        crystal = generic()
        for part in arrays(crystal):
            part.flags.writeable = False
        augmentation.apply(crystal, np.random.default_rng(0))

    @pytest.mark.parametrize("make", [layered, generic, alone])
    def test_the_same_seed_gives_the_same_variant(self, augmentation, make):
        one, other = (augmentation.apply(make(), np.random.default_rng(3)) for _ in "ab")
        assert one.digest == other.digest

    def test_different_seeds_give_different_variants(self, augmentation):
        crystal = generic()
        made = {augmentation.apply(crystal, np.random.default_rng(s)).digest for s in range(20)}
        if self.draws:
            assert len(made) > 1
            assert crystal.digest not in made
        else:
            assert made == {crystal.digest}

    def test_randomness_outside_is_left_alone(self, augmentation):
        np.random.seed(11)  # noqa: NPY002 - the global state is what is looked at
        random.seed(11)
        expected = np.random.rand(3), random.random()  # noqa: NPY002, S311
        np.random.seed(11)  # noqa: NPY002
        random.seed(11)
        one = augmentation.apply(generic(), np.random.default_rng(4))
        np.testing.assert_array_equal(np.random.rand(3), expected[0])  # noqa: NPY002
        assert random.random() == expected[1]  # noqa: S311
        assert one.digest == augmentation.apply(generic(), np.random.default_rng(4)).digest
