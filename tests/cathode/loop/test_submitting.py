"""Results in the form: staged, corrected, replicated, refused in words, never partly stored."""

import pytest

from cathode.errors import SourceError, UnknownCampaignError
from cathode.lab.form import ResultForm
from cathode.lab.problems import read_form
from cathode.ledger import measurements
from cathode.loop import next_turn, run_turn
from cathode.loop.observations import observe
from cathode.loop.submitting import submit
from cathode.spec import parse_spec
from tests.helpers import layered
from tests.loops import build

LAB = {"kind": "lab", "conditions": {"c_rate": 0.1, "cycles": 100, "voltage_high": "cutoff"}}


@pytest.fixture
def loop(ledger, tmp_path):
    """A campaign that waits for capacity and retention of four candidates."""
    variables = {"cutoff": {"kind": "ordered", "values": [4.2, 4.4], "unit": "V"}}
    content = layered(
        evaluator=LAB,
        space=layered()["space"] | {"variables": variables},
        objectives=[{"property": "discharge_capacity"}, {"property": "capacity_retention"}],
        constraints=[],
        initial=4,
    )
    made = build(ledger, parse_spec(content, "test"), tmp_path)
    run_turn(made, next_turn(made))
    return made


def orders(loop):
    return observe(loop.ledger, "small").open_orders(loop.spec)


def stored(loop):
    with loop.ledger.read() as connection:
        return measurements.every(connection, "small")


def filled(order, /, **changes):
    """A form as the page sends it: empty boxes are empty texts, or not there."""
    cutoff = dict(order.candidate.conditions)["cutoff"]
    content = {
        "campaign": "small",
        "candidate": order.candidate.id,
        "operator": "Ada",
        "discharge_capacity": 181.5,
        "c_rate": 0.1,
        "voltage_low": 2.8,
        "voltage_high": cutoff,
        "cause": "",
        "note": "",
    }
    return read_form(ResultForm, content | changes)


def test_results_come_in_stages_and_join_their_candidate(loop):
    order, *_ = orders(loop)
    first = submit(loop.ledger, filled(order, discharge_capacity=None, phase_purity=98.5))
    assert [(line.property, line.what) for line in first.lines] == [("phase_purity", "stored")]
    assert first.owed == ("discharge_capacity", "capacity_retention")
    assert "does not learn from it" in first.notes[0]
    second = submit(loop.ledger, filled(order, loading="12.5", formation="2 x C/20"))
    assert second.owed == ("capacity_retention",)
    assert order in orders(loop)
    retention = {"capacity_retention": 91, "cycles": 100, "discharge_capacity": None}
    assert submit(loop.ledger, filled(order, **retention)).owed == ()
    assert order not in orders(loop)
    purity, capacity, kept = (r.measurement for r in stored(loop))
    assert {r.recorded_by for r in stored(loop)} == {"Ada"}
    assert purity.conditions == {"operator": "Ada"}
    assert capacity.conditions["loading"] == 12.5
    assert capacity.conditions["formation"] == "2 x C/20"
    assert kept.conditions["cycles"] == 100
    (outcome,) = observe(loop.ledger, "small").outcomes
    assert outcome.values == {
        "phase_purity": 98.5,
        "discharge_capacity": 181.5,
        "capacity_retention": 91,
    }


def test_the_same_form_twice_is_stored_once(loop):
    order, *_ = orders(loop)
    form = filled(order)
    assert submit(loop.ledger, form).lines[0].what == "stored"
    again = submit(loop.ledger, form)
    assert again.lines[0].what == "known already, nothing changed"
    # Who enters it, and with which words, makes no other result of it.
    submit(loop.ledger, filled(order, operator="Bob", note="checked"))
    assert len(stored(loop)) == 1


