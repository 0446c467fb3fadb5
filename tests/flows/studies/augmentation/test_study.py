"""The whole study: killed, continued, extended, tuned."""

from dataclasses import replace

import numpy as np
import pytest

from cathode.errors import StudyError
from flows.studies.augmentation.settings import BASELINE, StudySettings
from flows.studies.augmentation.study import CHECKPOINTS, run_study
from flows.studies.augmentation.summary import cautions, notes
from flows.studies.augmentation.tuning import PUBLISHED, VOLUMES
from flows.studies.kept import RESULTS
from tests.flows.studies.augmentation.conftest import TINY

PLACE = ("average_voltage", "random")


def without_seconds(results):
    return [{k: v for k, v in each.items() if k != "seconds"} for each in results]


def test_a_killed_study_goes_on_where_it_was(study, told):
    first, second = told
    assert len(first) == 3
    assert first[0].startswith("1 of 12: average_voltage, random split, oversampling, replicate 1")
    assert second[0].startswith("4 of 12"), "nothing is trained twice"
    assert len(second) == 9


def test_every_method_predicts_every_test_part(study):
    for place in study.places:
        assert set(study.results[place]) == {"mean", "linear", BASELINE, "none", "anisotropic-5"}
        for results in study.results[place].values():
            assert [len(each["predictions"]) for each in results] == [
                len(parts.test) for parts in study.parts[place]
            ]
    sizes = {name: study.results[PLACE][name][0]["crystals"] for name in study.settings.compared}
    assert sizes[BASELINE] == sizes["anisotropic-5"] == 11 * sizes["none"]


def test_a_repeated_study_trains_nothing(study, source, data, asked, out):
    said = []
    again = run_study(source, data, asked, out, 1, say=said.append)
    assert not said
    assert again.results == study.results
    assert not (out / CHECKPOINTS).exists()


def test_a_training_killed_amid_its_epochs_goes_on_from_its_checkpoint(
    study, source, data, asked, tmp_path
):
    out, told = tmp_path / "out", []

    def until_killed(stage, done, total):
        told.append(done)
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_study(source, data, asked, out, 1, tell=until_killed)
    assert list((out / CHECKPOINTS).glob("*.pt"))
    told.clear()
    few = replace(asked, methods=("none",), replicates=1, splits=("random",))
    again = run_study(source, data, few, out, 1, tell=lambda _s, done, _t: told.append(done))
    assert 3 not in told, "the first epoch is not done again"
    for name in (BASELINE, "none"):
        made = without_seconds(again.results[PLACE][name])
        assert made == without_seconds(study.results[PLACE][name][:1])


@pytest.mark.slow
def test_processes_train_the_same(study, source, data, asked, tmp_path):
    said = []
    other = run_study(source, data, asked, tmp_path / "out", 2, say=said.append)
    assert len(said) == 12
    for name in asked.compared:
        made, known = (each.results[PLACE][name] for each in (other, study))
        assert without_seconds(made) == without_seconds(known)


def test_methods_and_replicates_can_be_added_later(source, data, tmp_path):
    few = StudySettings((), replicates=1, splits=("random",), epochs=1, network=TINY)
    said = []
    run_study(source, data, few, tmp_path / "out", 1)
    more = replace(few, methods=("isotropic-5",), replicates=2)
    run_study(source, data, more, tmp_path / "out", 1, say=said.append)
    assert [line.split(", ")[2] for line in said] == ["isotropic-5", BASELINE, "isotropic-5"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"epochs": 3}, "epochs: 2, now 3"),
        ({"seed": 3}, "seed: 0, now 3"),
        ({"mode": "on_the_fly"}, "mode: copies, now on_the_fly"),
    ],
)
def test_a_folder_of_other_settings_is_refused(study, source, data, asked, out, change, message):
    before = (out / RESULTS).read_bytes()
    with pytest.raises(StudyError, match=f"{message}.*--fresh to start anew"):
        run_study(source, data, replace(asked, **change), out, 1)
    assert (out / RESULTS).read_bytes() == before


def test_tuning_looks_at_validation_parts_alone_and_goes_on_after_a_kill(source, data, tmp_path):
    asked = StudySettings(
        (), replicates=1, splits=("random",), epochs=1, network=TINY, tune="anisotropic", trials=6
    )
    said = []

    def until_killed(words):
        said.append(words)
        if len(said) == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_study(source, data, asked, tmp_path / "out", 1, say=until_killed)
    rest = []
    study = run_study(source, data, asked, tmp_path / "out", 1, say=rest.append)
    straight = run_study(source, data, asked, tmp_path / "other", 1)
    assert study.trials == straight.trials, "the same is asked if the same is told"
    (tried,) = study.trials[PLACE]
    volumes = [volume for volume, _ in tried]
    assert volumes[:2] == list(PUBLISHED)
    assert len(set(volumes)) > len(PUBLISHED)
    assert all(VOLUMES[0] <= volume <= VOLUMES[1] for volume in volumes)
    assert len(said) + len(rest) == len(set(volumes)) + 2, "oversampling, and what was tuned"
    best = min(tried, key=lambda each: each[1])[0]
    kept = (tmp_path / "out" / RESULTS).read_text()
    assert f'"method": "anisotropic-{best:g}", "replicate": 0' in kept
    (result,) = study.results[PLACE]["anisotropic-tuned"]
    assert len(result["predictions"]) == len(study.parts[PLACE][0].test)


def test_on_the_fly_none_is_oversampling_and_trained_once(study):
    asked = StudySettings(("none", "isotropic-5"), mode="on_the_fly")
    assert asked.trained == (BASELINE, "isotropic-5")
    said = notes(replace(study, settings=replace(study.settings, mode="on_the_fly")), [])
    assert any("none and oversampling are the same" in note for note in said)


def test_formation_energy_is_cautioned():
    asked = StudySettings(("none", "isotropic-5", "anisotropic-5"))
    (said,) = cautions(("formation_energy_per_atom", "band_gap"), asked)
    assert said.startswith("isotropic-5, anisotropic-5 with formation_energy_per_atom: ")


def test_a_constant_is_refused(source, data, asked, tmp_path):
    still = replace(data.table, values={"average_voltage": np.full(len(data.table), 3.0)})
    with pytest.raises(StudyError, match="does not vary"):
        run_study(source, replace(data, table=still), asked, tmp_path / "out", 1)
    assert not (tmp_path / "out").exists()
