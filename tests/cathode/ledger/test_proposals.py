from fractions import Fraction

import pytest
from sqlalchemy.exc import IntegrityError

from cathode.errors import LedgerError
from cathode.ledger import campaigns, proposals, turns
from cathode.model import Candidate, Proposal, Turn
from cathode.spec import parse_spec
from tests.helpers import layered

ONE = Candidate.of("layered", {"M": {"Ni": Fraction(1, 2), "Mn": Fraction(1, 2)}})


@pytest.fixture
def started(ledger):
    with ledger.write() as connection:
        campaigns.register(connection, parse_spec(layered(), "test"), "me")
        turns.start(connection, Turn("small", 0, 0))
    return ledger


def proposal(**changes):
    fields = {
        "campaign": "small",
        "turn": 0,
        "rank": 0,
        "candidate": ONE,
        "proposer": "bayesian",
        "acquisition": -3.5,
        "reason": "highest",
        "predictions": {"average_voltage": {"mean": 3.9, "sigma": 0.1, "surrogate": "gp"}},
    }
    return Proposal(**(fields | changes))


def test_proposals_come_back_as_they_were(started):
    with started.write() as connection:
        proposals.record(connection, [proposal()])
    with started.read() as connection:
        assert proposals.of_campaign(connection, "small") == [proposal()]
        assert proposals.unanswered(connection, "small") == [proposal()]
        assert proposals.candidates_of(connection, "small") == {ONE.id: ONE}


def test_a_place_in_a_turn_is_given_once(started):
    with started.write() as connection:
        proposals.record(connection, [proposal()])
    with pytest.raises(IntegrityError), started.write() as connection:
        proposals.record(connection, [proposal()])


def test_two_contents_behind_one_id_are_noticed(started, monkeypatch):
    other = Candidate.of("layered", {"M": {"Ni": Fraction(1)}})
    with started.write() as connection:
        proposals.add_candidates(connection, [ONE])
    monkeypatch.setitem(other.__dict__, "id", ONE.id)
    with pytest.raises(LedgerError, match="share the id"), started.write() as connection:
        proposals.add_candidates(connection, [other])
