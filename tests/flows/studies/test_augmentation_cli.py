"""``cathode study augmentation`` as a user meets it."""

import json

import pytest

from cathode.errors import CathodeError
from flows.studies.augmentation.properties import wanted_properties
from tests.flows.commands import cathode
from tests.flows.studies.augmentation.rocksalt import write_folder
from tests.helpers import free_port

QUICK = ("--epochs", "1", "--replicates", "2", "--split", "framework", "--methods", "none,rotation")


@pytest.fixture(scope="module")
def crystals(tmp_path_factory):
    return write_folder(tmp_path_factory.mktemp("crystals"))


@pytest.fixture(scope="module")
def done(crystals, tmp_path_factory):
    place = tmp_path_factory.mktemp("cli")
    ask = ("--data", crystals, "--properties", "average_voltage", "--out", place / "out", *QUICK)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CATHODE_HOME", str(place / "home"))
        patch.setenv("CATHODE_WORKERS", "1")
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        first = cathode("study", "augmentation", *ask)
        # A tracking server that is down costs nothing.
        patch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{free_port()}")
        patch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
        return place / "out", first, cathode("study", "augmentation", *ask, "--json")


def test_tables_verdict_and_page(done):
    out, said, _ = done
    assert said.returncode == 0, said.stderr
    for words in ("oversampling", "rotation", "-8.1", "cannot be told from the spread", "linear"):
        assert words in said.stdout
    assert "Note: none and oversampling are the same" in said.stdout
    assert "Improvement: of the mean MAD/MAE, as published; the verdict is about the MAE." in (
        said.stdout
    )
    assert "no unit is known of" not in said.stdout + said.stderr
    assert str(out / "index.html") in said.stdout
    assert "4 of 4: average_voltage, framework split" in said.stderr
    assert "missing cannot be used: missing.cif cannot be read" in said.stderr
    assert "MLflow did not take it" not in said.stderr


def test_once_more_it_is_found_again_as_json(done):
    out, _, again = done
    assert again.returncode == 0, again.stderr
    found = json.loads(again.stdout)
    assert [row["method"] for row in found["places"][0]["methods"]] == [
        "mean",
        "linear",
        "oversampling",
        "rotation",
    ]
    assert str(out / "improvement.png") in found["files"]
    assert found["ion"] is None, "the folder holds no electrodes"
    assert "epochs: 4 at most, 4 of them kept from before" in again.stderr
    assert "MLflow did not take it" in again.stderr


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            ("--properties", "average_voltage", "--methods", "stretching"),
            "unknown augmentation 'stretching': known are isotropic-V",
        ),
        (("--replicates", "0"), "--replicates 0: give at least 1"),
        ((), "holds one property and does not say which: name that one with --properties"),
    ],
)
def test_bad_input_is_one_sentence_and_writes_nothing(crystals, home, options, message):
    said = cathode("study", "augmentation", "--data", crystals, *options)
    assert said.returncode == 2
    assert message in said.stderr
    assert len(said.stderr.strip().splitlines()) == 1
    assert not home.exists()


def test_a_cgcnn_folder_takes_any_name_for_its_property(crystals):
    assert wanted_properties(crystals, ["hardness"], ["average_voltage"]) == ("hardness",)
    for asked in ([], ["hardness", "colour"]):
        with pytest.raises(CathodeError, match="holds one property"):
            wanted_properties(crystals, asked, ["average_voltage"])


def test_a_missing_folder_is_told(home, tmp_path):
    with pytest.raises(CathodeError, match="there is no folder"):
        wanted_properties(tmp_path / "nowhere", [], [])


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (["fermi_energy"], "fermi_energy is absent from .*: it has average_voltage, .*band_gap"),
        (["colour"], "unknown property 'colour': .* has average_voltage"),
    ],
)
def test_electrodes_say_what_they_have(tmp_path, asked, message):
    (tmp_path / "pairs.csv").touch()
    with pytest.raises(CathodeError, match=message):
        wanted_properties(tmp_path, asked, [])
    assert len(wanted_properties(tmp_path, [], [])) == 10
    assert wanted_properties(tmp_path, [], ["average_voltage"]) == ("average_voltage",)
