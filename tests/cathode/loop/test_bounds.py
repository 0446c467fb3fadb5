"""Values that are known as bounds only, from the ledger to the proposals."""

import pytest

from cathode.ledger import campaigns, measurements
from cathode.loop import next_turn, run_turn
from cathode.loop.observations import observe
from cathode.model import Measurement, Status
from cathode.report.view import view_of
from cathode.settings import Settings
from cathode.spec import parse_spec
from flows.wiring import wire
from tests.helpers import layered, truth
from tests.loops import history


@pytest.fixture
def loop(sqlite_ledger, tmp_path):
    """A lab that cannot tell energies below 780 Wh/kg from each other."""
    content = layered(
        evaluator={"kind": "lab"},
        initial=12,
        folds=3,
        constraints=[],
        surrogates=[{"kind": "gp"}],
    )
    spec = parse_spec(content, "test")
    with sqlite_ledger.write() as connection:
        revision = campaigns.register(connection, spec, "me")
    loop = wire(sqlite_ledger, Settings.at(tmp_path), spec, revision)
    run_turn(loop, next_turn(loop))
    for order in observe(loop.ledger, "small").open_orders(spec):
        x = order.candidate.on_site("M")
        value = truth(*(float(x.get(e, 0)) for e in ("Ni", "Mn", "Co")))["specific_energy"]
        subject = (order.candidate.id, "specific_energy", "Wh/kg")
        read = Measurement(*subject, value)
        if value < 780:
            read = Measurement(*subject, 780.0, status=Status.BOUND, bound="<")
        with loop.ledger.write() as connection:
            name = f"{order.turn}/{order.rank}"
            measurements.record(connection, "small", read, "me", name, answers=order)
    return loop


def test_bounds_answer_orders_and_are_learned_from(loop):
    seen = observe(loop.ledger, "small")
    assert seen.open_orders(loop.spec) == []
    assert seen.failures_of(None) == set()
    data = seen.training_data("specific_energy", loop.space)
    assert len(data) == 12
    assert 3 <= len(data.bounds) <= 8
    assert set(data.bounds.limits) == {"<"}
    run_turn(loop, next_turn(loop))
    results = history(loop)[-1].results
    assert results["assimilate"]["outside_space"] == {}
    assert results["assimilate"]["statuses"] == {"bound": len(data.bounds), "ok": len(data.exact)}
    notes = results["retrain"]["notes"]
    read = f"gp-fractions-matern52: {len(data.bounds)} bounds read as censored"
    assert f"specific_energy: {read}" in notes
    only = f"{len(data.bounds)} of 12 candidates have only bounds of specific_energy"
    assert only in results["audit"]["missing"]
    assert not any("have no specific_energy" in words for words in results["audit"]["missing"])


def test_bounds_are_scored_apart(loop):
    from cathode.ledger import skills

    turn = next_turn(loop)
    run_turn(loop, turn)
    with loop.ledger.read() as connection:
        found = {skill.surrogate: skill for skill in skills.of_turn(connection, turn)}
    data = observe(loop.ledger, "small").training_data("specific_energy", loop.space)
    for skill in found.values():
        assert skill.metrics["n"] == len(data.exact)
        assert skill.metrics["n_bounds"] == len(data.bounds)
        assert skill.metrics["nlpb"] > 0
    assert found["gp-fractions-matern52"].metrics["nlpb"] < found["mean"].metrics["nlpb"]


def test_bounds_are_no_results_that_count(loop):
    outcomes = observe(loop.ledger, "small").outcomes
    bounded = [o for o in outcomes if o.limits]
    assert bounded
    assert not any(o.counts(loop.spec) or o.failures for o in bounded)


def test_bounds_that_may_be_the_best_of_all_are_named(loop):
    assert view_of(loop.ledger, "small").promising_bounds() == []  # "<" where more is better
    known = observe(loop.ledger, "small").outcomes[0].candidate
    read = Measurement(known.id, "specific_energy", "Wh/kg", 900.0, status=Status.BOUND, bound=">")
    with loop.ledger.write() as connection:
        measurements.record(connection, "small", read, "me", "one more")
    (words,) = view_of(loop.ledger, "small").promising_bounds()
    assert words.startswith(f"{known.id} Li")
    assert "specific energy > 900 Wh/kg" in words
    run_turn(loop, next_turn(loop))
    assert words in view_of(loop.ledger, "small").notes()
