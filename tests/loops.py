"""Campaigns that turn without an engine around them."""

from pathlib import Path

from cathode.ledger import Ledger, campaigns, turns
from cathode.ledger.turns import TurnRecord
from cathode.loop import Loop, next_turn, run_turn
from cathode.settings import Settings
from cathode.spec import CampaignSpec
from flows.wiring import wire


def build(ledger: Ledger, spec: CampaignSpec, home: Path) -> Loop:
    """Enter a campaign and join it to what acts on it."""
    with ledger.write() as connection:
        revision = campaigns.register(connection, spec, "me")
    return wire(ledger, Settings.at(home), spec, revision)


def run_all(loop: Loop) -> None:
    """Turn until there is no turn to make."""
    while (turn := next_turn(loop)) is not None:
        run_turn(loop, turn)


def history(loop: Loop) -> list[TurnRecord]:
    """The turns with what their steps recorded."""
    with loop.ledger.read() as connection:
        return turns.history(connection, loop.spec.name)
