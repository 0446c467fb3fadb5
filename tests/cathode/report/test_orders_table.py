"""The table that people fill in is read by ingest as it is meant."""

import csv
import io
from pathlib import Path

import pytest

from cathode.lab.work_order import orders_of
from cathode.ledger import campaigns
from cathode.loop import ingest, next_turn, run_turn
from cathode.loop.observations import observe
from cathode.report.orders_table import guarded, orders_table
from cathode.spec import parse_spec
from tests.helpers import layered
from tests.loops import build


def open_campaign(ledger, tmp_path, **changes):
    content = layered(evaluator={"kind": "lab", "recipe": {}}, initial=4) | changes
    loop = build(ledger, parse_spec(content, "test", tmp_path), tmp_path)
    run_turn(loop, next_turn(loop))
    return loop


def table(loop):
    seen = observe(loop.ledger, "small")
    made = orders_of(seen.to_make(loop.spec), seen, loop.spec, None)
    return list(csv.DictReader(io.StringIO(orders_table(made, seen, loop.spec, None))))


def enter(loop, rows):
    text = io.StringIO()
    writer = csv.DictWriter(text, rows[0])
    writer.writeheader()
    writer.writerows(rows)
    return ingest(loop.ledger, loop.spec, Path("orders.csv"), "me", dry=False, text=text.getvalue())


def test_rows_have_grams_and_are_read_back(sqlite_ledger, tmp_path):
    loop = open_campaign(sqlite_ledger, tmp_path)
    rows = table(loop)
    heads = list(rows[0])
    assert heads[:4] == ["candidate", "order", "formula", "recipe"]
    assert {"Li2CO3 (g)", "Ni(OH)2 (g)", "MnCO3 (g)", "Co3O4 (g)"} >= {*heads[4:-3]}
    assert heads[-3:] == ["specific_energy (Wh/kg)", "volume_change (%)", "failed"]
    assert all(float(row["Li2CO3 (g)"]) > 3 for row in rows)
    for row in rows:
        row |= {"specific_energy (Wh/kg)": "800", "volume_change (%)": "-4.5"}
    rows[0] |= {"specific_energy (Wh/kg)": "", "volume_change (%)": "", "failed": "impurity"}
    assert enter(loop, rows).new == 8
    assert table(loop) == []


def test_what_is_known_stands_in_the_table_and_changes_nothing(sqlite_ledger, tmp_path):
    loop = open_campaign(sqlite_ledger, tmp_path)
    rows = table(loop)
    rows[0]["specific_energy (Wh/kg)"] = "<650"
    rows[1]["volume_change (%)"] = "-4.5"
    assert enter(loop, rows).new == 2
    again = table(loop)
    assert again[0]["specific_energy (Wh/kg)"] == "<650.0", "a bound is told as one"
    assert again[1]["volume_change (%)"] == "-4.5", "a number below zero is no formula"
    assert enter(loop, again).new == 0


def test_conditions_that_count_have_columns(sqlite_ledger, tmp_path):
    lab = {"kind": "lab", "conditions": {"c_rate": 0.1, "cycles": 100}}
    wanted = [{"property": "discharge_capacity"}]
    loop = open_campaign(sqlite_ledger, tmp_path, evaluator=lab, objectives=wanted, constraints=[])
    rows = table(loop)
    assert list(rows[0])[-3:] == ["c_rate (1/h)", "cycles", "failed"]
    rows[0] |= {"discharge_capacity (mAh/g)": "181", "c_rate (1/h)": "0.1"}
    assert enter(loop, rows).new == 1
    assert len(table(loop)) == 3


def test_a_property_without_a_unit_is_read_back(sqlite_ledger, tmp_path):
    own = {"properties": {"score": {"unit": ""}}, "objectives": [{"property": "score"}]}
    loop = open_campaign(sqlite_ledger, tmp_path, constraints=[], **own)
    rows = table(loop)
    rows[0]["score (1)"] = "0.5"
    assert enter(loop, rows).new == 1


EVIL = ["=HYPERLINK(1)", "+1+1", "-2-2", "@SUM(A1)", "plain"]


def test_names_of_a_pool_are_no_formulas_and_are_found_again(sqlite_ledger, tmp_path):
    with (tmp_path / "pool.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerows([["name", "x"], *([name, i] for i, name in enumerate(EVIL))])
    loop = open_campaign(
        sqlite_ledger,
        tmp_path,
        evaluator={"kind": "lab"},
        space={"table": "pool.csv", "name": "name", "coordinates": ["x"]},
        constraints=[],
        initial=5,
    )
    rows = table(loop)
    assert {row["formula"] for row in rows} == {*(f"'{name}" for name in EVIL[:4]), "plain"}
    for i, row in enumerate(rows):
        row["specific_energy (Wh/kg)"] = str(700 + i)
    assert enter(loop, rows).new == 5
    assert observe(loop.ledger, "small").open_orders(loop.spec) == []


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("=1+1", "'=1+1"),
        ("\t=1", "'\t=1"),
        ("\r@x", "'\r@x"),
        ("-4.5", "-4.5"),
        ("+1e3", "+1e3"),
        ("-4,5", "'-4,5"),
        ("＝1", "'＝1"),
        ("LiNiO2", "LiNiO2"),
        ("<5", "<5"),
        ("", ""),
    ],
)
def test_cells_that_begin_like_formulas_are_guarded(cell, written):
    assert guarded(cell) == written


def test_a_property_of_grams_is_a_property(sqlite_ledger, tmp_path):
    """A column of grams is a note only where the campaign has no property of that name."""
    spec = parse_spec(
        layered(properties={"C": {"unit": "g"}}, objectives=[{"property": "C"}], constraints=[]),
        "test",
    )
    with sqlite_ledger.write() as connection:
        campaigns.register(connection, spec, "me")
    text = "Ni,Mn,Co,C (g),Li2CO3 (g)\n1,0,0,5,7\n"
    found = ingest(sqlite_ledger, spec, Path("t.csv"), "me", dry=False, text=text)
    assert found.new == 1
