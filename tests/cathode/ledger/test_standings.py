"""What the database counts is what reading everything gives."""

import random

import pytest

from cathode.evaluation.outcomes import ranked
from cathode.evaluation.progress import best_of, dominated_volume, reference_of
from cathode.ledger import measurements, standings
from cathode.loop import next_turn, run_turn
from cathode.loop.observations import observe
from cathode.model import Measurement, Status
from cathode.report.leaders import leaders
from cathode.report.standing import standing_of
from cathode.spec import parse_spec
from tests.helpers import layered
from tests.loops import build

WORLDS = {
    "one": {},
    "least": {"objectives": [{"property": "specific_energy", "goal": "min"}], "constraints": []},
    "target": {"objectives": [{"property": "specific_energy", "goal": "target", "target": 800.0}]},
    "front": {
        "objectives": [
            {"property": "specific_energy", "goal": "max"},
            {"property": "volume_change", "goal": "max"},
        ],
        "constraints": [{"property": "volume_change", "min": -4}],
    },
}


@pytest.fixture(params=WORLDS)
def loop(request, ledger, tmp_path):
    """Forty candidates with replicates, bounds, failures, corrections and retractions."""
    content = layered(evaluator={"kind": "lab"}, initial=40, **WORLDS[request.param])
    made = build(ledger, parse_spec(content, "test"), tmp_path)
    run_turn(made, next_turn(made))
    rng = random.Random(7)  # noqa: S311 - no secret
    orders = observe(ledger, "small").proposals
    with ledger.write() as connection:
        for i, order in enumerate(orders):
            entered(connection, rng, i, order)
    return made


def entered(connection, rng, i, order):
    id_ = order.candidate.id
    for name, unit, middle in (("specific_energy", "Wh/kg", 800), ("volume_change", "%", -4)):
        for cell in range(rng.choice([0, 1, 1, 2])):
            value = rng.gauss(middle, abs(middle) / 5)
            kind = rng.choice(["ok", "ok", "ok", "bound", "failed"])
            found = {
                "ok": Measurement(id_, name, unit, value),
                "bound": Measurement(
                    id_, name, unit, value, status=Status.BOUND, bound=rng.choice("<>")
                ),
                "failed": Measurement.failure(id_, name, unit, "impurity", "made up"),
            }[kind]
            key = f"{i}/{name}/{cell}"
            measurements.record(connection, "small", found, "me", key, answers=order)
            last = measurements.last_id(connection, "small")
            fate = rng.random()
            if fate < 0.15:
                again = Measurement(id_, name, unit, value + 1)
                measurements.record(connection, "small", again, "me", f"{key}/2", last, order)
            elif fate < 0.25:
                gone = found.retraction("a slip")
                measurements.record(connection, "small", gone, "me", f"{key}/3", last, order)
    # What a cheaper evaluator says is no result.
    other = Measurement(id_, "specific_energy", "Wh/kg", 5000.0, evaluator="cheap")
    measurements.record(connection, "small", other, "me", f"{i}/cheap")


def test_a_tally_is_what_outcomes_say(loop):
    found, spec = observe(loop.ledger, "small").outcomes, loop.spec
    with loop.ledger.read() as connection:
        tally = standings.tally(connection, spec)
    assert tally.answered == len(found)
    assert tally.counting == sum(outcome.counts(spec) for outcome in found) > 3
    assert tally.failed == sum(bool(outcome.failures) for outcome in found) > 0
    assert tally.best == pytest.approx(best_of(found, spec))
    if len(spec.objectives) > 1:
        volume = dominated_volume(found, spec, reference_of(found, spec))
        assert standing_of(loop.ledger, "small").hypervolume == pytest.approx(volume)


def test_the_leaders_are_those_of_the_ranking(loop):
    expected = ranked(observe(loop.ledger, "small").outcomes, loop.spec)
    for n in (1, 5, 100):
        found = leaders(loop.ledger, "small", n).ranked
        assert [front for _, front in found] == [front for _, front in expected[:n]]
        for (outcome, _), (same, _) in zip(found, expected, strict=False):
            assert outcome.candidate == same.candidate
            assert outcome.values == pytest.approx(same.values)
            assert (outcome.turn, outcome.failures) == (same.turn, same.failures)


def test_of_nothing_nothing_is_best(ledger, tmp_path):
    content = layered(evaluator={"kind": "lab"}, objectives=WORLDS["front"]["objectives"])
    build(ledger, parse_spec(content, "test"), tmp_path)
    found = standing_of(ledger, "small")
    assert (found.tally.answered, found.tally.best, found.hypervolume) == (0, {}, 0.0)
    assert leaders(ledger, "small", 5).ranked == []
