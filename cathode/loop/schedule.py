"""Which turn comes next, and when there is none."""

from collections.abc import Sequence

from cathode.ledger import proposals, turns
from cathode.ledger.turns import TurnRecord
from cathode.loop.loop import Loop
from cathode.model import Turn
from cathode.spec import CampaignSpec


def next_turn(loop: Loop) -> Turn | None:
    """The unfinished turn, else a new one, else None where the campaign has ended."""
    if finished_because(loop) is not None:
        return None
    with loop.ledger.write() as connection:
        past = turns.history(connection, loop.spec.name)
        if past and past[-1].finished_at is None:
            return past[-1].turn
        turn = Turn(loop.spec.name, len(past), loop.revision)
        turns.start(connection, turn)
        return turn


def finished_because(loop: Loop) -> str | None:
    """Why the campaign has ended, in words; None while it goes on."""
    with loop.ledger.read() as connection:
        past = turns.history(connection, loop.spec.name)
        made = len(proposals.of_campaign(connection, loop.spec.name))
    return ended_because(loop.spec, past, made)


def ended_because(spec: CampaignSpec, past: Sequence[TurnRecord], made: int) -> str | None:
    """Why a campaign with these turns and that many proposals has ended, None if it has not."""
    if not past or past[-1].finished_at is None:
        return None
    budget = spec.budget
    if len(past) > budget.turns:
        return f"its {budget.turns} turns after the initial design are done"
    if budget.candidates is not None and made >= budget.candidates:
        return f"its budget of {budget.candidates} candidates is spent"
    if past[-1].results.get("propose", {}).get("proposals") == 0:
        return "its space holds no candidate that was not proposed"
    return None
