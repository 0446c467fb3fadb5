import numpy as np
import pytest
import torch
from botorch.utils.multi_objective.hypervolume import Hypervolume
from botorch.utils.multi_objective.pareto import is_non_dominated
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from cathode.evaluation.pareto import (
    from_gain,
    gain,
    hypervolume,
    non_dominated,
    reference_point,
)
from cathode.spec import Objective

points = st.integers(1, 4).flatmap(
    lambda m: st.integers(1, 9).flatmap(
        lambda n: arrays(float, (n, m), elements=st.integers(-6, 6).map(float))
    )
)


@given(points)
def test_domination_agrees_with_botorch(gains):
    expected = is_non_dominated(torch.as_tensor(gains), deduplicate=False).numpy()
    np.testing.assert_array_equal(non_dominated(gains), expected)


@settings(deadline=None)
@given(points)
def test_hypervolume_agrees_with_botorch(gains):
    reference = np.full(gains.shape[1], -3.0)
    front = torch.as_tensor(gains)[is_non_dominated(torch.as_tensor(gains))]
    if gains.shape[1] == 1:
        expected = max(0.0, float(gains.max() + 3))
    else:
        expected = Hypervolume(ref_point=torch.as_tensor(reference)).compute(front)
    assert hypervolume(gains, reference) == pytest.approx(expected)


def test_hypervolume_by_hand():
    assert hypervolume(np.array([[3.0, 1.0], [1.0, 2.0]]), (0, 0)) == 3 + 1
    assert hypervolume(np.empty((0, 2)), (0, 0)) == 0


def test_gains():
    best, worst = Objective(property="p"), Objective(property="p", goal="min")
    wanted = Objective(property="p", goal="target", target=2.0)
    assert (gain(best, 3), gain(worst, 3), gain(wanted, 3), gain(wanted, 1)) == (3, -3, -1, -1)
    for objective, shown in ((best, 3), (worst, 3), (wanted, 1)):
        assert from_gain(objective, np.array(gain(objective, 3))) == shown


def test_reference_point_is_stated_or_the_worst_of_the_start():
    objectives = (
        Objective(property="a", reference=1.0),
        Objective(property="b", goal="min", reference=9.0),
        Objective(property="c"),
    )
    initial = np.array([[5.0, -5.0, 3.0], [4.0, -6.0, 2.0]])
    assert reference_point(objectives, initial) == (1.0, -9.0, 2.0)
    assert reference_point(objectives, np.empty((0, 3))) == (1.0, -9.0, 0.0)
