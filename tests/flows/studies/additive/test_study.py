"""The whole study on a table whose answer is known: nonlinear, without coupling."""

import csv
import json
import re

import numpy as np
import pytest

from cathode.errors import StudyError
from flows.studies.additive.data import StudyData
from flows.studies.additive.models import ChosenInside, Linear
from flows.studies.additive.outputs import PAGE, SPLITS, SUMMARY, write_outputs
from flows.studies.additive.settings import StudySettings
from flows.studies.additive.study import run_study
from flows.studies.additive.summary import summary
from flows.studies.additive.verdict import comparisons, feature_rows
from flows.studies.kept import RESULTS
from tests.flows.studies.additive.conftest import LONG


@pytest.fixture(scope="session")
def found(study):
    return summary(study)


@pytest.fixture(scope="session")
def written(study, found, folder):
    return {file.name: file for file in write_outputs(study, found, folder)}


def test_a_killed_study_goes_on_where_it_was(study, told):
    first, second = told
    assert first[0] == ("models and scan", 0, 36)
    assert second[0] == ("models and scan", 9, 36), "nothing is fitted twice"
    assert second[-1] == ("coupling, rescanned", 6, 6)


def test_a_repeated_one_fits_nothing(study, data, asked, folder):
    told = []
    again = run_study(data, asked, folder, 1, tell=lambda *state: told.append(state))
    assert told == [
        ("models and scan", 36, 36),
        ("coupling", 18, 18),
        ("coupling, rescanned", 6, 6),
    ]
    assert again.results == study.results


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"splits": 5}, "splits: 6, now 5"),
        ({"seed": 3}, "seed: 0, now 3"),
        ({"nodes": (1, 4)}, r"nodes: \[1, 2\], now \[1, 4\]"),
    ],
)
def test_a_folder_of_other_settings_is_refused(study, data, folder, change, message):
    other = StudySettings(**{"splits": 6, "coupling": (3,), "nodes": (1, 2)} | change)
    before = (folder / RESULTS).read_bytes()
    with pytest.raises(StudyError, match=f"{message}.*--fresh to start anew"):
        run_study(data, other, folder, 1)
    assert (folder / RESULTS).read_bytes() == before


def test_a_folder_of_something_else_is_refused(data, asked, tmp_path):
    (tmp_path / "thesis.txt").write_text("all of it")
    with pytest.raises(StudyError, match="holds other files"):
        run_study(data, asked, tmp_path, 1)
    assert [file.name for file in tmp_path.iterdir()] == ["thesis.txt"]


def test_nonlinearity_helps_and_coupling_does_not(study):
    told = {each.question: each for each in comparisons(study)}
    nonlinear = told["nonlinearity"]
    assert nonlinear.paired.decided
    assert nonlinear.paired.lower == 6
    assert "Nonlinearity helps, beyond the spread: test RMSE" in nonlinear.sentence
    gains = study.values(Linear.name, "test_rmse") - study.values(ChosenInside.name, "test_rmse")
    assert nonlinear.paired.gain == pytest.approx(gains.mean())
    coupling = told["coupling"]
    assert coupling.paired.n == 3, "chosen on three splits, judged on the other three"
    assert not (coupling.paired.decided and coupling.paired.gain > 0)


@pytest.mark.slow
def test_a_product_is_coupling(tmp_path):
    """It goes unseen at the optimum without coupling, whose length makes all terms straight."""
    rng = np.random.default_rng(1)
    X = rng.normal(size=(90, 2))
    y = X[:, 0] * X[:, 1]
    data = StudyData("products", "y", ("a", "b"), X, y, np.arange(90), None, ())
    asked = StudySettings(splits=12, coupling=(0, 24), nodes=(1,))
    study = run_study(data, asked, tmp_path / "out", 1)
    told = {each.question: each for each in comparisons(study)}
    assert told["coupling"].model == "additive + 24, rescanned"
    assert told["coupling"].paired.decided
    assert told["coupling"].own < 0.1 * told["coupling"].other
    fixed, none = (study.values(model.name, "test_rmse").mean() for model in study.terms[::-1])
    assert fixed > 0.9 * none
    assert "Coupling helps, beyond the spread" in told["coupling"].sentence


def test_features_are_ordered_by_magnitude(study, data):
    rows = feature_rows(study)
    assert [row["feature"] for row in rows] == ["square", "line", LONG]
    assert [row["magnitude"] for row in rows[:2]] == pytest.approx(
        [20 * np.std(data.X[:, 0] ** 2), 20 * np.std(data.X[:, 1])], rel=0.1
    )
    assert rows[0]["near_linear"] < rows[1]["near_linear"], "a parabola has no slope"


def test_the_summary_is_json_and_says_what_was_left_out(found):
    content = json.loads(json.dumps(found, allow_nan=False))
    assert content["constant_features"] == ["still"]
    assert "left out, since they do not vary: still" in content["notes"]
    assert [row["model"] for row in content["models"]] == [
        "linear",
        "network 1",
        "network 2",
        "near-linear",
        "additive, chosen inside",
        "additive",
        "additive + 3",
        "additive + 3, rescanned",
    ]
    assert len(content["sentences"]) == 6


def test_every_split_stands_in_the_csv(study, written):
    with written[SPLITS].open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 8 * 6
    linear = [float(row["test_rmse"]) for row in rows if row["model"] == "linear"]
    assert linear == study.values("linear", "test_rmse").tolist()
    assert {row["stop"] for row in rows if row["model"] == "network 2"} <= {
        "epochs",
        "gradient",
        "mu",
    }


def test_the_page_holds_the_verdict_and_all_pictures(found, written):
    page = written[PAGE].read_text()
    assert page.count('src="data:image/png;base64,') == 5
    assert not re.search(r'(src|href)="(?!data:)', page), "it needs nothing beside it"
    assert found["sentences"][0] in page
    assert json.loads(written[SUMMARY].read_text()) == found


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"splits": 3}, "--splits 3: a spread takes at least 4"),
        ({"test_share": 0.9}, "--test-share 0.9: give 0.05 to 0.5"),
        ({"coupling": (4, -1)}, "--coupling -1: numbers of terms are 0 or more"),
        ({"nodes": (0,)}, "--nodes 0: a network has at least 1 node"),
    ],
)
def test_settings_that_cannot_be(change, message):
    with pytest.raises(StudyError, match=message):
        StudySettings(**change)


def test_settings_are_put_in_order():
    settings = StudySettings(coupling=(8, 2, 8), nodes=(3, 1))
    assert settings.coupling == (0, 2, 8)
    assert settings.nodes == (1, 3)
