"""A campaign that people answer: orders stay open, results come later, in parts, and again."""

import csv
import math

import pytest

from cathode.errors import SourceError
from cathode.ledger import campaigns
from cathode.loop import ingest, next_turn, run_turn, waiting_because
from cathode.loop.observations import observe
from cathode.settings import Settings
from cathode.spec import parse_spec
from flows.wiring import wire
from tests.helpers import layered, truth

HEADS = ["candidate", "specific_energy (Wh/kg)", "volume_change (%)", "failed"]


@pytest.fixture
def loop(sqlite_ledger, tmp_path):
    variables = {
        "temperature": {"kind": "stepped", "min": 700, "max": 900, "step": 50, "unit": "degC"}
    }
    space = layered()["space"] | {"variables": variables}
    spec = parse_spec(layered(evaluator={"kind": "lab"}, space=space, initial=4), "test")
    with sqlite_ledger.write() as connection:
        revision = campaigns.register(connection, spec, "me")
    return wire(sqlite_ledger, Settings.at(tmp_path), spec, revision)


def turn(loop):
    begun = next_turn(loop)
    assert begun is not None
    run_turn(loop, begun)
    return orders(loop)


def orders(loop):
    return observe(loop.ledger, "small").open_orders(loop.spec)


def answer(order):
    x = order.candidate.on_site("M")
    found = truth(*(float(x.get(e, 0)) for e in ("Ni", "Mn", "Co")))
    return [found["specific_energy"], found["volume_change"], ""]


def write(tmp_path, rows, name="results.csv"):
    path = tmp_path / name
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([HEADS, *rows])
    return path


def enter(loop, path, **fields):
    return ingest(loop.ledger, loop.spec, path, "engineer", **({"dry": False} | fields))


def test_orders_stay_open_and_a_turn_waits_for_them(loop, tmp_path):
    first = turn(loop)
    assert len(first) == 4
    assert next_turn(loop) is None
    assert "4 work orders are open, a new turn begins when less than 2 are" in waiting_because(loop)
    enter(loop, write(tmp_path, [[o.candidate.id, *answer(o)] for o in first[:3]]))
    # One is still in the lab: one more is asked for, and not the open one again.
    second = turn(loop)
    assert len(second) == 2
    assert first[3] in second
    assert waiting_because(loop) is not None


def test_without_a_new_result_there_is_nothing_to_learn(loop, tmp_path):
    first = turn(loop)
    enter(loop, write(tmp_path, [[o.candidate.id, *answer(o)] for o in first]))
    second = turn(loop)
    rows = [[o.candidate.id, *answer(o)] for o in second[:1]]
    enter(loop, write(tmp_path, rows))
    third = turn(loop)
    assert len(third) == 2
    assert len({o.candidate.id for o in third} - {o.candidate.id for o in second}) == 1


def test_results_may_come_in_parts_and_twice(loop, tmp_path):
    order, *_ = turn(loop)
    energy, volume, _ = answer(order)
    part = write(tmp_path, [[order.candidate.id, energy, "", ""]])
    assert enter(loop, part).new == 1
    assert order in orders(loop)  # the volume is still owed
    whole = write(tmp_path, [[order.candidate.id, energy, volume, ""]], "more.csv")
    found = enter(loop, whole)
    assert (found.measurements, found.new) == (2, 1)
    assert order not in orders(loop)
    assert enter(loop, whole).new == 0
    (outcome,) = observe(loop.ledger, "small").outcomes
    assert outcome.values == {"specific_energy": energy, "volume_change": pytest.approx(volume)}
    assert outcome.turn == 0


def test_failures_are_kept_with_their_cause_and_close_the_order(loop, tmp_path):
    order, *_ = turn(loop)
    found = enter(loop, write(tmp_path, [[order.candidate.id, "", "", "impurity"]]))
    assert found.new == 2
    assert order not in orders(loop)
    (outcome,) = observe(loop.ledger, "small").outcomes
    assert outcome.causes == ["impurity"]


def test_a_bound_is_entered_once_and_corrected_by_a_value(loop, tmp_path):
    order, *_ = turn(loop)
    _, volume, _ = answer(order)
    bound = write(tmp_path, [[order.candidate.id, "<650", volume, ""]])
    assert enter(loop, bound).new == 2
    assert enter(loop, bound).new == 0
    assert order not in orders(loop)
    (outcome,) = observe(loop.ledger, "small").outcomes
    assert outcome.limits == {"specific_energy": (-math.inf, 650.0)}
    value = write(tmp_path, [[order.candidate.id, "650", "", ""]], "exact.csv")
    with pytest.raises(SourceError, match="is <650 Wh/kg already, here 650 Wh/kg"):
        enter(loop, value)
    assert enter(loop, value, again="correct").corrections == 1
    (outcome,) = observe(loop.ledger, "small").outcomes
    assert outcome.values["specific_energy"] == 650.0
    assert outcome.limits == {}


