"""What a study leaves behind: pictures, page, tables, runs of MLflow."""

import csv
import json
import re
from dataclasses import replace

import pytest

from cathode.settings import Settings
from flows.environment import prepare
from flows.experiment import Tracker
from flows.studies.augmentation.outputs import (
    PAGE,
    PREDICTIONS,
    REPLICATES,
    SUMMARY,
    write_outputs,
)
from flows.studies.augmentation.summary import summary
from flows.studies.outputs import WRITTEN, write_files


@pytest.fixture(scope="module")
def found(study):
    return summary(study)


@pytest.fixture(scope="module")
def written(study, found, out):
    return {file.name: file for file in write_outputs(study, found, out)}


def test_all_files_are_there(written):
    assert set(written) == {
        PAGE, SUMMARY, REPLICATES, PREDICTIONS, "improvement.png", "learning_curves.png",
        "parity-average_voltage-random.png", "parity-average_voltage-framework.png",
    }  # fmt: skip


def test_the_page_holds_verdict_pictures_and_refused_crystals(found, written):
    page = written[PAGE].read_text()
    assert page.count('src="data:image/png;base64,') == 4
    assert not re.search(r'(src|href)="(?!data:)', page), "it needs nothing beside it"
    assert found["sentences"][0] in page
    assert "missing.cif cannot be read" in page
    assert "+4.6 %" in page
    assert json.loads(written[SUMMARY].read_text()) == found


def test_the_page_shows_no_ion_where_there_is_none_and_says_what_improves(found, written):
    page = written[PAGE].read_text()
    assert found["ion"] is None
    assert ", ion " not in page
    assert "Improvement: of the mean MAD/MAE, as published" in page
    assert "the verdict are about the MAE" in page


def test_a_property_without_a_unit_is_told(study):
    source = replace(study.source, properties=("avrage_voltage",))
    (told, *_) = summary(replace(study, source=source))["notes"]
    assert told.startswith("no unit is known of 'avrage_voltage': did you mean 'average_voltage'?")
    assert not any("no unit" in note for note in summary(study)["notes"])


def test_pictures_of_an_earlier_run_go_and_those_of_others_stay(study, found, tmp_path):
    write_outputs(study, found, tmp_path)
    (tmp_path / "parity-mine.png").write_bytes(b"mine")
    alone = ("average_voltage", "random")
    less = replace(study, parts={alone: study.parts[alone]}, results={alone: study.results[alone]})
    write_outputs(less, summary(less), tmp_path)
    parity = {file.name for file in tmp_path.glob("parity-*.png")}
    assert parity == {"parity-average_voltage-random.png", "parity-mine.png"}
    page = (tmp_path / PAGE).read_text()
    assert page.count('src="data:image/png;base64,') == 3
    # What was changed since is not the study's any more.
    (tmp_path / "parity-average_voltage-random.png").write_bytes(b"edited")
    write_files(tmp_path, {"study.json": b"{}"})
    kept = {file.name for file in tmp_path.iterdir()}
    assert kept == {"study.json", "parity-average_voltage-random.png", "parity-mine.png", WRITTEN}


def test_tables_have_every_replicate_and_prediction(study, written):
    replicates = list(csv.DictReader(written[REPLICATES].read_text().splitlines()))
    assert len(replicates) == 2 * 5 * 2
    predictions = list(csv.DictReader(written[PREDICTIONS].read_text().splitlines()))
    tests = sum(len(parts.test) for each in study.parts.values() for parts in each)
    assert len(predictions) == 5 * tests
    some = [
        row
        for row in predictions
        if (row["split"], row["replicate"], row["method"]) == ("random", "2", "none")
    ]
    mae = sum(abs(float(row["true"]) - float(row["predicted"])) for row in some) / len(some)
    (told,) = [
        row
        for row in replicates
        if (row["split"], row["replicate"], row["method"]) == ("random", "2", "none")
    ]
    assert float(told["mae"]) == pytest.approx(mae)


def test_mlflow_has_each_training_once(study, found, written, tmp_path, monkeypatch):
    settings = Settings.at(tmp_path)
    for name in ("MLFLOW_TRACKING_URI", "CATHODE_HOME"):
        monkeypatch.delenv(name, raising=False)
    prepare(settings)
    from flows.study_tracking import EXPERIMENT, RESULT, log_study

    files = [written[SUMMARY], written["improvement.png"]]
    assert log_study(settings, study, found, files) == 20
    tracker = Tracker.open(settings, EXPERIMENT)
    (one, *_) = tracker.runs("training")
    tracker.client.set_terminated(one.info.run_id, status="KILLED")
    assert log_study(settings, study, found, files) == 1, "what was half logged, anew"
    runs = tracker.runs("training")
    assert len({run.data.tags[RESULT] for run in runs}) == len(runs) == 20
    (parent,) = tracker.runs("study")
    assert parent.info.status == "FINISHED"
    names = {each.path for each in tracker.client.list_artifacts(parent.info.run_id)}
    assert names == {SUMMARY, "improvement.png"}
    run = next(r for r in runs if r.data.tags[RESULT] == "average_voltage/random/none/1")
    history = tracker.client.get_metric_history(run.info.run_id, "validation_maes")
    kept = study.results["average_voltage", "random"]["none"][0]["validation_maes"]
    assert [point.value for point in history] == kept
