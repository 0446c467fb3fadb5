"""Intervals on fresh candidates: training sets, labs that stand in, and what is made of trials."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import norm

from agents.evaluators.registry import build_evaluator
from benchmarks import calibration
from benchmarks.calibration_labs import TRUTHS, SyntheticLab
from benchmarks.calibration_tables import (
    SERVING,
    by_model,
    by_training,
    details,
    grouped,
    miss,
    with_serving,
)
from benchmarks.calibration_trials import TRAININGS, scores, trial, within_budget
from benchmarks.calibration_worlds import World, world
from benchmarks.data import VARIABLE
from cathode.model import Prediction
from cathode.settings import REPOSITORY
from cathode.space import build_space
from cathode.spec import load_spec
from tests.helpers import campaign_in

LABS = sorted(TRUTHS)
SETTLED = calibration.Settled((0,), 1, Path("no cache is needed"))


@pytest.fixture
def small(tmp_path):
    spec = load_spec(campaign_in(tmp_path))
    evaluator = build_evaluator(spec, tmp_path / "cache")
    return World(spec, build_space(spec.space), evaluator, "a table")


def row(covered, **changes):
    """A trial's row in which intervals hold so much of what they should."""
    fresh = {f"coverage_{level}": level + covered for level in (50, 80, 95)}
    fresh |= {"covered": list(range(5, 100, 5)), "width_80": 2.0, "mae": 1.0, "nlpd": 1.0}
    content = {
        "example": "one",
        "property": "p",
        "training": "sobol",
        "turn": 0,
        "seed": 0,
        "surrogate": "gp",
        "results": 6,
        "fresh": fresh | {"crps": 0.5, "n": 10},
        "folds": fresh | {"crps": 0.5},
        "serves": True,
    }
    return content | changes


def test_coverage_is_that_of_the_normal_distribution():
    y, n = np.random.default_rng(0).standard_normal(20_000), 20_000
    right = scores(y, Prediction(np.zeros(n), np.ones(n)))
    narrow = scores(y, Prediction(np.zeros(n), np.full(n, 0.5)))
    for level in (50, 80, 95):
        reach = norm.ppf(0.5 + level / 200)
        assert right[f"coverage_{level}"] == pytest.approx(level, abs=1)
        assert narrow[f"coverage_{level}"] == pytest.approx(200 * norm.cdf(reach / 2) - 100, abs=1)
    assert right["width_80"] == pytest.approx(2 * 1.2816, abs=1e-3)
    assert right["covered"][15] == right["coverage_80"]


def test_turns_end_with_the_budget(small):
    assert small.spec.budget.turns == 2
    assert within_budget(small.spec, (0, 2, 5)) == (0, 2)
    assert within_budget(small.spec, (5,)) == (2,)
    assert within_budget(small.spec, (0, 1)) == (0, 1)


@pytest.mark.parametrize("training", TRAININGS)
def test_training_sets_grow_and_keep_what_they_had(small, training):
    course = TRAININGS[training](small, (0, 1), 1)
    first, last = (course.known[turn]["specific_energy"] for turn in (0, 1))
    assert (first.groups, first.y.tolist()) == (last.groups[: len(first)], last.y[:5].tolist())
    assert len(course.asked) == small.spec.initial + small.spec.batch
    # One corner of the table cannot be made.
    assert len(course.asked) - 1 <= len(last) <= len(course.asked)


def test_the_loop_begins_with_the_sobol_design(small):
    loop, sobol = (TRAININGS[name](small, (0, 1), 3).known[0] for name in ("loop", "sobol"))
    for name in small.spec.modelled:
        assert loop[name].digest() == sobol[name].digest()


def test_a_trial_scores_all_models_on_candidates_nobody_measured(small, monkeypatch):
    asked = []
    measured = World.measured
    monkeypatch.setattr(
        World, "measured", lambda self, some: asked.append({*some}) or measured(self, some)
    )
    rows = trial(small, "random", (0, 1), 0)
    *training, fresh = asked
    assert not set.union(*training) & fresh
    assert len(set.union(*training) | fresh) == small.space.size
    for key, group in grouped(rows, "turn", "property").items():
        assert [each["surrogate"] for each in group] == ["gp-fractions-linear", "mean", "linear"]
        assert [each["serves"] for each in group] == [True, False, False], key
    assert {each["results"] for each in rows} <= {4, 5, 6, 7}
    assert json.dumps(rows)


def test_a_fit_that_fails_is_said_and_serves_nobody(small):
    few = replace(small, spec=small.spec.model_copy(update={"initial": 1}))
    rows = trial(few, "sobol", (0,), 0)
    assert all("a GP needs 2" in each["error"] for each in rows if each["surrogate"][:2] == "gp")
    assert not any(each["serves"] for each in rows)
    assert with_serving(rows) == []


