from itertools import combinations

import numpy as np
import pytest

from augment.copies import with_variants
from augment.registry import build_augmentation
from cathode.errors import SpecError
from cathode.spec import parse_augmentation
from tests.contracts.augmentation import alone, arrays, generic, layered

NAMES = ["anisotropic-5", "perturbation", "translation", "rotation", "swap-axes", "oversampling"]


@pytest.mark.parametrize("name", NAMES)
def test_every_original_is_followed_by_its_variants(name):
    crystals = [layered(), generic(), alone()]
    augmentation = build_augmentation(parse_augmentation(name))
    made, origins = with_variants(crystals, augmentation, np.random.default_rng(0), n=4)
    assert len(made) == len(origins) == 15
    labels = np.array([3.9, 3.4, 2.1])
    assert labels[origins].tolist() == [3.9] * 5 + [3.4] * 5 + [2.1] * 5
    for place, origin in enumerate(origins):
        assert (made[place] is crystals[origin]) == (place % 5 == 0)
        np.testing.assert_array_equal(made[place].numbers, crystals[origin].numbers)


@pytest.mark.parametrize("name", NAMES)
def test_no_two_share_their_arrays(name):
    augmentation = build_augmentation(parse_augmentation(name))
    made, _ = with_variants([layered(), generic()], augmentation, np.random.default_rng(0), n=3)
    for one, other in combinations(made, 2):
        assert not any(map(np.shares_memory, arrays(one), arrays(other)))


def test_ten_variants_as_published():
    augmentation = build_augmentation(parse_augmentation("anisotropic-5"))
    made, origins = with_variants([generic()] * 7, augmentation, np.random.default_rng(0))
    assert len(made) == 7 * 11
    assert np.bincount(origins).tolist() == [11] * 7
    # Table 2: 3,515 training materials become 38,665.
    assert 3515 * 11 == 38665


def test_the_same_seed_gives_the_same_set_and_variants_of_one_crystal_differ():
    augmentation = build_augmentation(parse_augmentation("perturbation"))
    one, other = (
        [each.digest for each in with_variants([generic()], augmentation, rng)[0]]
        for rng in (np.random.default_rng(7), np.random.default_rng(7))
    )
    assert one == other
    assert len(set(one)) == 11


def test_no_variants_and_no_crystals():
    augmentation, rng = build_augmentation(parse_augmentation("rotation")), np.random.default_rng(0)
    crystal = generic()
    made, origins = with_variants([crystal], augmentation, rng, n=0)
    assert made == [crystal]
    assert origins.tolist() == [0]
    made, origins = with_variants([], augmentation, rng)
    assert made == []
    assert origins.tolist() == []
    with pytest.raises(SpecError, match="n=-1 variants.*0.*or more"):
        with_variants([crystal], augmentation, rng, n=-1)
