"""Step 2: look over the data before learning from them."""

from time import perf_counter
from typing import Any

import numpy as np

from cathode.evaluation import audit as auditing
from cathode.ledger import proposals
from cathode.loop.loop import Loop
from cathode.loop.observations import observe
from cathode.model import Turn
from cathode.rng import derived_seed


def audit(loop: Loop, turn: Turn, up_to: int) -> dict[str, Any]:
    """Record how biased and how covering the data are, and what is missing."""
    known = loop.recorded(turn, "audit")
    if known is not None:
        return known
    started = perf_counter()
    seen = observe(loop.ledger, turn.campaign, up_to)
    with loop.ledger.read() as connection:
        waiting = [p.candidate for p in proposals.unanswered(connection, turn.campaign)]
    inside = [o for o in seen.outcomes if loop.space.has_coordinates(o.candidate)]
    rng = np.random.default_rng(derived_seed(loop.spec.seed, turn.number, "audit"))
    result = auditing.audit(inside, loop.spec, loop.space, waiting, rng).as_dict()
    with loop.commit(turn, "audit", result, started):
        pass
    return result
