"""Commands that need no server, and bad input to all of them."""

import json
import subprocess
import sys

import pytest
import yaml
from sqlalchemy import text

from cathode.ledger import Ledger
from cathode.ledger.health import known_revisions
from cathode.settings import REPOSITORY
from tests.flows.commands import cathode


def refused(done, home, *words):
    """One sentence, exit code 2, nothing written."""
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    assert done.stderr.startswith("cathode: ")
    assert len(done.stderr.strip().splitlines()) == 1
    assert "Traceback" not in done.stderr
    for word in words:
        assert word in done.stderr
    assert not home.exists()


def test_help_lists_every_command_and_loads_nothing_heavy():
    done = cathode("--help")
    assert done.returncode == 0
    commands = ("run", "status", "best", "models", "report", "up", "spec", "doctor", "backup")
    for command in commands:
        assert command in done.stdout
    code = (
        "import sys; import flows.cli.app; heavy = {'torch', 'prefect', 'mlflow', 'botorch', "
        "'pymatgen', 'sqlalchemy', 'numpy', 'pydantic', 'matplotlib'}; "
        "print(sorted(heavy & set(sys.modules)))"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert loaded.stdout.strip() == "[]"


def test_spec_check_tells_the_size_of_the_space(write_campaign, home):
    done = cathode("spec", "check", write_campaign())
    assert done.returncode == 0, done.stderr
    assert "The space holds 35 candidates; the campaign will propose 9" in done.stdout
    found = json.loads(cathode("spec", "check", write_campaign(), "--json").stdout)
    assert found["valid"] is True
    assert found["candidates_in_space"] == 35
    assert found["remark"] == "the table has a row for 35 of the space's 35 candidates"
    assert not home.exists(), "checking writes nothing"


def test_spec_schema_is_a_schema_that_the_shipped_campaigns_fit():
    schema = json.loads(cathode("spec", "schema").stdout)
    assert {"space", "objectives", "budget"} <= set(schema["required"])
    from jsonschema import Draft202012Validator

    validator = Draft202012Validator(schema)
    for path in (REPOSITORY / "campaigns").glob("*.yaml"):
        assert list(validator.iter_errors(yaml.safe_load(path.read_text()))) == []


@pytest.mark.parametrize("command", ["check", "run"])
@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param({"colour": "blue"}, ["unknown key 'colour'", "allowed are name"], id="key"),
        pytest.param(
            {
                "space": {
                    "prototype": "layered",
                    "sites": {
                        "M": {"step": 0.1, "fractions": {"Ni": {"max": 0.4}, "Mn": {"max": 0.5}}}
                    },
                }
            },
            ["sum to 0.9", "short of one", "raise some"],
            id="sum",
        ),
        pytest.param(
            {
                "space": {
                    "prototype": "layered",
                    "sites": {"M": {"step": 0.1, "fractions": {"Xx": {}, "Mn": {}}}},
                }
            },
            ["'Xx' is no element"],
            id="element",
        ),
        pytest.param(
            {
                "space": {
                    "prototype": "layered",
                    "sites": {
                        "M": {
                            "step": 0.1,
                            "fractions": {
                                "Ni": {"max": 0.6},
                                "Mn": {"max": 0.6},
                                "Co": {"max": 0.6},
                            },
                            "at_most": [{"count": 1, "of": ["Ni", "Mn", "Co"]}],
                        }
                    },
                }
            },
            ["no recipe satisfies", "at most 1 of Co, Mn, Ni"],
            id="empty",
        ),
        pytest.param(
            {"evaluator": {"kind": "chgnet", "mixing_sites": 7}},
            ["step 1/10 does not fit", "multiple of 10"],
            id="cell",
        ),
        pytest.param(
            {"objectives": [{"property": "mixing_energy"}]},
            ["does not report 'mixing_energy'", "specific_energy"],
            id="unreported",
        ),
        pytest.param({"evaluator": {"kind": "table", "path": "no.csv"}}, ["no.csv"], id="table"),
        pytest.param(
            {"evaluator": {"kind": "tabel", "path": "table.csv"}},
            ["unknown kind 'tabel': known are 'chgnet', 'table'"],
            id="kind",
        ),
    ],
)
def test_bad_specs_are_refused_before_anything_is_written(
    write_campaign, home, command, changes, words
):
    path = write_campaign(**changes)
    arguments = ("spec", "check", path) if command == "check" else ("run", path)
    refused(cathode(*arguments), home, *words)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            ("cgcnn", "train", "x", "--property", "y", "--out", "z.pt", "--split", "foo"),
            "--split 'foo': known are random, framework (`cathode cgcnn train --help` tells more)",
        ),
        (("run", "x.yaml", "--turns", "two"), "--turns 'two': input should be a valid integer"),
        (("run", "x.yaml", "--turns", "-1"), "--turns '-1': input should be greater than or equal"),
        (("run", "x.yaml", "--turns"), "option '--turns' requires an argument"),
        (("run",), "missing argument 'spec' (`cathode run --help` tells more)"),
        (("status", "a", "b"), "unexpected extra argument(s) (b)"),
        (("status", "--jsn"), "no such option: --jsn (Possible options: --json)"),
        (("statsu",), "no such command 'statsu'; did you mean 'status'? (`cathode --help`"),
    ],
)
def test_commands_that_are_written_wrongly_are_refused_in_a_sentence(home, arguments, words):
    refused(cathode(*arguments), home, words)