@pytest.mark.parametrize("cell", ["<", "<<5", "<=5", "< five"])
def test_a_bound_without_a_number_is_refused(loop, tmp_path, cell):
    order, *_ = turn(loop)
    with pytest.raises(SourceError, match="is no number"):
        enter(loop, write(tmp_path, [[order.candidate.id, cell, "", ""]]))


def test_recipes_may_be_written_out_and_need_not_have_been_asked_for(loop, tmp_path):
    turn(loop)
    path = tmp_path / "own.csv"
    path.write_text("Ni,Mn,Co,temperature (degF),specific_energy (Wh/kg)\n0.5,0.3,0.2,1472,810\n")
    found = enter(loop, path)
    assert (found.new, found.unasked) == (1, 1)
    (outcome,) = observe(loop.ledger, "small").outcomes
    assert dict(outcome.candidate.conditions)["temperature"] == pytest.approx(800)


def test_a_dry_run_and_a_wrong_row_write_nothing(loop, tmp_path):
    order, *_ = turn(loop)
    good = [order.candidate.id, *answer(order)]
    assert enter(loop, write(tmp_path, [good]), dry=True).measurements == 2
    typo = order.candidate.id[:-1] + "!"
    with pytest.raises(SourceError, match=rf"line 3.*did you mean {order.candidate.id}"):
        enter(loop, write(tmp_path, [good, [typo, *answer(order)]]))
    assert observe(loop.ledger, "small").measured == ()


def test_another_result_is_refused_until_it_is_said_what_it_means(loop, tmp_path):
    order, *_ = turn(loop)
    name = order.candidate.id
    enter(loop, write(tmp_path, [[name, 142.5, "", ""]]))
    mended = write(tmp_path, [[name, 124.5, -1.0, ""]], "mended.csv")
    with pytest.raises(SourceError, match="is 142.5 Wh/kg already, here 124.5 Wh/kg: --again corr"):
        enter(loop, mended)
    found = enter(loop, mended, again="correct")
    assert (found.new, found.corrections) == (2, 1)
    (outcome,) = observe(loop.ledger, "small").outcomes
    assert outcome.values["specific_energy"] == 124.5
    assert enter(loop, mended, again="correct").new == 0
    second = write(tmp_path, [[name, 126.5, "", ""]], "second.csv")
    assert enter(loop, second, again="replicate").new == 1
    (outcome,) = observe(loop.ledger, "small").outcomes
    assert outcome.values["specific_energy"] == 125.5


def test_an_ordered_replicate_with_the_same_reading_counts(sqlite_ledger, tmp_path):
    spec = parse_spec(
        layered(
            evaluator={"kind": "lab"},
            proposer={"kind": "bayesian", "replicates": 2, "samples": 16},
            surrogates=[{"kind": "gp"}],
            constraints=[],
            initial=3,
        ),
        "test",
    )
    with sqlite_ledger.write() as connection:
        revision = campaigns.register(connection, spec, "me")
    loop = wire(sqlite_ledger, Settings.at(tmp_path), spec, revision)
    first = turn(loop)
    enter(loop, write(tmp_path, [[o.candidate.id, *answer(o)] for o in first]))
    again, _ = turn(loop)
    assert "replicate of the best" in again.reason
    path = tmp_path / "again.csv"
    row = [again.candidate.id, f"{again.turn}/{again.rank}", *answer(again)[:1]]
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([["candidate", "order", "specific_energy (Wh/kg)"], row])
    assert enter(loop, path).new == 1
    assert enter(loop, path).new == 0
    assert again not in orders(loop)
    path.write_text(path.read_text().replace(f"{again.turn}/{again.rank}", "9/9"))
    with pytest.raises(SourceError, match="order '9/9' is not of this candidate"):
        enter(loop, path)


def test_values_beside_a_cause_are_refused(loop, tmp_path):
    order, *_ = turn(loop)
    with pytest.raises(SourceError, match="values, and 'impurity' as the cause"):
        enter(loop, write(tmp_path, [[order.candidate.id, 800, "", "impurity"]]))


def test_blameless_failures_teach_nothing(loop, tmp_path):
    first = turn(loop)
    rows = [[o.candidate.id, *answer(o)] for o in first[:3]]
    enter(loop, write(tmp_path, [*rows, [first[3].candidate.id, "", "", "cycler"]]))
    from cathode.loop.propose import _success

    begun = next_turn(loop)
    assert _success(loop, begun, observe(loop.ledger, "small")) == (None, [])
    blamed = loop.spec.model_copy(update={"blameless": ()})
    other = wire(loop.ledger, Settings.at(tmp_path), blamed, 0)
    learned, faults = _success(other, begun, observe(loop.ledger, "small"))
    assert learned is not None
    assert faults == []
