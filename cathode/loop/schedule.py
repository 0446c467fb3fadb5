"""Which turn comes next, and when there is none, or not yet."""

import math
from collections.abc import Sequence
from itertools import pairwise

from cathode.ledger import measurements, proposals, turns
from cathode.ledger.turns import TurnRecord
from cathode.loop.costs import cost_so_far, results_left
from cathode.loop.loop import Loop
from cathode.loop.observations import observe
from cathode.model import Turn, Verdict
from cathode.spec import CampaignSpec


def next_turn(loop: Loop) -> Turn | None:
    """The unfinished turn, else a new one, else None where there is none, or not yet."""
    if finished_because(loop) is not None or waiting_because(loop) is not None:
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
        asked = proposals.of_campaign(connection, loop.spec.name)
        made = sum(proposal.evaluator is None for proposal in asked)
    return ended_because(loop.spec, past, made)


def ended_because(spec: CampaignSpec, past: Sequence[TurnRecord], made: int) -> str | None:
    """Why a campaign with these turns and that many proposals has ended, None if it has not."""
    if not past or past[-1].finished_at is None:
        return None
    budget = spec.budget
    if spent := _spent_because(spec, past, made):
        return spent
    proposed = past[-1].results.get("propose", {})
    if proposed.get("proposals") == 0 and proposed.get("wanted"):
        return "its space holds no candidate that was not proposed"
    if budget.least_gain is not None and "acquisition" in proposed:
        gain, unit = math.exp(proposed["acquisition"]), spec.property_named(spec.modelled[0]).unit
        if gain < budget.least_gain:
            least = f"less than {budget.least_gain:g} {unit}"
            return f"the best proposal was expected to gain {gain:.3g} {unit}, {least}"
    return _stalled_because(budget.patience, past)


def _spent_because(spec: CampaignSpec, past: Sequence[TurnRecord], made: int) -> str | None:
    budget = spec.budget
    if len(past) > budget.turns:
        return f"its {budget.turns} turns after the initial design are done"
    if budget.candidates is not None and made >= budget.candidates:
        return f"its budget of {budget.candidates} candidates is spent"
    if results_left(spec, past) == 0:
        return f"it spent {cost_so_far(past):g} of {budget.cost:g}, what is left pays for no result"
    return None


def _stalled_because(patience: int | None, past: Sequence[TurnRecord]) -> str | None:
    # Each turn records, as it begins, how good the best is that all turns before it brought. A turn
    # that asked cheaper evaluators alone could bring nothing.
    scores = [
        record.results.get("assimilate", {}).get("score")
        for before, record in pairwise(past)
        if before.results.get("propose", {}).get("results") != 0
    ]
    if patience is None or len(scores) <= patience or scores[-1 - patience] is None:
        return None
    before, *since = (score for score in scores[-1 - patience :] if score is not None)
    if since and max(since) > before:
        return None
    return f"{patience} turns in a row brought nothing better"


def waiting_because(loop: Loop) -> str | None:
    """What a campaign waits for that others answer, in words; None where a turn can be made."""
    if not any(evaluator.deferred for evaluator in loop.evaluators.values()):
        return None
    spec = loop.spec
    with loop.ledger.read() as connection:
        past = turns.history(connection, spec.name)
        newest = measurements.last_id(connection, spec.name)
    if not past or past[-1].finished_at is None:
        return None
    seen, last = observe(loop.ledger, spec.name), past[-1]
    orders = len(seen.open_orders(spec))
    if orders >= spec.batch:
        return f"{orders} work orders are open, a new turn begins when less than {spec.batch} are"
    rejected = any(
        review.verdict is Verdict.REJECTED and review.when > last.started_at
        for review in seen.verdicts.values()
    )
    if newest <= last.results.get("assimilate", {}).get("up_to", 0) and not rejected:
        return "no result came in since its last turn"
    return None
