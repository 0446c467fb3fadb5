"""Work orders from the command line: a list, a table with grams, pages to print, JSON."""

import csv
import json
import sys

import pytest

from cathode.ledger import Ledger
from cathode.loop import next_turn, run_turn
from cathode.loop.observations import observe
from cathode.loop.reviewing import ReviewForm, review
from cathode.settings import Settings
from cathode.spec import parse_spec
from flows.cli.app import main
from tests.flows.commands import cathode
from tests.helpers import layered
from tests.loops import build

RECIPE = {"batch": 10, "precursors": {"Li": "LiOH*H2O", "Ni": {"formula": "Ni(OH)2", "purity": 98}}}


@pytest.fixture
def campaign(home):
    """Make a campaign with four open orders in a home of its own."""
    ledgers = []

    def made(**lab):
        settings = Settings.at(home)
        home.mkdir()
        ledger = Ledger.open(settings.ledger_url, create=True)
        ledgers.append(ledger)
        content = layered(evaluator={"kind": "lab", "recipe": RECIPE} | lab, initial=4)
        loop = build(ledger, parse_spec(content, "test"), home)
        run_turn(loop, next_turn(loop))
        return loop

    yield made
    for ledger in ledgers:
        ledger.close()


@pytest.fixture
def command(monkeypatch, capsys):
    """Run a command in this process: its exit code, what it printed, what it remarked."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["cathode", *map(str, arguments)])
        with pytest.raises(SystemExit) as left:
            main()
        said = capsys.readouterr()
        return left.value.code or 0, said.out, said.err

    return run


def grams(row):
    return {head: cell for head, cell in row.items() if head.endswith(" (g)")}


def test_orders_are_listed_printed_and_handed_on(campaign, command, tmp_path):
    loop = campaign()
    pages, sheet = tmp_path / "pages.html", tmp_path / "orders.csv"
    done = cathode("orders", "small", "--html", pages, "--csv", sheet, "--json")
    assert done.returncode == 0, done.stderr
    assert f"{pages}: 4 orders" in done.stderr.replace("\n", "")
    found = json.loads(done.stdout)
    assert found["awaiting_approval"] == 0
    rows = list(csv.DictReader(sheet.read_text(encoding="utf-8").splitlines()))
    text = pages.read_text(encoding="utf-8")
    assert text.count('<section class="order">') == 4
    for order, row in zip(found["orders"], rows, strict=True):
        assert row["candidate"] == order["candidate"]
        assert order["candidate"] in text
        for weighing in order["recipe"]["weighings"]:
            shown = row[f"{weighing['precursor']} (g)"]
            assert float(shown) == weighing["mass"]
            assert f">{shown}</td>" in text
        assert {"content", "reason", "expected", "turn", "evaluator"} <= order.keys()
    _, listed, _ = command("orders", "small")
    assert all(order["candidate"] in listed for order in found["orders"])
    for row in rows:
        row |= {"specific_energy (Wh/kg)": "800", "volume_change (%)": "-3"}
    with sheet.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    code, entered, said = command("ingest", "small", sheet, "--json")
    assert code == 0, said
    assert json.loads(entered)["new"] == 8
    assert "has no open work order" in command("orders", "small")[1]
    assert observe(loop.ledger, "small").open_orders(loop.spec) == []


def test_another_batch_changes_the_grams(campaign, command, tmp_path):
    campaign()
    sheets = []
    for batch in ([], ["--batch", "100"]):
        sheet = tmp_path / f"{len(batch)}.csv"
        assert command("orders", "small", "--csv", sheet, *batch)[0] == 0
        sheets.append(list(csv.DictReader(sheet.read_text().splitlines())))
    for small, large in zip(*sheets, strict=True):
        for head, cell in grams(small).items():
            if cell:
                assert float(grams(large)[head]) == pytest.approx(10 * float(cell), abs=0.006)


def test_only_approved_orders_are_work(campaign, command, tmp_path):
    loop = campaign(approval=True)
    _, none, _ = command("orders", "small")
    assert "no open work order that may be made" in none
    assert "4 orders await approval." in none
    first, second, *_ = observe(loop.ledger, "small").open_orders(loop.spec)
    for order, verdict in ((first, "approve"), (second, "pin")):
        form = {"campaign": "small", "candidate": order.candidate.id, "verdict": verdict}
        review(loop.ledger, ReviewForm(**form, operator="Ada"))
    pages = tmp_path / "pages.html"
    found = json.loads(command("orders", "small", "--json", "--html", pages)[1])
    verdicts = [(order["candidate"], order["verdict"]) for order in found["orders"]]
    assert verdicts == [(second.candidate.id, "pinned"), (first.candidate.id, "approved")]
    assert found["awaiting_approval"] == 2
    assert "2 more orders await approval and are not printed." in pages.read_text()
    assert "2 orders await approval." in command("orders", "small")[1]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--batch", "0", "--json"], "a batch of 0 g: needs to be above 0"),
        (["--batch", "nan", "--json"], "a batch of nan g: needs to be above 0"),
        (["--batch", "much", "--json"], "--batch 'much'"),
        (["--batch", "5"], "--batch 5 changes grams, which this list does not show"),
        (["--html", "/nowhere/pages.html"], "/nowhere/pages.html: No such file"),
        (["--evaluator", "dft"], "evaluator 'dft' gets no orders"),
    ],
)
def test_what_cannot_be_is_one_sentence(campaign, command, options, words):
    campaign()
    code, _, said = command("orders", "small", *options)
    assert code == 2
    assert words in said
    assert len(said.strip().splitlines()) == 1


def test_a_batch_of_what_has_no_recipe_is_refused(campaign, command):
    campaign(recipe=None)
    code, _, said = command("orders", "small", "--batch", "5", "--json")
    assert code == 2
    assert "small has no recipe: add evaluator.recipe to its spec" in said
