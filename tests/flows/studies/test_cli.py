"""``cathode study`` as a user meets it."""

import json

import numpy as np
import pytest

from tests.flows.commands import cathode

RNG = np.random.default_rng(0)
X = RNG.normal(size=(24, 2)).round(3)
TABLE = "\n".join(f"{a:.3f}  {b:.3f}  {a * a + b:.5f}" for a, b in X)

QUICK = ("--splits", "4", "--coupling", "0,2", "--nodes", "1")


@pytest.fixture
def table(tmp_path):
    file = tmp_path / "surface.dat"
    file.write_text(TABLE)
    return file


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cli")
    (folder / "surface.dat").write_text(TABLE)
    out = folder / "out"
    ask = (folder / "surface.dat", "--target", "column_3", "--out", out, *QUICK)
    return out, ask, cathode("study", "additive", *ask)


def test_tables_verdict_and_page(done):
    out, _, said = done
    assert said.returncode == 0, said.stderr
    for words in ("linear", "additive + 2", "Nonlinearity helps", "Optimum: l =", "column_1"):
        assert words in said.stdout
    assert str(out / "index.html") in said.stdout
    names = {file.name for file in out.iterdir()}
    assert names >= {"index.html", "study.json", "splits.csv", "scan.png", "errors.png"}
    assert names >= {"near_linear.png", "optimum.png", "coupling.png"}
    assert not [name for name in names if name.endswith(".part")]


def test_once_more_it_is_found_again_as_json(done):
    out, ask, _ = done
    said = cathode("study", "additive", *ask, "--json")
    assert said.returncode == 0, said.stderr
    found = json.loads(said.stdout)
    assert found["verdict"]["nonlinearity"]["paired"]["n"] == 4
    assert str(out / "scan.png") in found["files"]
    assert "20 fits, 20 of them kept from before" in said.stderr


def test_other_settings_are_refused(done):
    _, ask, _ = done
    said = cathode("study", "additive", *ask, "--seed", "2")
    assert said.returncode == 2
    assert "seed: 0, now 2" in said.stderr


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--target", "voltage"), "has no column 'voltage'"),
        (("--target", "column_3", "--coupling", "0,some"), "--coupling '0,some': give whole"),
        (("--target", "column_3", "--splits", "2"), "--splits 2: a spread takes at least 4"),
        (("--target", "column_3", "--rows", "99"), "draw 10 to 24 of them"),
    ],
)
def test_bad_input_is_one_sentence_and_writes_nothing(table, home, options, message):
    said = cathode("study", "additive", table, *options)
    assert said.returncode == 2
    assert message in said.stderr
    assert len(said.stderr.strip().splitlines()) == 1
    assert not home.exists()