def test_what_has_no_answer_is_not_asked_for(tmp_path, small):
    known = world("layered_oxide", 0, tmp_path, 40)
    assert known.space.size - len(known.unanswered) == 40
    assert known.unanswered == world("layered_oxide", 1, tmp_path, 40).unanswered
    some = replace(small, unanswered=tuple(small.space)[10:])
    for training in ("sobol", "random"):
        assert {*TRAININGS[training](some, (0, 1), 0).asked} <= {*tuple(small.space)[:10]}
    assert trial(some, "random", (0,), 0)[0]["fresh"]["n"] <= 5


@pytest.mark.parametrize("example", LABS)
def test_a_lab_reads_its_truth_with_the_noise_it_states(example, tmp_path):
    known, truth = world(example, 0, tmp_path), TRUTHS[example]
    lab, points = known.evaluator, known.space.sample(200, np.random.default_rng(0))
    candidates = known.space.candidates_at(points)
    read = [{m.property: m.value for m in lab.evaluate(c)} for c in candidates]
    for name, sigma in truth.noise.items():
        off = [each[name] - truth.values(c)[name] for each, c in zip(read, candidates, strict=True)]
        assert np.std(off) == pytest.approx(sigma, rel=0.2)
        assert abs(np.mean(off)) < 0.3 * sigma
        # What can be learned is more than the noise.
        assert np.std([truth.values(c)[name] for c in candidates]) > 2 * sigma
    assert all(0 < truth.values(c)["capacity_retention"] < 100 for c in candidates)
    again = SyntheticLab(truth, known.spec, 0).evaluate(candidates[0])
    assert again == world(example, 0, tmp_path).evaluator.evaluate(candidates[0])
    assert again != lab.evaluate(candidates[0])
    assert again != SyntheticLab(truth, known.spec, 1).evaluate(candidates[0])


def test_more_nickel_is_calcined_colder(tmp_path):
    space = world("ncm_process", 0, tmp_path).space
    points = space.sample(8_000, np.random.default_rng(0))
    X, names = space.coordinates_of(points), list(space.coordinates)
    nickel, heat = X[:, names.index("Ni")], X[:, names.index("calcination_temperature")]
    values = np.array(
        [TRUTHS["ncm_process"].values(c)["discharge_capacity"] for c in space.candidates_at(points)]
    )
    best = {}
    for low in (0.80, 0.88):
        mine = (nickel >= low) & (nickel < low + 0.03)
        top = values[mine] >= np.quantile(values[mine], 0.95)
        best[low] = heat[mine][top].mean()
    assert best[0.88] < best[0.80] - 15


def test_rows_are_summed_up_with_their_signs():
    rows = [row(-20, seed=0), row(-10, seed=1), row(3, turn=2, seed=0)]
    rows += [row(0, surrogate="mean", serves=False)]
    usable = with_serving([*rows, {"error": "none", "serves": False}])
    assert len(usable) == 7
    assert miss(rows[:2]) == -15
    first, second = by_training(usable)
    assert (first["80 %"], second["80 %"]) == ("65 ± 5", "83 ± nan")
    (serving,) = (each for each in by_model(usable) if each["model"] == SERVING)
    assert serving["misses by"] == "-9"
    assert (serving["sets that hold"], serving["at worst by"]) == ("1 of 2", "-15")
    assert serving["that is"] == "p, sobol 6"
    found = details(usable)
    assert [each["seeds"] for each in found if each["surrogate"] == "gp"] == [2, 1]
    assert found[0]["fresh"]["coverage_80"] == 65


def test_trials_are_kept_and_written(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("CATHODE_HOME", str(tmp_path))
    one = calibration.once("ncm_process", "sobol", SETTLED, 0)
    monkeypatch.setattr(calibration, "trial", None)  # nothing is computed again
    assert calibration.once("ncm_process", "sobol", SETTLED, 0) == one
    assert {each["seed"] for each in one} == {0}
    files = calibration.write(one, 1, tmp_path / "out")
    assert [file.name for file in files] == ["calibration.json", "calibration_models.json"]
    assert (tmp_path / "out" / "calibration.png").read_bytes()[:4] == b"\x89PNG"
    assert len(json.loads(files[0].read_text())["rows"]) == 2
    assert "what serves" in capsys.readouterr().out


def test_data_that_are_not_there_are_named(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    monkeypatch.setenv("CATHODE_HOME", str(tmp_path / "home"))
    assert calibration.measure(["mp_screening"], ["sobol"], SETTLED) == []
    assert "mp_screening skipped" in capsys.readouterr().err
    assert calibration.write([], 1, tmp_path) == []


def test_all_shipped_examples_are_measured():
    shipped = {path.stem for path in (REPOSITORY / "campaigns").glob("*.yaml")}
    assert shipped == set(calibration.EXAMPLES)
