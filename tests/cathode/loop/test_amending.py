"""A result that was wrong: what stands in its place, and who has learned from it."""

import pytest

from cathode.errors import SourceError
from cathode.lab.form import ResultForm
from cathode.ledger import measurements
from cathode.loop import next_turn, run_turn
from cathode.loop.amending import AmendForm, amend
from cathode.loop.observations import observe
from cathode.loop.submitting import submit
from cathode.spec import parse_spec
from tests.helpers import layered
from tests.loops import build


@pytest.fixture
def loop(ledger, tmp_path):
    content = layered(
        evaluator={"kind": "lab"},
        objectives=[{"property": "discharge_capacity"}],
        constraints=[],
        initial=4,
        budget={"turns": 5},
    )
    made = build(ledger, parse_spec(content, "test"), tmp_path)
    run_turn(made, next_turn(made))
    for order in orders(made):
        measured(made, order, 170 + 3 * order.rank)
    return made


def orders(loop):
    return observe(loop.ledger, "small").open_orders(loop.spec)


def measured(loop, order, capacity, **more):
    asked = {"campaign": "small", "candidate": order.candidate.id, "operator": "Ada"}
    return submit(loop.ledger, ResultForm(**asked, discharge_capacity=capacity, **more))


def asked(candidate, **changes):
    content = {"campaign": "small", "candidate": candidate, "property": "discharge_capacity"}
    return AmendForm(**(content | {"operator": "Eve", "reason": "balance was off"} | changes))


def values(loop):
    found = observe(loop.ledger, "small").outcomes
    return {o.candidate.id: o.values.get("discharge_capacity") for o in found}


def test_a_correction_keeps_what_it_corrects_and_tells_who_used_it(loop):
    first, *_ = observe(loop.ledger, "small").proposals
    name = first.candidate.id
    run_turn(loop, next_turn(loop))
    found = amend(loop.ledger, asked(name, value=160.5))
    assert (found.old_words, found.new_words) == ("170 mAh/g", "160.5 mAh/g")
    (use,) = found.used_by
    assert use.turn == 1
    assert use.surrogates == ("gp-fractions-linear", "mean", "linear") or use.surrogates[0]
    asked_then = [p.candidate.id for p in observe(loop.ledger, "small").proposals if p.turn == 1]
    assert list(use.proposals) == asked_then
    assert values(loop)[name] == 160.5
    with loop.ledger.read() as connection:
        every = {r.id: r for r in measurements.every(connection, "small")}
    assert every[found.old].measurement.value == 170
    assert every[found.new].supersedes == found.old
    assert every[found.new].recorded_by == "Eve"
    assert every[found.new].measurement.detail == "balance was off"
    # The next turn learns from the new one, and says so when that is amended.
    for order in orders(loop):
        measured(loop, order, 181)
    run_turn(loop, next_turn(loop))
    again = amend(loop.ledger, asked(name, value=161))
    assert [use.turn for use in again.used_by] == [2]


def test_a_retraction_opens_the_order_again(loop):
    first, *_ = observe(loop.ledger, "small").proposals
    assert orders(loop) == []
    found = amend(loop.ledger, asked(first.candidate.id, action="retract"))
    assert found.new_words == "taken back"
    assert found.used_by == ()
    assert orders(loop) == [first]
    assert first.candidate.id not in values(loop)
    with pytest.raises(SourceError, match="has no result of 'discharge_capacity'; it has none"):
        amend(loop.ledger, asked(first.candidate.id, action="retract"))
    measured(loop, first, 170)  # the same value as before, now by another cell
    assert values(loop)[first.candidate.id] == 170


def test_replicates_are_told_apart_by_cell_or_number(loop):
    first, *_ = observe(loop.ledger, "small").proposals
    name = first.candidate.id
    measured(loop, first, 150, cell="B")
    with pytest.raises(SourceError, match=r"number 1: 170 mAh/g; number 5: 150 mAh/g, cell or"):
        amend(loop.ledger, asked(name, value=1))
    amend(loop.ledger, asked(name, value=155, cell="B"))
    amend(loop.ledger, asked(name, value=171, result=1))
    assert values(loop)[name] == 163


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "Right value: it is empty"),
        ({"value": 170}, "is what result 1 says already"),
        ({"value": 1, "action": "retract"}, "but the action is retract"),
        ({"value": 1, "property": "colour"}, "no result of 'colour'; it has discharge_capacity"),
        ({"value": 1, "result": 99}, "none of them is meant"),
        ({"value": 1, "reason": "\0"}, "that is no text"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_written(loop, changes, words):
    first, *_ = observe(loop.ledger, "small").proposals
    with pytest.raises(SourceError, match=words):
        amend(loop.ledger, asked(first.candidate.id, **changes))
    assert values(loop)[first.candidate.id] == 170