def test_another_value_is_a_correction_or_another_cell(loop):
    order, *_ = orders(loop)
    submit(loop.ledger, filled(order))
    with pytest.raises(SourceError, match=r"is 181.5 mAh/g, C-rate .* already, here 118.5 mAh/g"):
        submit(loop.ledger, filled(order, discharge_capacity=118.5))
    assert len(stored(loop)) == 1
    submit(loop.ledger, filled(order, discharge_capacity=179, cell="B2"))
    mended = submit(loop.ledger, filled(order, discharge_capacity=118.5, correction=True))
    assert "replaces result 1, which is kept" in mended.lines[0].what
    assert len(stored(loop)) == 3
    (outcome,) = observe(loop.ledger, "small").outcomes
    assert outcome.values["discharge_capacity"] == pytest.approx((179 + 118.5) / 2)


def test_other_conditions_are_kept_apart(loop):
    order, *_ = orders(loop)
    fast = submit(loop.ledger, filled(order, c_rate=1, discharge_capacity=150))
    assert fast.lines[0].property == "discharge_capacity at c_rate=1"
    assert "counts other conditions" in fast.notes[0]
    assert "discharge_capacity" in fast.owed
    assert order in orders(loop)
    with pytest.raises(SourceError, match=r"C-rate \(1/h\): it is empty; small counts .* at 0.1"):
        submit(loop.ledger, filled(order, c_rate=None))


def test_a_failure_has_a_cause_and_closes_the_order(loop):
    order, *_ = orders(loop)
    failed = filled(order, discharge_capacity=None, status="failed", cause="impurity", note="NiO")
    found = submit(loop.ledger, failed)
    assert [line.words for line in found.lines] == ["failed (impurity)"] * 2
    assert order not in orders(loop)
    (outcome,) = observe(loop.ledger, "small").outcomes
    assert outcome.failures == dict.fromkeys(loop.spec.modelled, "impurity: NiO")
    # What was measured before it failed is a value; the rest fails.
    other = orders(loop)[0]
    found = submit(loop.ledger, filled(other, status="failed", cause="cycler"))
    words = {line.property: line.words for line in found.lines}
    assert words["discharge_capacity"].startswith("181.5 mAh/g")
    assert words["capacity_retention"] == "failed (cycler)"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"candidate": "c-aaaaaaaaaa"}, "has no candidate 'c-aaaaaaaaaa'"),
        ({"status": "failed"}, "Cause of the failure: it is empty"),
        ({"cause": "cycler"}, "but the status is ok"),
        ({"discharge_capacity": None}, "Nothing was measured"),
        ({"voltage_low": 4.3, "voltage_high": 4.2}, "the upper end must lie above the lower"),
        ({"capacity_retention": 90}, "say after how many cycles"),
        ({"order": "7/1"}, "'7/1' is not of c-"),
        ({"note": "a\x00b"}, r"holds a character \(U\+0000\)"),
        ({"operator": "\ud800"}, "Operator: it holds characters that are no text"),
        ({"cell": "\u202e\x00"}, "that is no text"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_stored(loop, changes, words):
    order, *_ = orders(loop)
    with pytest.raises(SourceError, match=words):
        submit(loop.ledger, filled(order, **changes))
    assert stored(loop) == []


def test_a_mistyped_id_proposes_the_nearest(loop):
    order, *_ = orders(loop)
    name = order.candidate.id
    typo = name[:-1] + ("a" if name[-1] != "a" else "b")
    with pytest.raises(SourceError, match=f"nearest are {name} \\(Li"):
        submit(loop.ledger, filled(order, candidate=typo))
    # Capitals, blanks and a missing c- do no harm.
    submit(loop.ledger, filled(order, candidate=f"  {name[2:].upper()} "))
    assert len(stored(loop)) == 1


def test_an_unknown_campaign_names_those_there_are(loop):
    with pytest.raises(UnknownCampaignError, match="has no campaign 'smal': it has small"):
        submit(loop.ledger, filled(orders(loop)[0], campaign="smal"))


def test_a_value_far_from_what_was_expected_is_asked_about(loop):
    for order in orders(loop):
        values = {"discharge_capacity": 180 + order.rank, "capacity_retention": 90 + order.rank}
        submit(loop.ledger, filled(order, **values, cycles=100))
    run_turn(loop, next_turn(loop))
    order, *_ = orders(loop)
    found = submit(loop.ledger, filled(order, discharge_capacity=18))
    assert "discharge_capacity: 18 is far from the" in found.notes[0]
