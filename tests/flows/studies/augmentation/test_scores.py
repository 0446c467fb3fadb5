"""Figures against an independent computation."""

import json
from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import BayesianRidge
from sklearn.metrics import mean_absolute_error, root_mean_squared_error

from flows.studies.augmentation.baselines import LINEAR, MEAN, baseline_predictions
from flows.studies.augmentation.scores import ion_rows, method_rows, scores
from flows.studies.augmentation.settings import BASELINE
from flows.studies.augmentation.summary import summary
from flows.studies.augmentation.verdict import _more_than_chance
from flows.studies.statistics import Paired

PLACE = ("average_voltage", "random")


def test_scores_of_a_test_part(rng):
    y = rng.normal(size=50)
    predicted = y + 0.3 * rng.normal(size=50)
    found = scores(y, predicted)
    assert found["mae"] == pytest.approx(mean_absolute_error(y, predicted))
    assert found["rmse"] == pytest.approx(root_mean_squared_error(y, predicted))
    assert found["mad"] == pytest.approx(mean_absolute_error(y, np.full(50, y.mean())))
    assert found["mad_over_mae"] == pytest.approx(found["mad"] / found["mae"])
    assert np.isnan(scores(y, y)["mad_over_mae"])


def _ratios(study, name):
    found = []
    for r, each in enumerate(study.results[PLACE][name]):
        y = study.truth(PLACE, r)
        mae = mean_absolute_error(y, each["predictions"])
        found.append(mean_absolute_error(y, np.full(len(y), y.mean())) / mae)
    return np.array(found)


def test_improvement_is_of_the_mean_ratio_over_that_of_oversampling(study):
    rows = {row["method"]: row for row in method_rows(study, PLACE)}
    own, other = (_ratios(study, name) for name in ("anisotropic-5", BASELINE))
    row = rows["anisotropic-5"]
    assert row["mad_over_mae"]["mean"] == pytest.approx(own.mean())
    assert row["mad_over_mae"]["sd"] == pytest.approx(np.std(own, ddof=1))
    assert row["improvement_percent"] == pytest.approx(100 * (own.mean() / other.mean() - 1))
    each = 100 * (own / other - 1)
    parts = study.parts[PLACE][0]
    corrected = np.var(each, ddof=1) * (1 / 2 + len(parts.test) / len(parts.train))
    assert row["improvement_error"] == pytest.approx(np.sqrt(corrected))
    assert row["published_improvement_percent"] == 4.6
    assert rows[BASELINE]["improvement_percent"] is None
    assert rows["none"]["published_improvement_percent"] is None


def test_the_difference_is_paired(study):
    (row,) = [row for row in method_rows(study, PLACE) if row["method"] == "anisotropic-5"]
    maes = {
        name: np.array(
            [
                mean_absolute_error(study.truth(PLACE, r), found["predictions"])
                for r, found in enumerate(study.results[PLACE][name])
            ]
        )
        for name in ("anisotropic-5", BASELINE)
    }
    expected = Paired.of(maes["anisotropic-5"], maes[BASELINE], study.parts[PLACE][0].ratio)
    assert row["paired"]["gain"] == pytest.approx(expected.gain)
    assert row["paired"]["error"] == pytest.approx(expected.error)
    assert row["paired"]["decided"] is expected.decided


def test_baselines_learn_from_the_training_part(data, study):
    parts, y = study.parts[PLACE][0], data.table.of("average_voltage")
    found = baseline_predictions(data, "average_voltage", parts)
    assert found[MEAN] == pytest.approx(np.full(len(parts.test), y[parts.train].mean()))
    X = np.array(
        [np.bincount(c.numbers, minlength=101) / len(c.numbers) for c in data.table.crystals]
    )
    line = BayesianRidge().fit(X[parts.train], y[parts.train])
    assert found[LINEAR] == pytest.approx(line.predict(X[parts.test]))


def test_by_ion(study):
    ions = tuple("Li" if i % 3 else "Na" for i in range(len(study.data.table)))
    other = replace(study, data=replace(study.data, table=replace(study.data.table, ions=ions)))
    rows = {row["ion"]: row for row in ion_rows(other, PLACE)}
    assert set(rows) == {"Li", "Na"}
    tests = [parts.test for parts in study.parts[PLACE]]
    for ion, row in rows.items():
        inside = [np.array([ions[i] == ion for i in test]) for test in tests]
        assert row["test_crystals"] == [int(each.sum()) for each in inside]
        (method,) = [m for m in row["methods"] if m["method"] == "none"]
        maes = [
            mean_absolute_error(study.truth(PLACE, r)[rows_], np.array(found["predictions"])[rows_])
            for r, (found, rows_) in enumerate(
                zip(study.results[PLACE]["none"], inside, strict=True)
            )
            if rows_.any()
        ]
        assert method["mae"]["mean"] == pytest.approx(np.mean(maes))
    assert ion_rows(study, PLACE) == [], "no electrodes, no ions"


def test_the_summary_is_json_and_tells_both_ways(study):
    found = json.loads(json.dumps(summary(study), allow_nan=False))
    assert found["refused"].keys() == {"wrong", "missing"}
    claim, first, *_ = found["sentences"]
    assert claim.startswith("The paper claims")
    assert first.startswith("average_voltage, random split: anisotropic-5 ")
    assert "published +4.6 %" in first
    assert any("tenth of their steps" in note for note in found["notes"])
    assert len(found["places"]) == 2


@pytest.mark.parametrize(("shift", "words"), [(-0.3, "bear it out:"), (0.3, "speak against it:")])
def test_a_clear_difference_is_told_beyond_the_spread(study, rng, shift, words):
    """Predictions made up: oversampling errs by 0.5, the other by more or less."""
    results = {
        place: dict(study.results[place])
        | {
            name: [
                {**found, "predictions": (study.truth(place, r) + off + 1e-3 * r).tolist()}
                for r, found in enumerate(study.results[place][name])
            ]
            for name, off in ((BASELINE, 0.5), ("anisotropic-5", 0.5 + shift))
        }
        for place in study.places
    }
    found = summary(replace(study, results=results))
    assert "this is beyond the spread of 2 replicates" in found["sentences"][1]
    assert f"These data {words}" in " ".join(found["sentences"])


@pytest.mark.parametrize(
    ("better", "total", "told"), [(1, 1, True), (1, 20, False), (3, 20, True), (0, 1, False)]
)
def test_as_many_as_chance_makes_bear_nothing_out(better, total, told):
    assert _more_than_chance(better, total) is told
