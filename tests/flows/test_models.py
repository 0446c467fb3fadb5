"""``cathode models`` on a real ledger."""

import json
import os

import pytest

from cathode.ledger import Ledger, skills
from cathode.model import Turn
from cathode.spec import load_spec
from tests.flows.commands import cathode
from tests.helpers import campaign_in
from tests.loops import build, run_all

TWO = [{"kind": "gp", "kernel": "linear"}, {"kind": "gp"}]


@pytest.fixture(scope="module")
def env(tmp_path_factory):
    """A finished campaign, and the environment of commands that look at it."""
    home = tmp_path_factory.mktemp("models")
    ledger = Ledger.open(f"sqlite:///{home}/ledger.db", create=True)
    run_all(build(ledger, load_spec(campaign_in(home, surrogates=TWO)), home))
    ledger.close()
    clean = {k: v for k, v in os.environ.items() if not k.startswith("CATHODE_")}
    return clean | {"CATHODE_HOME": str(home)}


def asked(env, *options):
    done = cathode("models", "small", *options, env=env)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_surrogates_are_compared_beside_the_baselines_with_the_ledgers_numbers(env):
    found = json.loads(asked(env, "--json"))
    assert (found["campaign"], found["turn"]) == ("small", 2)
    ledger = Ledger.open(f"sqlite:///{env['CATHODE_HOME']}/ledger.db")
    with ledger.read() as connection:
        truth = skills.of_turn(connection, Turn("small", 2, 0))
    ledger.close()
    assert [each["property"] for each in found["comparison"]] == [
        "specific_energy",
        "volume_change",
    ]
    for compared in found["comparison"]:
        rows = compared["surrogates"]
        mine = {skill.surrogate: skill for skill in truth if skill.property == compared["property"]}
        assert {row["surrogate"]: row["metrics"] for row in rows} == {
            name: dict(skill.metrics) for name, skill in mine.items()
        }
        crps = [row["metrics"]["crps"] for row in rows]
        assert crps == sorted(crps)
        assert [row["surrogate"] for row in rows if row["champion"]] == [compared["champion"]]
        assert {row["surrogate"] for row in rows if row["baseline"]} == {"mean", "linear"}
        assert "6 held-out values are fewer than 20: scores may be luck" in compared["doubts"]


def test_history_has_a_row_per_turn_and_property(env):
    found = json.loads(asked(env, "--json"))["history"]
    assert [(row["turn"], row["property"], row["unit"]) for row in found] == [
        (turn, prop, unit)
        for turn in (1, 2)
        for prop, unit in (("specific_energy", "Wh/kg"), ("volume_change", "%"))
    ]
    assert [row["values"] for row in found] == [5, 5, 6, 6]  # one of seven candidates failed
    for first, second in zip(found[:2], found[2:], strict=True):
        assert (first["changed"], first["replaced"]) == (False, None)
        changed = first["champion"] != second["champion"]
        assert second["changed"] is changed
        assert second["replaced"] == (first["champion"] if changed else None)


def test_one_property_of_an_earlier_turn(env):
    found = json.loads(asked(env, "--property", "volume_change", "--turn", "1", "--json"))
    assert found["turn"] == 1
    assert [each["property"] for each in found["comparison"]] == ["volume_change"]
    assert {row["property"] for row in found["history"]} == {"volume_change"}
    assert found["comparison"][0]["values"] == 5


def test_tables_say_units_who_serves_and_what_not_to_rely_on(env):
    words = " ".join(asked(env).split())
    assert "specific_energy (Wh/kg) in turn 2: 6 values held out" in words
    assert "● gp-fractions-" in words
    assert "mean (baseline)" in words
    assert "volume_change (%), not to be relied on yet: 6 held-out values are fewer" in words
    assert "Champions for volume_change (%)" in words


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--property", "voltage"), "no property 'voltage': it models specific_energy, volume_"),
        (("--turn", "7"), "turn 7 of 'small' chose no champion of any property: turns that did"),
        (
            ("--turn", "0", "--property", "volume_change"),
            "of volume_change: turns that did are 1, 2",
        ),
    ],
)
def test_what_is_not_there_is_named(env, options, words):
    done = cathode("models", "small", *options, env=env)
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_before_the_first_choice_it_says_so(sqlite_ledger, small_spec, tmp_path, monkeypatch):
    build(sqlite_ledger, small_spec, tmp_path)
    monkeypatch.setenv("CATHODE_HOME", str(tmp_path))
    assert "small has chosen no champion yet" in cathode("models", "small").stdout
    found = json.loads(cathode("models", "small", "--json").stdout)
    assert found == {"campaign": "small", "turn": None, "comparison": [], "history": []}
