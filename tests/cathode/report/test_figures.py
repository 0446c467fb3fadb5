import io

import numpy as np
import pytest
from matplotlib import image

from cathode.evaluation.random_search import RandomSearch
from cathode.loop.retrain import serve
from cathode.model import HeldOut, Prediction, Skill
from cathode.report.figures import (
    champions_figure,
    landscape_figure,
    pareto_figure,
    progress_figure,
    trust_figure,
)
from cathode.report.figures.canvas import png


def lines(axes):
    return {line.get_label(): line.get_xydata() for line in axes.get_lines()}


def test_progress_shows_the_campaign_beside_random_proposals(view):
    numbers = [state.candidates for state in view.progress]
    random = RandomSearch(
        low=np.array([0.0, 1.0]), median=np.array([1.0, 2.0]), high=np.array([2.0, 3.0])
    )
    (axes,) = progress_figure(view.spec, view.progress, random).axes
    drawn = lines(axes)
    np.testing.assert_allclose(
        drawn["this campaign"],
        np.column_stack([numbers, [state.hypervolume for state in view.progress]]),
    )
    np.testing.assert_allclose(drawn["random proposals"][:, 1], [1.0, 2.0])
    assert axes.get_xlabel() == "candidates answered"


def test_pareto_marks_the_front_and_what_does_not_count(view):
    (axes,) = pareto_figure(view.spec, view.outcomes).axes
    drawn = {c.get_label(): np.asarray(c.get_offsets()) for c in axes.collections}
    front = [outcome for outcome, on_front in view.ranked if on_front]
    assert len(drawn["Pareto front"]) == len(front)
    assert sum(map(len, drawn.values())) == len(view.outcomes) - len(view.failed)
    assert axes.get_xlabel().endswith("(Wh/kg)")


def test_pareto_needs_two_objectives(view):
    one = view.spec.model_copy(update={"objectives": view.spec.objectives[:1]})
    assert pareto_figure(one, view.outcomes) is None


def test_trust_draws_what_was_left_out_and_what_was_predicted_ahead(view):
    parity, calibration = trust_figure(
        view.spec.property_named("specific_energy"),
        view.champion_held_out("specific_energy"),
        view.outcomes,
    ).axes
    labels = parity.get_legend_handles_labels()[1]
    assert labels == ["left out of the fit", "predicted before measured"]
    assert calibration.get_xlabel() == "level of the interval (%)"


def held_out(n, sigma):
    rng = np.random.default_rng(0)
    y = rng.normal(3, 1, n)
    return HeldOut(y, Prediction(y + 0.3, np.full(n, sigma)), tuple("c" * n))


def test_parity_has_one_scale_and_bars_that_say_what_they_are(view):
    prop = view.spec.property_named("specific_energy")
    data = held_out(50, 0.1)
    parity, _ = trust_figure(prop, data, []).axes
    assert parity.get_xlim() == parity.get_ylim()
    assert parity.get_aspect() == 1
    assert parity.get_legend().get_title().get_text() == "bars: 80 % intervals"
    ((bars,),) = (drawn.lines[2] for drawn in parity.containers)
    reach = [segment[1, 1] - segment[0, 1] for segment in bars.get_segments()]
    np.testing.assert_allclose(reach, 2 * 1.2816 * 0.1, rtol=1e-4)  # of a normal distribution
    low, high = parity.get_ylim()
    ends = np.array([segment[:, 1] for segment in bars.get_segments()])
    assert low < min(ends.min(), data.y.min())
    assert high > max(ends.max(), data.y.max())


def test_wild_bars_do_not_squeeze_the_points(view):
    prop = view.spec.property_named("specific_energy")
    parity, _ = trust_figure(prop, data := held_out(50, 1e6), []).axes
    low, high = parity.get_xlim()
    assert high - low < 4 * np.ptp([data.y, data.prediction.mean])
    one = HeldOut(np.array([3.0]), Prediction(np.array([3.0]), np.array([0.0])), ("c",))
    low, high = trust_figure(prop, one, []).axes[0].get_xlim()
    assert low < 3 < high


def test_calibration_of_perfect_intervals_lies_on_the_diagonal(view):
    rng = np.random.default_rng(0)
    n = 20_000
    mean, sigma = rng.normal(size=n), rng.uniform(0.5, 2, n)
    y = mean + sigma * rng.normal(size=n)
    held_out = HeldOut(y, Prediction(mean, sigma), tuple("c" * n))
    _, calibration = trust_figure(view.spec.property_named("specific_energy"), held_out, []).axes
    (curve,) = (xy for label, xy in lines(calibration).items() if "left out" in label)
    np.testing.assert_allclose(curve[:, 0], curve[:, 1], atol=1.2)


def test_champions_are_marked_on_lines_of_shares_of_the_mean(view):
    prop = view.spec.property_named("specific_energy")

    def skills(champion, **crps):
        return [Skill(prop.name, k, {"crps": x}, None, k == champion) for k, x in crps.items()]

    found = {
        3: skills("b", a=6.0, b=1.0, mean=2.0, linear=1.0),
        1: [
            *skills("a", a=1.0, mean=4.0),
            Skill(prop.name, "b", {}, None, error="singular"),
            Skill("volume_change", "a", {"crps": 99.0}, None, champion=True),
        ],
        2: skills("a", a=1.0),  # not even the mean was scored: nothing to compare with
    }
    (axes,) = champions_figure(prop, found).axes
    drawn = lines(axes)
    np.testing.assert_allclose(drawn["a"], [[1, 0.25], [3, 3.0]])
    np.testing.assert_allclose(drawn["b"], [[3, 0.5]])
    np.testing.assert_allclose(drawn["linear (baseline)"], [[3, 0.5]])
    np.testing.assert_allclose(drawn["serves"], [[1, 0.25], [3, 0.5]])
    assert set(drawn["mean (baseline)"][:, 1]) == {1}
    low, high = axes.get_ylim()
    assert low < 0.25
    assert high > 3


def test_without_scores_there_are_no_champions_to_draw(view):
    prop = view.spec.property_named("specific_energy")
    assert champions_figure(prop, {}) is None
    assert champions_figure(prop, {1: [Skill(prop.name, "a", {}, None, error="no")]}) is None


def test_landscape_is_drawn_inside_the_bounds_alone(loop, view):
    chosen = view.turns[-1].results["retrain"]
    models = serve(loop, view.seen, chosen, view.turns[-1].turn).models
    asked = []

    class Watched:
        def predict(self, X):
            asked.append(X)
            return models["specific_energy"].predict(X)

    centre = view.ranked[0][0].candidate
    prop = view.spec.property_named("specific_energy")
    figure = landscape_figure(prop, Watched(), loop.space, centre, view.outcomes)
    (X,) = asked
    low, high = loop.space.bounds
    assert (low - 1e-9 <= X).all()
    assert (high + 1e-9 >= X).all()
    np.testing.assert_allclose(X.sum(axis=1), 1)
    assert "Ni" in figure.get_suptitle()


def test_a_picture_is_a_png_of_the_size_drawn(view):
    figure = progress_figure(view.spec, view.progress, None)
    pixels = image.imread(io.BytesIO(png(figure)))
    width, height = figure.get_size_inches() * figure.dpi
    assert pixels.shape[0] / pixels.shape[1] == pytest.approx(height / width, rel=0.01)
    assert pixels[..., :3].std() > 0.01, "it is not blank"
