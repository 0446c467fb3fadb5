from collections import Counter

import numpy as np
from hypothesis import given

from augment.registry import build_augmentation
from cathode.spec import parse_augmentation
from tests.contracts.augmentation import AugmentationContract, generic
from tests.strategies import crystals

SWAPS = ([1, 0, 2], [2, 1, 0], [0, 2, 1])


class TestSwapAxes(AugmentationContract):
    spec = parse_augmentation("swap-axes")


def swap_of(variant, crystal):
    return [tuple(s) for s in SWAPS if (variant.positions == crystal.positions[:, s]).all()]


@given(crystals())
def test_two_coordinates_of_all_atoms_are_swapped_and_the_cell_stays(crystal):
    variant = build_augmentation(parse_augmentation("swap-axes")).apply(
        crystal, np.random.default_rng(0)
    )
    np.testing.assert_array_equal(variant.lattice, crystal.lattice)
    assert swap_of(variant, crystal)


def test_each_pair_of_axes_has_its_turn():
    augmentation, crystal = build_augmentation(parse_augmentation("swap-axes")), generic()
    rng = np.random.default_rng(1)
    counts = Counter(swap_of(augmentation.apply(crystal, rng), crystal)[0] for _ in range(900))
    assert len(counts) == 3
    assert min(counts.values()) > 240
