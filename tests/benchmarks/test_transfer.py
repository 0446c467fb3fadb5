"""What an earlier family saves."""

import csv
import json
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from benchmarks import transfer
from benchmarks.data import VARIABLE, data_folder
from benchmarks.transfer import Question, curve, needed, saved, split
from benchmarks.transfer_methods import METHODS, Task
from benchmarks.transfer_table import Electrodes, electrodes
from cathode.errors import SourceError

RNG = np.random.default_rng(0)
X = RNG.random((90, 3))  # fewer columns than there are without those of electrons
TABLE = Electrodes(
    X,
    3 + X[:, 0] - X[:, 1] ** 2 + 0.02 * RNG.standard_normal(90),
    tuple(f"f{i % 30}" for i in range(90)),
    tuple(f"h{i % 15}" for i in range(90)),
    ("Ni/Co",) * 40 + ("Mn/Fe",) * 50,
    {},
)


def test_the_first_level_reached_counts_and_is_interpolated():
    assert needed([0, 10, 20, 40], [9, 5, 3, 4], 4) == 15
    assert needed([0, 10, 20, 40], [9, 5, 3, 1], 9) == 0
    assert needed([0, 10], [9, 5], 4) == float("inf")
    assert needed([5, 10], [float("nan"), 5], 5) == 10


@pytest.mark.parametrize("unlike", [False, True])
def test_a_split_leaks_nothing(unlike):
    groups = TABLE.hosts if unlike else TABLE.frameworks
    for seed in range(5):
        parts = split(TABLE, Question(unlike=unlike), seed)
        learned = {groups[row] for row in np.concatenate([parts.history, parts.others])}
        assert not learned & {groups[row] for row in parts.test}
        assert {TABLE.families[row] for row in parts.history} == {"Ni/Co"}
        target = [*parts.others, *parts.test]
        assert sorted(target) == TABLE.of("Mn/Fe").tolist()
        task = Task(parts, 8)
        assert task.own.y.tolist() == TABLE.y[parts.others[:8]].tolist()
        assert len(task.all) == 8 + len(parts.history)


@pytest.mark.parametrize("name", METHODS)
def test_every_method_predicts_what_it_did_not_see(name):
    parts = split(TABLE, Question(), 0)
    found = METHODS[name].predict(Task(parts, 12))
    error = np.abs(found.mean - TABLE.y[parts.test]).mean()
    assert (found.sigma > 0).all()
    assert error < 0.6 * TABLE.y[parts.test].std() or name == "mean"
    y = TABLE.y.copy()
    y[parts.test] = np.nan  # whoever looked at it would be lost
    again = METHODS[name].predict(Task(replace(parts, table=replace(TABLE, y=y)), 12))
    np.testing.assert_array_equal(again.mean, found.mean)


def test_methods_that_need_no_values_start_from_the_history():
    parts = split(TABLE, Question(), 0)
    for method in METHODS.values():
        if method.least == 0:
            found = method.predict(Task(parts, 0))
            assert np.abs(found.mean - TABLE.y[parts.test]).mean() < 0.3


def test_savings_are_those_of_the_curves():
    def scores(errors):
        pairs = zip(transfer.SIZES, errors, strict=True)
        return {str(n): {"mae": e} for n, e in pairs if e is not None}

    alone = [scores([None, 9, 8, 7, 6, 5, 4, 3, 2]), scores([None, 9, 9, 9, 9, 9, 6, 3, 2])]
    other = [scores([9, 8, 6, 4, 4, 4, 4, 4, 4]), scores([9, 9, 9, 9, 9, 9, 9, 9, 9])]
    curves = {"GP alone": alone, "other": other}
    assert np.isnan(curve(alone, "mae")[:, 0]).all()
    row = saved(curves, "other", "mae")
    assert row["saved (%)"] == -float("inf")  # means: from 9 to 6.5, never down to 5
    assert row["saved, median of splits (%)"] == pytest.approx((80 - 100) / 2)
    assert row["splits that save 30 %"] == "1 of 2"


def test_splits_are_kept(monkeypatch, tmp_path):
    monkeypatch.setenv("CATHODE_HOME", str(tmp_path))
    monkeypatch.setattr(transfer, "electrodes", lambda: TABLE)
    monkeypatch.setattr(transfer, "SIZES", (0, 5, 8))
    one = transfer.once(Question(), "mean", 0)
    assert set(one) == {"5", "8"}
    monkeypatch.setattr(transfer, "split", None)  # nothing is computed again
    assert transfer.once(Question(), "mean", 0) == one
    assert json.dumps(one)


def test_a_picture_is_drawn():
    row = {str(n): {"mae": 1 / (1 + n), "crps": 0.5} for n in transfer.SIZES}
    assert transfer.drawn({name: [row, row] for name in METHODS}).startswith(b"\x89PNG")


def test_data_that_are_not_there_are_named(monkeypatch, tmp_path):
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    with pytest.raises(SourceError, match="set CATHODE_DATA"):
        electrodes()
    assert transfer.main(Question(), 1) is None


def test_families_are_of_their_metals_and_no_framework_is_of_two():
    file = data_folder() / "mp_electrodes" / "pairs.csv"
    if not file.exists():
        pytest.skip(f"no {file}")
    table = electrodes()
    counts = Counter(table.families)
    assert counts["Ni/Co"] == 308
    assert counts["Mn/Fe"] == 649
    history = {table.frameworks[row] for row in table.of("Ni/Co")}
    assert not history & {table.frameworks[row] for row in table.of("Mn/Fe")}
    assert all("Co" in name or "Ni" in name for name in history)
    with file.open() as lines:
        verified = sum(
            row["working_ion"] == "Li" and row["endpoints_verified"] == "True"
            for row in csv.DictReader(lines)
        )
    assert len(table.y) + sum(
        n for why, n in table.left_out.items() if "no verified" not in why
    ) == (verified)
    twin = {host for host, family in zip(table.hosts, table.families, strict=True) if family}
    assert "M1 O4 P1" in twin  # FePO4, CoPO4, ...
