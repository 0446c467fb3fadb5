import numpy as np
import pytest
from hypothesis import given
from scipy import stats

from augment.registry import build_augmentation
from cathode.spec import parse_augmentation
from tests.contracts.augmentation import AugmentationContract, generic
from tests.strategies import crystals


class TestAnisotropic(AugmentationContract):
    spec = parse_augmentation("anisotropic-5")
    volumes = (0.95, 1.05)


class TestAnisotropicWide(AugmentationContract):
    spec = parse_augmentation("anisotropic-30")
    volumes = (0.7, 1.3)


class TestIsotropic(AugmentationContract):
    spec = parse_augmentation("isotropic-5")
    volumes = (0.95, 1.05)


class TestIsotropicWide(AugmentationContract):
    spec = parse_augmentation("isotropic-30")
    volumes = (0.7, 1.3)


def lengths(crystal):
    return np.linalg.norm(crystal.lattice, axis=1)


def angles(crystal):
    units = crystal.lattice / lengths(crystal)[:, None]
    return units @ units.T


@pytest.mark.parametrize("mode", ["isotropic", "anisotropic"])
@pytest.mark.parametrize("volume", [5, 30])
def test_volumes_are_uniform(mode, volume):
    augmentation = build_augmentation(parse_augmentation(f"{mode}-{volume}"))
    crystal, rng = generic(), np.random.default_rng(2026)
    factors = [augmentation.apply(crystal, rng).volume / crystal.volume for _ in range(4000)]
    uniform = stats.uniform(1 - volume / 100, 2 * volume / 100)
    assert stats.kstest(factors, uniform.cdf).pvalue > 0.01


@given(crystals())
def test_isotropic_keeps_the_shape(crystal):
    variant = build_augmentation(parse_augmentation("isotropic-30")).apply(
        crystal, np.random.default_rng(0)
    )
    factor = np.cbrt(variant.volume / crystal.volume)
    np.testing.assert_allclose(variant.lattice, factor * crystal.lattice, rtol=1e-9, atol=1e-12)
    np.testing.assert_array_equal(variant.positions, crystal.positions)


@given(crystals())
def test_anisotropic_keeps_angles_and_changes_lengths_by_different_amounts(crystal):
    variant = build_augmentation(parse_augmentation("anisotropic-30")).apply(
        crystal, np.random.default_rng(0)
    )
    np.testing.assert_allclose(angles(variant), angles(crystal), atol=1e-12)
    np.testing.assert_array_equal(variant.positions, crystal.positions)
    factors = lengths(variant) / lengths(crystal)
    assert np.ptp(factors) > 1e-3
    assert np.prod(factors) == pytest.approx(variant.volume / crystal.volume, rel=1e-9)


def test_anisotropic_treats_the_axes_alike_and_each_length_goes_its_own_way():
    augmentation = build_augmentation(parse_augmentation("anisotropic-5"))
    crystal, rng = generic(), np.random.default_rng(1)
    factors = np.array(
        [lengths(augmentation.apply(crystal, rng)) / lengths(crystal) for _ in range(4000)]
    )
    mixed = (factors > 1).any(axis=1) & (factors < 1).any(axis=1)
    assert 0.4 < mixed.mean() < 0.9
    for one, other in ((0, 1), (1, 2)):
        assert stats.ks_2samp(factors[:, one], factors[:, other]).pvalue > 0.01
    assert abs(np.log(factors)).max() < np.log(1 / 0.95)  # no length changes more than the volume
