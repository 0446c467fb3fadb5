"""A campaign that people answer, from the command line: run, orders, ingest, run again."""

import csv
import json
from fractions import Fraction

import pytest

from tests.flows.commands import cathode
from tests.helpers import campaign_in, layered, truth

VARIABLES = {
    "temperature": {"kind": "stepped", "min": 700, "max": 900, "step": 50, "unit": "degC"},
    "route": {"kind": "categorical", "values": ["solid", "sol-gel"]},
}


@pytest.fixture
def spec(tmp_path):
    space = layered()["space"] | {"variables": VARIABLES}
    return campaign_in(tmp_path, evaluator={"kind": "lab"}, space=space, initial=4)


def write(sheet, rows):
    with sheet.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)


@pytest.mark.slow
def test_orders_are_filled_in_and_the_campaign_goes_on(prefect, spec, tmp_path):
    env = prefect | {"CATHODE_HOME": str(tmp_path / "home")}
    first = cathode("run", spec, env=env)
    assert first.returncode == 0, first.stderr
    assert "turn 0: 0 answered, 4 open" in first.stderr
    assert "4 work orders are open" in first.stderr
    assert "cathode ingest small TABLE.csv" in first.stderr
    sheet = tmp_path / "orders.csv"
    listed = json.loads(cathode("orders", "small", "--csv", sheet, "--json", env=env).stdout)
    assert len(listed["orders"]) == 4
    assert {*listed["orders"][0]["content"]["conditions"]} == set(VARIABLES)
    rows = list(csv.DictReader(sheet.read_text().splitlines()))
    contents = {order["candidate"]: order["content"] for order in listed["orders"]}
    for row in rows[:3]:
        x = contents[row["candidate"]]["sites"]["M"]
        found = truth(*(float(Fraction(x.get(e, "0"))) for e in ("Ni", "Mn", "Co")))
        row["specific_energy (Wh/kg)"] = found["specific_energy"]
        row["volume_change (%)"] = found["volume_change"]
    rows[3]["failed"] = "impurity"
    write(sheet, rows)
    entered = json.loads(cathode("ingest", "small", sheet, "--json", env=env).stdout)
    assert (entered["measurements"], entered["new"]) == (8, 8)
    assert json.loads(cathode("ingest", "small", sheet, "--json", env=env).stdout)["new"] == 0
    second = cathode("run", spec, env=env)
    assert second.returncode == 0, second.stderr
    assert "turn 1: 0 answered, 2 open" in second.stderr
    table = cathode("orders", "small", env=env).stdout
    assert "temperature" in table
    report = (tmp_path / "home" / "reports" / "small.html").read_text()
    assert "impurity" in report


@pytest.mark.slow
def test_a_cheaper_evaluator_is_asked_by_its_own_orders(prefect, tmp_path):
    """People measure, a table screens at once, and others compute, by orders of their own."""
    spec = campaign_in(
        tmp_path,
        evaluator={"kind": "lab"},
        cheaper={
            "quick": {"cost": 0.1, "evaluator": {"kind": "table", "path": "table.csv"}},
            "dft": {"cost": 0.5, "evaluator": {"kind": "lab", "properties": ["specific_energy"]}},
        },
        surrogates=[{"kind": "gp"}],
        initial=4,
    )
    env = prefect | {"CATHODE_HOME": str(tmp_path / "home")}
    first = cathode("run", spec, env=env)
    assert first.returncode == 0, first.stderr
    assert "turn 0: 4 answered, 8 open" in first.stderr
    assert "4 work orders are open: `cathode orders small` lists" in first.stderr
    assert "4 work orders to dft are open: `cathode orders small --evaluator dft`" in first.stderr
    sheet = tmp_path / "dft.csv"
    listed = json.loads(
        cathode("orders", "small", "--evaluator", "dft", "--csv", sheet, "--json", env=env).stdout
    )
    assert {order["evaluator"] for order in listed["orders"]} == {"dft"}
    rows = list(csv.DictReader(sheet.read_text().splitlines()))
    assert "volume_change (%)" not in rows[0]
    for row in rows:
        row["specific_energy (Wh/kg)"] = 500.0
    write(sheet, rows)
    entered = cathode("ingest", "small", sheet, "--evaluator", "dft", "--json", env=env)
    assert json.loads(entered.stdout)["new"] == 4, entered.stderr
    for command in (("orders", "small"), ("ingest", "small", sheet)):
        refused = cathode(*command, "--evaluator", "quick", env=env)
        assert refused.returncode == 2
        assert "dft" in refused.stderr
    (state,) = json.loads(cathode("status", "small", "--json", env=env).stdout)["campaigns"]
    assert state["cheaper_answers"] == {"quick": 4, "dft": 4}
    assert (state["proposed"], state["answered"]) == (4, 0)
    assert state["cost"] == 6.4
    wrong = cathode("ingest", "small", sheet, env=env)
    assert wrong.returncode == 2
    assert "a row of 'dft' among results of 'lab': use --evaluator dft" in wrong.stderr
    report = (tmp_path / "home" / "reports" / "small.html").read_text()
    assert "4 by quick at 0.1 each" in report
    asked = cathode("orders", "small", env=env).stdout
    assert "asked" in asked
    assert "lab" in asked


@pytest.mark.parametrize(
    "arguments", [("orders", "nobody"), ("ingest", "nobody", "none.csv")], ids=lambda a: a[0]
)
def test_nothing_can_be_entered_without_a_ledger(tmp_path, arguments, monkeypatch):
    monkeypatch.setenv("CATHODE_HOME", str(tmp_path / "home"))
    done = cathode(*arguments)
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "home").exists()


def test_a_space_is_described_before_anything_is_built(spec, tmp_path, monkeypatch):
    monkeypatch.setenv("CATHODE_HOME", str(tmp_path / "home"))
    found = json.loads(cathode("space", "describe", spec, "--sample", "3", "--json").stdout)
    assert (found["size"], found["exact"]) == (35 * 5 * 2, True)
    assert len(found["sample"]) == 3
    text = cathode("space", "describe", spec).stdout
    assert "small holds 350 candidates." in text
    assert "values of route 2" in text
    assert not (tmp_path / "home").exists()
