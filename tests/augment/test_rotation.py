import numpy as np
from hypothesis import given
from scipy import stats

from augment.registry import build_augmentation
from cathode.spec import parse_augmentation
from tests.contracts.augmentation import AugmentationContract, distances, generic
from tests.strategies import crystals


class TestRotation(AugmentationContract):
    spec = parse_augmentation("rotation")


@given(crystals())
def test_all_distances_stay(crystal):
    variant = build_augmentation(parse_augmentation("rotation")).apply(
        crystal, np.random.default_rng(0)
    )
    np.testing.assert_array_equal(variant.positions, crystal.positions)
    np.testing.assert_allclose(distances(variant), distances(crystal), rtol=0, atol=1e-9)


def test_axes_are_anywhere_and_angles_uniform():
    augmentation, crystal = build_augmentation(parse_augmentation("rotation")), generic()
    rng = np.random.default_rng(3)
    turns = [
        np.linalg.solve(crystal.lattice, augmentation.apply(crystal, rng).lattice).T
        for _ in range(3000)
    ]
    angles = np.arccos([np.clip((np.trace(turn) - 1) / 2, -1, 1) for turn in turns])
    assert stats.kstest(angles, stats.uniform(0, np.pi).cdf).pvalue > 0.01
    axes = np.array([[t[2, 1] - t[1, 2], t[0, 2] - t[2, 0], t[1, 0] - t[0, 1]] for t in turns])
    axes /= np.linalg.norm(axes, axis=1, keepdims=True)
    for along in axes.T:
        assert stats.kstest(along, stats.uniform(-1, 2).cdf).pvalue > 0.01


def test_rotated_fractional_coordinates_would_change_distances():
    """Why the published figures of rotation are not those of oversampling."""
    from pymatgen.core import Lattice, Structure, SymmOp

    structure = Structure(Lattice.cubic(4), ["Li", "O"], [[0, 0, 0], [0.6, 0.1, 0.7]])
    turn = SymmOp.from_axis_angle_and_translation([1, 2, 3], 77)
    before = structure.get_distance(0, 1)
    rigid = structure.copy().apply_operation(turn)
    assert abs(rigid.get_distance(0, 1) - before) < 1e-9
    fractional = structure.copy().apply_operation(turn, fractional=True)
    assert abs(fractional.get_distance(0, 1) - before) > 0.1
