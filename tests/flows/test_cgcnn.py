"""``cathode cgcnn`` as a user meets it."""

import csv
import json
import os
import pickle
import signal
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from cathode.settings import Settings
from flows.cli import app
from flows.crystals import loading, members
from flows.crystals.loading import load
from flows.crystals.scores import fractions
from flows.crystals.splitting import groups_of, split_groups
from surrogates.cgcnn.ensemble import train_ensemble
from surrogates.cgcnn.model_file import load_model
from surrogates.cgcnn.network import Sizes
from surrogates.cgcnn.trained import Labelled
from surrogates.cgcnn.training import TrainingSettings, train
from tests.crystal_worlds import (
    alone,
    cif,
    pair,
    reference,
    rock_salt,
    toy,
    toy_crystals,
    write_cgcnn_folder,
    write_electrodes,
)
from tests.flows.commands import cathode, start

SMALL = ("--atom", "8", "--hidden", "12", "--convolutions", "2", "--batch", "16")
QUICK = ("--property", "hardness", *SMALL, "--members", "2", "--epochs", "4", "--rate", "0.01")


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A folder of crystals of which some are bad, and a home."""
    place = tmp_path_factory.mktemp("cgcnn")
    folder = write_cgcnn_folder(place / "data", 60)
    (folder / "alone.cif").write_text(cif(alone()))
    (folder / "bad.cif").write_text("no CIF")
    with (folder / "id_prop.csv").open("a") as out:
        out.write("alone,1\nbad,1\nlost,1\n")
    env = {k: v for k, v in os.environ.items() if not k.startswith("CATHODE_")}
    return folder, env | {"CATHODE_HOME": str(place / "home"), "CATHODE_WORKERS": "2"}


@pytest.fixture(scope="module")
def trained(world):
    folder, env = world
    out = folder.parent / "model.pt"
    done = cathode("cgcnn", "train", folder, "--out", out, *QUICK, env=env)
    assert done.returncode == 0, done.stderr
    return out, done


@pytest.fixture
def said(world, monkeypatch, capsys):
    """Run a command in this process: exit code, output, errors."""
    _, env = world
    for name in ("CATHODE_HOME", "CATHODE_WORKERS"):
        monkeypatch.setenv(name, env[name])

    def run(*arguments):
        monkeypatch.setattr("sys.argv", ["cathode", *map(str, arguments)])
        with pytest.raises(SystemExit) as left:
            app.main()
        out, errors = capsys.readouterr()
        return left.value.code or 0, out, errors

    return run


@pytest.fixture
def inline(monkeypatch):
    """Members are trained in this process, one after the other."""

    def learn(work, _members, left, folder, _workers, _tell):
        for number in left:
            members._learn(work, number, folder)

    monkeypatch.setattr(members, "_side_by_side", learn)


def test_check_names_every_crystal_that_cannot_be_used(world):
    folder, env = world
    done = cathode("cgcnn", "check", folder, "--property", "hardness", env=env)
    assert done.returncode == 0, done.stderr
    assert "60 crystals can be used" in done.stdout
    assert "2.0 atoms on average" in done.stdout
    lines = done.stdout.splitlines()
    assert "alone: atom 0 has no neighbour within 8 Å" in lines
    assert "lost: lost.cif cannot be read (No such file or directory)" in lines
    assert any(line.startswith("bad: it cannot be read as CIF") for line in lines)


def test_check_as_json(world, said):
    folder, _ = world
    code, out, _ = said("cgcnn", "check", folder, "--json")
    found = json.loads(out)
    assert code == 0
    assert set(found["refused"]) == {"alone", "bad", "lost"}
    (row,) = found["properties"]
    values = toy(60).y
    assert row["known"] == 60
    assert row["mean"] == pytest.approx(values.mean(), abs=1e-6)
    assert row["spread"] == pytest.approx(values.std(), abs=1e-6)


def test_check_knows_electrodes_and_their_units(tmp_path, said):
    crystals, _ = toy_crystals(4)
    names = [f"m{i}" for i in range(4)]
    records = [
        {"material_id": n, "cif": cif(c), "band_gap": 1.0}
        for n, c in zip(names, crystals, strict=True)
    ]
    pairs = [pair(n, working_ion="Na" if n == "m3" else "Li") for n in [*names, "lost"]]
    folder = write_electrodes(tmp_path / "e", pairs, records)
    _, out, _ = said("cgcnn", "check", folder, "--json")
    found = json.loads(out)
    assert found["crystals"] == 3
    assert found["refused"] == {"lost": "its structure is missing"}
    assert found["left_out"] == {"not of Li": 1}
    units = {row["property"]: row["unit"] for row in found["properties"]}
    assert units["average_voltage"] == "V"
    assert units["gravimetric_capacity"] == "mAh/g"
    _, out, _ = said("cgcnn", "check", folder, "--ion", "all", "--property", "band_gap", "--json")
    assert [row["known"] for row in json.loads(out)["properties"]] == [4]


def test_training_reports_and_writes_everything(trained):
    out, done = trained
    for words in ("of 8 epochs", "validation MAE"):
        assert words in done.stderr
    for words in ("2 networks", "ridge on element fractions", "MAD/MAE", "CRPS", str(out)):
        assert words in done.stdout
    for words in ("the MAE is", "than that of the mean", "the standard error of paired"):
        assert words in done.stdout
    assert "no unit is known of 'hardness': known are average_voltage" in done.stdout
    assert "no unit is known of 'hardness'" in done.stderr, "before hours are spent"
    made = {file.name for file in out.parent.iterdir()}
    assert made >= {"model.pt", "model.parity.png", "model.calibration.png"}
    assert "model.pt.parts" not in made
    for name in ("parity", "calibration"):
        assert (out.parent / f"model.{name}.png").read_bytes().startswith(b"\x89PNG")
    with (out.parent / "model.predictions.csv").open() as file:
        rows = list(csv.DictReader(file))
    model = load_model(out)
    assert len(rows) == model.about["test"]["crystals"] > 0
    assert model.about["asked"]["augmentation"] is None
    assert model.about["asked"]["ion"] is None, "the folder holds no electrodes"
    assert model.ensemble.widening >= 1


def test_members_are_those_of_the_library_and_the_test_part_was_not_seen(trained, world):
    """What processes trained, one after the other in this one, on the same split."""
    out, _ = trained
    folder, env = world
    settings = Settings.at(Path(env["CATHODE_HOME"]))
    loaded = load(folder, "hardness", "all", settings)
    split = split_groups(groups_of(loaded.table, "framework"), 0.1, 0.1, 0)
    whole = Labelled(loaded.graphs, loaded.table.of("hardness"))
    again = train_ensemble(
        [tuple(map(whole.take, split.lesson(member))) for member in range(2)],
        Sizes(atom=8, hidden=12, convolutions=2, outputs=2),
        TrainingSettings(epochs=4, batch=16, rate=0.01),
        0,
        members=2,
    ).recalibrated(
        [whole.take(rows) for rows in split.folds[:2]],
        [tuple(loaded.table.frameworks[row] for row in rows) for rows in split.folds[:2]],
    )
    tested = [loaded.graphs[row] for row in split.test]
    found = load_model(out).ensemble.predict(tested)
    np.testing.assert_array_equal(again.predict(tested).mean, found.mean)
    np.testing.assert_allclose(again.predict(tested).sigma, found.sigma)
    with (out.parent / "model.predictions.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["id"] for row in rows] == [loaded.table.names[row] for row in split.test]
    np.testing.assert_allclose([float(row["hardness"]) for row in rows], found.mean, rtol=1e-4)
    measured = [float(row["measured"]) for row in rows]
    np.testing.assert_allclose(measured, whole.y[split.test], rtol=1e-5)
    inside = [
        float(row["low of 80 %"]) <= float(row["measured"]) <= float(row["high of 80 %"])
        for row in rows
    ]
    scores = load_model(out).about["test"]["scores"]
    assert scores["coverage_80"] == pytest.approx(100 * np.mean(inside))
    y = np.array(measured)
    error = np.abs(y - found.mean).mean()
    assert scores["mae"] == pytest.approx(error, rel=1e-4)
    assert scores["mad_over_mae"] == pytest.approx(np.abs(y - y.mean()).mean() / error, rel=1e-4)


def test_a_finished_model_is_not_trained_over(trained, world, said):
    out, _ = trained
    folder, _ = world
    before = out.read_bytes()
    code, _, errors = said("cgcnn", "train", folder, "--out", out, *QUICK)
    assert code == 2
    assert "is there already: give another --out, or --fresh" in errors
    assert out.read_bytes() == before


def test_predictions_with_intervals_and_refusals(trained, world, tmp_path, said):
    out, _ = trained
    folder, _ = world
    table = tmp_path / "p.csv"
    code, text, _ = said(
        "cgcnn", "predict", out, folder / "c0.cif", folder / "bad.cif", "--csv", table
    )
    assert code == 0
    assert "80 % interval" in text
    assert "bad: it cannot be read as CIF" in text
    assert "The model has learned from 1 of 1 crystal: there it flatters." in text
    code, text, _ = said("cgcnn", "predict", out, folder, "--json")
    found = json.loads(text)
    assert set(found["refused"]) == {"alone", "bad"}
    assert len(found["predictions"]) == 60
    with (out.parent / "model.predictions.csv").open() as file:
        tested = {row["id"] for row in csv.DictReader(file)}
    assert {row["id"] for row in found["predictions"] if not row["learned"]} == tested
    assert found["learned_from"] == 60 - len(tested)
    first = found["predictions"][0]
    assert first["id"] == "c0"
    assert first["low_80"] < first["value"] < first["high_80"]
    (row,) = csv.DictReader(table.read_text().splitlines())
    assert float(row["hardness"]) == pytest.approx(first["value"], rel=1e-4)


def test_a_folder_of_cifs_alone(trained, tmp_path, said):
    out, _ = trained
    for n, a in enumerate((4.0, 5.0)):
        (tmp_path / f"x{n}.cif").write_text(cif(rock_salt("Li", "F", a)))
    (tmp_path / "notes.txt").write_text("no crystal")
    (tmp_path / "id_prop.csv").write_text("x0,1\n")  # what is not known is what is asked
    _, text, _ = said("cgcnn", "predict", out, tmp_path, "--json")
    assert [row["id"] for row in json.loads(text)["predictions"]] == ["x0", "x1"]
    # Given twice, they are told apart.
    _, text, _ = said("cgcnn", "predict", out, tmp_path, tmp_path / "x0.cif", "--json")
    names = [row["id"] for row in json.loads(text)["predictions"]]
    assert names == [f"{tmp_path}/{name}" for name in ("x0", "x1", "x0")]


def test_the_reference_model_predicts_as_the_papers_code(said):
    folder = reference()
    with (folder / "expected_formation_energy.csv").open() as file:
        expected = {
            r["cif_id"]: float(r["formation_energy_per_atom_eV"]) for r in csv.DictReader(file)
        }
    model = folder / "formation-energy-per-atom.pth.tar"
    code, text, _ = said("cgcnn", "predict", model, folder, "--json")
    found = json.loads(text)
    assert code == 0
    assert found["unit"] == "eV/atom"
    assert found["intervals"] is False
    assert {row["id"] for row in found["predictions"]} == set(expected)
    for row in found["predictions"]:
        assert row["value"] == pytest.approx(expected[row["id"]], abs=1e-4)
        assert "low_80" not in row
    _, text, _ = said("cgcnn", "predict", model, folder)
    assert "it gives no intervals" in text
    assert "The model does not tell which crystals it has learned from" in text
    assert found["learned_from"] is None


def test_fine_tuning_takes_sizes_and_frozen_layers_over(trained, world, tmp_path, said, inline):
    start_from, _ = trained
    folder, _ = world
    out = tmp_path / "tuned.pt"
    code, text, errors = said(
        *("cgcnn", "train", folder, "--out", out, "--property", "hardness", "--members", "1"),
        *("--epochs", "2", "--start", start_from, "--lower", "frozen", "--json"),
        *("--augmentation", "isotropic-5", "--copies", "2"),
    )
    assert code == 0, errors
    assert "isotropic-5 with hardness: whether variants keep this property was" in errors
    found = json.loads(text)
    assert found["asked"]["lower"] == "frozen"
    assert found["asked"]["copies"] == 2
    assert set(found["scores"]) == {"cgcnn", "mean", "linear"}
    assert found["start_has_learned"]["same_property"] == 0, "the split is the same"
    assert set(found["against"]) == {"mean", "linear"}
    errors = {name: scores["mae"] for name, scores in found["scores"].items()}
    for name, each in found["against"].items():
        assert each["mae_lower_by"] == pytest.approx(errors[name] - errors["cgcnn"])
    new, old = (load_model(f).ensemble.members[0].network for f in (out, start_from))
    assert new.sizes == old.sizes
    for name, value in old.convs.state_dict().items():
        assert torch.equal(new.convs.state_dict()[name], value)


def test_a_start_that_knows_the_test_crystals_is_told(trained, world, tmp_path, said, inline):
    start_from, _ = trained
    folder, _ = world
    asked = (folder, "--start", start_from, "--members", "1", "--epochs", "1", "--seed", "5")
    out = tmp_path / "same.pt"
    code, text, errors = said("cgcnn", "train", *asked, "--property", "hardness", "--out", out)
    assert code == 0, errors
    with (tmp_path / "same.predictions.csv").open() as file:
        tested = {row["id"] for row in csv.DictReader(file)}
    with (start_from.parent / "model.predictions.csv").open() as file:
        unseen = {row["id"] for row in csv.DictReader(file)}
    words = f"has learned hardness from {len(tested - unseen)} of the {len(tested)} test crystals"
    assert f"{start_from} {words}: the scores flatter, give another --start" in text
    assert words in errors
    assert "1 network " in text
    # Of another property it is told, too; and what the start's start had learned.
    out = tmp_path / "other.pt"
    asked = (folder, "--start", tmp_path / "same.pt", *asked[3:], "--property", "band_gap")
    code, text, errors = said("cgcnn", "train", *asked, "--out", out, "--json")
    assert code == 0, errors
    known = json.loads(text)["start_has_learned"]
    assert known["same_property"] == 0
    assert known["other_properties"] == {"hardness": len(tested - unseen)}
    assert "flatter" not in errors


def test_electrodes_say_how_many_rows_are_left_out(tmp_path, said, inline):
    crystals, _ = toy_crystals(24)
    names = [f"m{i}" for i in range(24)]
    records = [
        {"material_id": n, "cif": cif(c), "band_gap": float(i) if i else None}
        for i, (n, c) in enumerate(zip(names, crystals, strict=True))
    ]
    pairs = [pair(n) for n in [*names, "m3"]]
    pairs += [pair("na", working_ion="Na"), pair("x", endpoints_verified="no")]
    folder = write_electrodes(tmp_path / "e", pairs, records)
    later, unsure = "a later pair of the same discharged structure", "end points not verified"
    code, text, _ = said("cgcnn", "check", folder)
    assert code == 0
    assert f"3 rows left out: 1 {later}; 1 not of Li; 1 {unsure}." in " ".join(text.split())
    out = tmp_path / "m.pt"
    asked = ("--property", "band_gap", "--out", out, *SMALL, "--members", "1", "--epochs", "1")
    code, text, errors = said("cgcnn", "train", folder, *asked, "--focus", "none", "--json")
    assert code == 0, errors
    found = json.loads(text)
    assert found["left_out"] == {later: 1, "not of Li": 1, unsure: 1, "band_gap not known": 1}
    assert found["asked"]["ion"] == "Li"
    code, text, _ = said("cgcnn", "predict", out, folder)
    assert f"2 rows left out: 1 {later}; 1 {unsure}." in " ".join(text.split())


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (("--members", "0"), "--members 0: give a whole number of at least 1"),
        (("--epochs", "-1"), "--epochs -1"),
        (("--batch", "1"), "--batch 1: give a whole number of at least 2"),
        (("--rate", "nan"), "--rate nan"),
        (("--atom", "0"), "--atom 0"),
        (("--test", "0"), "--test 0: both must be above 0"),
        (("--validation", "0.9", "--test", "0.1"), "together below 1"),
        (("--augmentation", "blur"), "unknown augmentation 'blur': known are"),
        (("--augmentation", "none", "--copies", "3"), "no augmentation to make them"),
        (("--lower", "frozen"), "--lower frozen: only networks that have learned before"),
        (("--start", "none.pt"), "cannot read the model 'none.pt'"),
        (("--out", "no/such/folder/m.pt"), "there is no folder 'no/such/folder'"),
        (("--out", "."), "is a folder: give the name of a file"),
        (("--out", "m"), "--out 'm': the name of a model ends in .pt: give 'm.pt'"),
        (("--out", ".pt"), "--out '.pt': the name of a model ends in .pt: give '.pt.pt'"),
        (("--split", "foo"), "--split 'foo': known are random, framework"),
    ],
)
def test_what_cannot_be_is_one_sentence_and_nothing_written(
    world, tmp_path, said, monkeypatch, changes, words
):
    folder, _ = world
    monkeypatch.chdir(tmp_path)
    code, out, errors = said("cgcnn", "train", folder, "--out", "m.pt", *QUICK, *changes)
    assert code == 2
    assert out == ""
    assert words in errors
    assert len(errors.strip().splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_start_of_other_sizes_is_refused(trained, world, tmp_path, said):
    asked = ("--out", tmp_path / "m.pt", *QUICK, "--atom", "9", "--start", trained[0])
    code, _, errors = said("cgcnn", "train", world[0], *asked)
    assert code == 2
    assert "--atom 9: the networks of" in errors
    assert list(tmp_path.iterdir()) == []


def test_folders_that_hold_too_little_are_refused(tmp_path, said):
    few = write_cgcnn_folder(tmp_path / "few", 8)
    code, _, errors = said("cgcnn", "train", few, "--out", tmp_path / "m.pt", *QUICK)
    assert code == 2
    assert "hardness is known of 8 crystals that can be used" in errors
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "id_prop.csv").touch()
    for command, words in (
        (("check", tmp_path / "empty"), "id_prop.csv is empty: give each crystal a line with its"),
        (("check", tmp_path / "none"), "there is no folder '"),
    ):
        code, _, errors = said("cgcnn", *command)
        assert code == 2
        assert words in errors
    for command in (("check", tmp_path), ("train", tmp_path, "--out", tmp_path / "m.pt", *QUICK)):
        code, _, errors = said("cgcnn", *command)
        assert code == 2
        assert "holds no crystals: give a folder with id_prop.csv" in errors
    assert {file.name for file in tmp_path.iterdir()} == {"few", "empty"}


def test_an_unknown_property_lists_the_known(tmp_path, said):
    folder = write_electrodes(tmp_path / "e", [pair("a")], [])
    code, _, errors = said("cgcnn", "train", folder, "--out", tmp_path / "m.pt", *QUICK)
    assert code == 2
    assert "no property 'hardness': it has average_voltage, maximum_voltage" in errors


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("model", "nowhere"), "there is no 'nowhere': give CIF files"),
        (("model", "."), "holds no crystals: give a folder with CIF files"),
        (("model", "bad"), "no crystal can be used, of 1 (bad: it cannot be read as CIF"),
        (("bad", "bad"), "torn, or holds more than tensors"),
        (("model", "bad", "--csv", "no/p.csv"), "there is no folder 'no'"),
    ],
)
def test_what_cannot_be_predicted(trained, world, tmp_path, said, monkeypatch, arguments, words):
    monkeypatch.chdir(tmp_path)
    known = {"model": trained[0], "bad": world[0] / "bad.cif"}
    code, out, errors = said("cgcnn", "predict", *(known.get(a, a) for a in arguments))
    assert code == 2
    assert out == ""
    assert words in errors
    assert list(tmp_path.iterdir()) == []


def test_a_strange_file_is_refused_without_more_words(world, tmp_path):
    folder, env = world
    (tmp_path / "evil.pt").write_bytes(pickle.dumps({"a": Path("x")}))
    done = cathode("cgcnn", "predict", tmp_path / "evil.pt", folder, env=env)
    assert done.returncode == 2
    assert done.stderr.startswith("cathode: cannot read the model")
    assert len(done.stderr.strip().splitlines()) == 1


def test_check_tells_that_no_unit_is_known(world, said):
    folder, _ = world
    _, text, _ = said("cgcnn", "check", folder, "--property", "avrage_voltage")
    words = "Note: no unit is known of 'avrage_voltage': did you mean 'average_voltage'? known are"
    assert words in text
    _, text, _ = said("cgcnn", "check", folder, "--property", "average_voltage", "--json")
    assert json.loads(text)["notes"] == []


def test_fractions_sum_to_one():
    crystals, _ = toy_crystals(5)
    found = fractions(crystals)
    assert found.shape == (5, 101)
    np.testing.assert_allclose(found.sum(axis=1), 1)
    assert (found > 0).sum(axis=1).tolist() == [2] * 5


@pytest.mark.slow
def test_many_texts_are_parsed_side_by_side_with_the_same_result(monkeypatch, tmp_path):
    monkeypatch.setattr(loading, "FEW", 2)
    monkeypatch.setattr(loading, "AT_ONCE", 3)
    folder = write_cgcnn_folder(tmp_path / "data", 8)
    one = load(folder, "x", "Li", Settings.at(tmp_path / "one", workers=1))
    two = load(folder, "x", "Li", Settings.at(tmp_path / "two", workers=2))
    assert [c.digest for c in one.table.crystals] == [c.digest for c in two.table.crystals]


def wait_for(condition, process):
    deadline = time.monotonic() + 120
    while not condition():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_stopped_training_goes_on_and_ends_the_same(world, tmp_path, how):
    folder, env = world
    asked = ("cgcnn", "train", folder, *QUICK[:-6], "--members", "2", "--epochs", "40")
    whole, out = tmp_path / "whole.pt", tmp_path / "model.pt"
    assert cathode(*asked, "--out", whole, env=env).returncode == 0
    parts = tmp_path / "model.pt.parts"
    running = start(*map(str, asked), "--out", str(out), env=env)
    log = parts / "member-1.log"
    wait_for(lambda: log.exists() and log.read_text().count("\n") >= 3, running)
    running.send_signal(how)
    _, errors = running.communicate(timeout=30)
    if how == signal.SIGINT:
        assert running.returncode == 130
        assert "The same command continues" in errors
    assert parts.exists()
    assert not out.exists()
    time.sleep(2)  # orphans follow within a second
    other = cathode(*asked, "--seed", "1", "--out", out, env=env)
    assert other.returncode == 2
    assert "asked for otherwise (seed: 0, now 1)" in other.stderr
    assert parts.exists()
    done = cathode(*asked, "--out", out, env=env)
    assert done.returncode == 0, done.stderr
    assert not parts.exists()
    one, two = load_model(whole), load_model(out)
    assert one.ensemble.widening == two.ensemble.widening
    for a, b in zip(one.ensemble.members, two.ensemble.members, strict=True):
        other_state = b.network.state_dict()
        assert all(torch.equal(v, other_state[k]) for k, v in a.network.state_dict().items())


def test_finished_members_are_kept(tmp_path, inline, monkeypatch):
    """The first member is there, the second is not: the first is not trained again."""
    data = toy(20, 1)
    sizes = Sizes(atom=6, hidden=8, convolutions=1, outputs=2)
    rows = np.arange(len(data))
    lessons = [(rows[:15], rows[15:])]
    work = members.Work("x", data, lessons, sizes, TrainingSettings(epochs=2), 0)
    seeds = []

    def counted(*arguments):
        seeds.append(arguments[4])
        return train(*arguments)

    monkeypatch.setattr(members, "train", counted)
    members._learn(work, 0, tmp_path)
    seen = []
    found = members.train_members(work, 2, tmp_path, 1, seen.append)
    assert len(found) == 2
    assert len(seeds) == len(set(seeds)) == 2
    assert (seen[-1].done, seen[-1].total) == (4, 4)
