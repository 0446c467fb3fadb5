import pytest

from cathode.ledger import campaigns, skills, turns
from cathode.model import Skill, Turn
from cathode.spec import parse_spec
from tests.helpers import layered

CHOSEN = [
    # Per turn: who serves, and the CRPS of those that were scored.
    ({}, {}),
    ({"p": "a"}, {}),
    ({"p": "a", "q": "b"}, {"p": {"a": 1.0, "b": 2.0, "mean": 3.0}, "q": {"b": 4.0, "mean": 2.0}}),
    ({"p": "b", "q": "b"}, {"p": {"a": 2.0, "b": 1.0, "mean": 3.0}, "q": {"b": 1.0, "mean": 2.0}}),
    ({"q": "b"}, {"p": {"mean": 3.0}, "q": {"b": 1.0, "mean": 2.0}}),
    ({"p": "b"}, {"p": {"b": 1.5, "mean": 3.0}}),
]


@pytest.fixture
def served(ledger):
    with ledger.write() as connection:
        campaigns.register(connection, parse_spec(layered(), "test"), "me")
        for number, (champions, scored) in enumerate(CHOSEN):
            turn = Turn("small", number, 0)
            turns.start(connection, turn)
            taken = {"datasets": {"q": f"q{number}", "p": f"p{number}"}, "up_to": 10 * number}
            turns.finish_step(connection, turn, "assimilate", taken, 0.1)
            turns.finish_step(connection, turn, "retrain", {"champions": champions}, 0.1)
            for prop, crps in scored.items():
                own = [
                    Skill(prop, name, {"n": 7.0, "crps": x}, None, champions.get(prop) == name)
                    for name, x in crps.items()
                ]
                skills.record(connection, turn, own)
        turns.start(connection, Turn("small", len(CHOSEN), 0))  # not retrained yet
    with ledger.read() as connection:
        return skills.champions(connection, "small")


def test_champions_are_told_turn_by_turn_in_the_order_of_the_spec(served):
    told = [(c.turn.number, c.property, c.surrogate) for c in served]
    assert told == [
        (1, "p", "a"),
        (2, "q", "b"),
        (2, "p", "a"),
        (3, "q", "b"),
        (3, "p", "b"),
        (4, "q", "b"),
        (4, "p", None),
        (5, "p", "b"),
    ]


def test_a_champion_names_the_one_it_replaced(served):
    replaced = {c.turn.number: c.replaced for c in served if c.property == "p"}
    # In turn 4 none could serve, and in turn 5 the same one serves again.
    assert replaced == {1: None, 2: None, 3: "a", 4: "b", 5: None}
    assert {c.replaced for c in served if c.property == "q"} == {None}


def test_a_champion_has_its_scores_beside_the_mean_and_its_data(served):
    by_turn = {c.turn.number: c for c in served if c.property == "p"}
    assert (by_turn[1].scores, by_turn[1].mean) == ({}, {})
    assert by_turn[3].scores == {"n": 7, "crps": 1}
    assert by_turn[3].mean == {"n": 7, "crps": 3}
    assert (by_turn[4].scores, by_turn[4].mean["crps"]) == ({}, 3)
    assert [(c.dataset, c.up_to) for c in by_turn.values()] == [
        (f"p{number}", 10 * number) for number in range(1, 6)
    ]
    assert by_turn[1].chosen_at < by_turn[5].chosen_at


def test_another_campaign_has_none(served, ledger):
    with ledger.read() as connection:
        assert skills.champions(connection, "large") == []
