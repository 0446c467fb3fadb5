import math
from datetime import UTC, datetime

import pytest

from cathode.ledger.turns import TurnRecord
from cathode.loop.schedule import ended_because
from cathode.model import Turn
from cathode.spec import parse_spec
from tests.helpers import layered

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def spec(**budget):
    return parse_spec(layered(budget={"turns": 50} | budget, constraints=[]), "test")


def past(*steps):
    """Turns with the score each began with, and the acquisition of its best proposal."""
    return [
        TurnRecord(
            Turn("small", number, 0),
            NOW,
            NOW,
            {
                "assimilate": {"score": score},
                "propose": {"proposals": 2, "wanted": 2, "acquisition": acquisition},
            },
            {},
        )
        for number, (score, acquisition) in enumerate(steps)
    ]


@pytest.mark.parametrize(
    ("scores", "ended"),
    [
        pytest.param([None, 1.0, 2.0, 2.0], False, id="one turn"),
        pytest.param([None, 1.0, 2.0, 2.0, 2.0], True, id="two turns"),
        pytest.param([None, 1.0, 2.0, 2.0, 2.1], False, id="better again"),
        pytest.param([None, None, None, None], False, id="nothing counts yet"),
    ],
)
def test_patience_ends_a_campaign_that_gets_no_better(scores, ended):
    found = ended_because(spec(patience=2), past(*((s, 0.0) for s in scores)), 10)
    assert (found == "2 turns in a row brought nothing better") == ended
    assert (found is not None) == ended


def test_turns_that_asked_for_no_result_try_no_patience():
    found = past(*((s, 0.0) for s in [None, 1.0, 1.0, 1.0, 1.0]))
    for record in found[1:]:
        record.results["propose"]["results"] = 0
    assert ended_because(spec(patience=1), found, 10) is None
    found[3].results["propose"]["results"] = 1
    assert ended_because(spec(patience=1), found, 10) is not None


@pytest.mark.parametrize(("gain", "ended"), [(2.0, False), (0.5, True)])
def test_a_gain_not_worth_a_turn_ends_it(gain, ended):
    found = ended_because(spec(least_gain=1.0), past((None, 0.0), (1.0, math.log(gain))), 10)
    assert (found is not None) == ended
    if ended:
        assert found == "the best proposal was expected to gain 0.5 Wh/kg, less than 1 Wh/kg"


def test_least_gain_is_refused_where_no_gain_is_counted():
    from cathode.errors import SpecError

    for changes in (
        {"proposer": {"kind": "bayesian", "acquisition": "ucb"}},
        {"proposer": {"kind": "random"}},
        {"objectives": [{"property": "specific_energy"}, {"property": "volume_change"}]},
    ):
        with pytest.raises(SpecError, match=r"budget.least_gain=1.0: needs a single objective"):
            parse_spec(layered(budget={"turns": 5, "least_gain": 1.0}, **changes), "test")
