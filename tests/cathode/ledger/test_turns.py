import numpy as np
import pytest
from sqlalchemy.exc import IntegrityError

from cathode.ledger import campaigns, skills, turns
from cathode.model import HeldOut, HeldOutBounds, Prediction, Skill, Turn
from cathode.spec import parse_spec
from tests.helpers import layered

TURN = Turn("small", 0, 0)


@pytest.fixture
def started(ledger):
    with ledger.write() as connection:
        campaigns.register(connection, parse_spec(layered(), "test"), "me")
        turns.start(connection, TURN)
    return ledger


def test_a_step_commits_once(started):
    with started.write() as connection:
        assert turns.step_result(connection, TURN, "audit") is None
        turns.finish_step(connection, TURN, "audit", {"candidates": 0}, 0.5)
    with pytest.raises(IntegrityError), started.write() as connection:
        turns.finish_step(connection, TURN, "audit", {"candidates": 1}, 0.5)
    with started.read() as connection:
        assert turns.step_result(connection, TURN, "audit") == {"candidates": 0}


def test_history_tells_what_each_turn_did(started):
    with started.write() as connection:
        turns.finish_step(connection, TURN, "audit", {"n": 1}, 0.5)
        turns.finish(connection, TURN)
        turns.start(connection, Turn("small", 1, 0))
    with started.read() as connection:
        first, second = turns.history(connection, "small")
    assert (first.results, first.seconds) == ({"audit": {"n": 1}}, {"audit": 0.5})
    assert first.finished_at is not None
    assert second.finished_at is None
    assert second.turn.number == 1


def test_skills_come_back_as_they_were(started):
    prediction = Prediction(np.array([1.5]), np.array([0.5]))
    bounds = HeldOutBounds(np.array([2.0]), np.array([-1]), prediction)
    held_out = HeldOut(np.array([1.0]), prediction, ("c-1",), bounds, widening=1.7)
    found = [
        Skill("p", "bad", {}, None, error="too few"),
        Skill("p", "gp", {"mae": 0.5}, held_out, champion=True),
    ]
    with started.write() as connection:
        skills.record(connection, TURN, found)
    with started.read() as connection:
        bad, good = skills.of_turn(connection, TURN)
    assert (bad.error, bad.held_out, bad.champion) == ("too few", None, False)
    assert (good.metrics, good.champion) == ({"mae": 0.5}, True)
    assert good.held_out.widening == 1.7
    np.testing.assert_array_equal(good.held_out.prediction.mean, [1.5])
    assert (good.held_out.bounds.y, good.held_out.bounds.sides) == ([2.0], [-1])
    np.testing.assert_array_equal(good.held_out.bounds.prediction.sigma, [0.5])
