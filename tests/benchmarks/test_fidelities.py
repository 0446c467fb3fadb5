"""Replays of tables with two answers a row."""

import json

import numpy as np
import pytest

from benchmarks import fidelities
from benchmarks.data import VARIABLE
from benchmarks.fidelity_replays import METHODS, START, Campaign, replay
from benchmarks.fidelity_tables import (
    ROWS,
    TwoFidelities,
    currin,
    currin_function,
    electrodes,
    park,
    park_function,
)
from cathode.errors import SourceError

RNG = np.random.default_rng(0)
X = RNG.random((40, 2))
OWN = np.sin(5 * X[:, 0]) + X[:, 1] + 0.3 * RNG.standard_normal(40)  # not all in the coordinates
TABLE = TwoFidelities(("a", "b"), X, OWN, 0.5 * OWN + 2)


def test_costs_are_those_of_all_that_was_asked():
    campaign = Campaign(TABLE, 0.25, [(3, False), (4, True), (int(OWN.argmax()), False)])
    assert campaign.spent == campaign.until_best == 2.25
    assert campaign.rows(quick=True) == [4]
    assert campaign.found == 0.5  # one of the best two of forty
    assert Campaign(TABLE, 0.25, [(3, False)]).until_best in (1.0, float("inf"))


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.slow
def test_every_method_finds_the_best_and_asks_nothing_twice(name):
    method = METHODS[name]
    done = replay(TABLE, 0.1, method, seed=1, level=1.0)
    assert done.found == 1.0
    assert len(set(done.asked)) == len(done.asked)
    start = START * (2 if method.screens else 1)
    assert {row for row, _ in done.asked[:START]} == {row for row, _ in done.asked[:start]}
    assert any(quick for _, quick in done.asked[start:]) == method.screens


@pytest.mark.slow
def test_an_exact_cheaper_answer_saves_results():
    with_it, without = (
        np.mean([replay(TABLE, 0.1, METHODS[name], s, 1.0).spent for s in range(3)])
        for name in ("product", "product, results alone")
    )
    assert with_it < without


def test_published_functions_have_their_known_values():
    half = np.array([0.5])
    by_hand = (1 - np.exp(-1)) * (287.5 + 475 + 1046 + 60) / (12.5 + 125 + 2 + 20)
    assert currin_function(half, half) == pytest.approx(by_hand)
    assert park_function(np.ones((1, 4))) == pytest.approx(25.5893, abs=1e-4)
    for table in (currin(), park()):
        assert len(table.own) == len(table.quick) == ROWS
        assert table.correlation > 0.98


def test_data_that_are_not_there_are_named(monkeypatch, tmp_path):
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    with pytest.raises(SourceError, match="set CATHODE_DATA"):
        electrodes()
    assert fidelities.main(["electrodes"], [0.1], 1) is None


def test_replays_are_kept_and_summed_up(monkeypatch, tmp_path):
    monkeypatch.setenv("CATHODE_HOME", str(tmp_path))
    monkeypatch.setitem(fidelities.TABLES, "small", lambda: TABLE)
    one = fidelities.once("small", "product, results alone", 0.1, 0)
    monkeypatch.setattr(fidelities, "replay", None)  # nothing is replayed again
    assert fidelities.once("small", "product, results alone", 0.1, 0) == one
    assert one["cheaper"] == 0
    assert one["cost"] == one["results"]
    row = fidelities.summary([one, {**one, "cost": one["cost"] + 2}])
    assert row["cost, mean"] == one["cost"] + 1
    assert json.dumps(row)
