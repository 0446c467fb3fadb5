import numpy as np
import pytest

from flows.studies.additive.figures import (
    coupling_figure,
    errors_figure,
    functions_figure,
    scan_figure,
)
from flows.studies.additive.figures.functions import LONGEST_NAME, representative
from flows.studies.additive.study import NEAR_LINEAR
from tests.flows.studies.additive.conftest import LONG


def test_functions_stand_in_the_order_of_magnitude(study):
    correlation, *panels = functions_figure(study, study.uncoupled).axes
    titles = [ax.get_title().splitlines() for ax in panels]
    names = [name for name, _ in titles]
    assert names[:2] == ["square", "line"]
    assert names[2][:-1] == LONG[: LONGEST_NAME - 1].rstrip()
    shown = [float(magnitude) for _, magnitude in titles]
    assert shown == sorted(shown, reverse=True)
    assert correlation.texts[0].get_text() == "training r = 1.000"


def test_a_function_is_drawn_in_the_units_of_the_table(study, data):
    square = functions_figure(study, study.uncoupled).axes[1]
    x, y = square.get_lines()[0].get_data()
    assert (x.min(), x.max()) == pytest.approx((data.X[:, 0].min(), data.X[:, 0].max()))
    inside = np.abs(x) < 1.5
    expected = 20 * x**2
    off = (y - expected)[inside]
    assert np.std(off) < 2.0, "20 x², but for a constant"


def test_the_near_linear_limit_is_near_linear(study):
    for ax in functions_figure(study, NEAR_LINEAR).axes[1:]:
        x, y = ax.get_lines()[0].get_data()
        straight = np.polyval(np.polyfit(x, y, 1), x)
        assert np.abs(y - straight).max() < 0.05 * np.ptp(y)


def test_the_representative_split_is_in_the_middle(study):
    scores = study.values("near-linear", "test_r2")
    chosen = scores[representative(study, "near-linear")]
    assert sorted(scores)[2] <= chosen <= sorted(scores)[3]


def test_boxes_hold_one_standard_deviation_about_the_mean(study):
    _, test_rmse, _, _ = coupling_figure(study).axes
    errors = study.values("additive + 3", "test_rmse")
    heights = [path.get_extents() for path in (p.get_path() for p in test_rmse.patches)]
    assert heights[1].y0 == pytest.approx(errors.mean() - errors.std())
    assert heights[1].y1 == pytest.approx(errors.mean() + errors.std())
    assert [tick.get_text() for tick in test_rmse.get_xticklabels()] == ["0", "3"]


def test_errors_show_every_split(study):
    (ax,) = errors_figure(study).axes
    points = [c.get_offsets() for c in ax.collections if len(c.get_offsets()) == 6]
    drawn = {tuple(np.sort(np.asarray(each)[:, 1]).round(9)) for each in points}
    assert tuple(np.sort(study.values("network 2", "test_rmse")).round(9)) in drawn
    assert len(points) == 2 * 4


def test_the_star_stands_at_the_optimum(study):
    mean = scan_figure(study.surface).axes[0]
    i, j = study.surface.best
    np.testing.assert_array_equal(mean.collections[-1].get_offsets(), [[j, i]])