def test_groups_without_a_command_show_their_help():
    done = cathode("cgcnn")
    assert done.returncode == 2
    assert "Learn and predict properties of crystals." in done.stdout
    assert done.stderr == ""


def test_with_json_the_error_is_json_too(home):
    done = cathode("status", "--jsn", "--json")
    assert "no such option" in json.loads(done.stdout)["error"]

    done = cathode("spec", "check", "no.yaml", "--json")
    assert done.returncode == 2
    assert "no.yaml" in json.loads(done.stdout)["error"]
    assert not home.exists()


@pytest.mark.parametrize(
    "arguments",
    [("status",), ("status", "small"), ("best", "small"), ("models", "small"), ("report", "small")],
    ids=" ".join,
)
def test_a_missing_ledger_is_named_and_not_made(home, arguments):
    refused(cathode(*arguments), home, "there is no ledger at", str(home), "cathode run")


@pytest.mark.parametrize(
    "arguments",
    [("best", "large"), ("status", "large"), ("models", "large"), ("report", "large")],
    ids=" ".join,
)
def test_an_unknown_campaign_lists_the_known(home, arguments):
    Ledger.open(f"sqlite:///{home}/ledger.db", create=True).close()
    done = cathode(*arguments)
    assert done.returncode == 2
    assert "the ledger has no campaign 'large': it has none yet" in done.stderr


@pytest.mark.parametrize("command", ["status", "run"])
def test_a_newer_ledger_is_left_alone(home, write_campaign, command):
    ledger = Ledger.open(f"sqlite:///{home}/ledger.db", create=True)
    with ledger.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    ledger.close()
    done = cathode(command, *([write_campaign()] if command == "run" else []))
    assert done.returncode == 2
    assert f"has version 9999, newer than {max(known_revisions())}" in done.stderr
    assert {path.name for path in home.iterdir()} <= {"ledger.db", "ledger.db-wal", "ledger.db-shm"}


def test_an_empty_ledger_has_a_friendly_status(home):
    Ledger.open(f"sqlite:///{home}/ledger.db", create=True).close()
    assert "no campaign yet" in cathode("status").stdout
    assert json.loads(cathode("status", "--json").stdout) == {"campaigns": []}


@pytest.mark.parametrize(
    "arguments",
    [("rnu",), ("best",), ("best", "x", "-n", "0"), ("best", "x", "-n", "many")],
    ids=" ".join,
)
def test_wrong_usage_is_exit_code_two(home, arguments):
    done = cathode(*arguments)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert not home.exists()


def test_a_server_elsewhere_that_does_not_answer_is_named(write_campaign, home, monkeypatch):
    monkeypatch.setenv("PREFECT_API_URL", "http://192.0.2.1:4200/api")
    done = cathode("run", write_campaign())
    assert done.returncode == 2
    assert "no Prefect server answers at http://192.0.2.1:4200/api" in done.stderr


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("CATHODE_WORKERS", "many", "write a whole number of at least 1"),
        ("CATHODE_WORKERS", "0", "write a whole number of at least 1"),
        ("CATHODE_LEDGER_URL", "ledger.db", "is not understood: write sqlite:///FILE"),
    ],
)
def test_settings_that_cannot_be_are_named(
    write_campaign, home, monkeypatch, variable, value, words
):
    monkeypatch.setenv(variable, value)
    refused(cathode("run", write_campaign()), home, value, words)


def test_an_address_that_is_none_is_named(write_campaign, home, monkeypatch):
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:many/api")
    done = cathode("run", write_campaign())
    assert done.returncode == 2
    assert "PREFECT_API_URL='http://127.0.0.1:many/api'" in done.stderr


def test_a_place_that_cannot_be_written_is_named(write_campaign, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("CATHODE_HOME", str(tmp_path / "file" / "home"))
    done = cathode("run", write_campaign())
    assert done.returncode == 2
    assert "file" in done.stderr
    assert "Traceback" not in done.stderr
