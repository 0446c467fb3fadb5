"""A finished campaign to draw."""

import pytest

from cathode.ledger import Ledger, campaigns
from cathode.loop import next_turn, run_turn
from cathode.report.view import view_of
from cathode.settings import Settings
from cathode.spec import load_spec
from flows.wiring import wire
from tests.helpers import campaign_in

TWO = [
    {"property": "specific_energy"},
    {"property": "volume_change", "goal": "target", "target": 0},
]


@pytest.fixture(scope="session")
def drawn(tmp_path_factory):
    """A loop at its end: every candidate answered, one of them a failure; and its view."""
    folder = tmp_path_factory.mktemp("report")
    spec = load_spec(
        campaign_in(
            folder,
            description="<script>alert('no')</script> & more",
            objectives=TWO,
            initial=30,
            batch=5,
            budget={"turns": 1},
        )
    )
    ledger = Ledger.open(f"sqlite:///{folder}/ledger.db", create=True)
    with ledger.write() as connection:
        revision = campaigns.register(connection, spec, "me")
    loop = wire(ledger, Settings.at(folder), spec, revision)
    while (turn := next_turn(loop)) is not None:
        run_turn(loop, turn)
    yield loop, view_of(ledger, spec.name)
    ledger.close()


@pytest.fixture
def loop(drawn):
    return drawn[0]


@pytest.fixture
def view(drawn):
    return drawn[1]
