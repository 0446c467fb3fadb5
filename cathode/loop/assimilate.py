"""Step 1: take in the measurements that came since the last turn."""

from collections import Counter
from time import perf_counter

from cathode.evaluation.progress import score_of
from cathode.ledger import measurements
from cathode.loop.history import joined, recall
from cathode.loop.loop import Loop
from cathode.loop.observations import observe
from cathode.model import Status, Turn


def assimilate(loop: Loop, turn: Turn) -> int:
    """Fix what this turn knows; replicates, bounds, failures and histories are all kept.

    Returns:
        The number of the newest measurement this turn looks at. What arrives while the turn
        goes on is for the next one, also when this one is killed and continued.
    """
    known = loop.recorded(turn, "assimilate")
    if known is not None:
        return int(known["up_to"])
    started = perf_counter()
    with loop.ledger.read() as connection:
        up_to = measurements.last_id(connection, turn.campaign)
    seen = observe(loop.ledger, turn.campaign, up_to)
    statuses = Counter(str(r.measurement.status) for r in seen.measured)
    causes = Counter(
        r.measurement.cause or "" for r in seen.measured if r.measurement.status is Status.FAILED
    )
    data = {name: seen.training_data(name, loop.space) for name in loop.spec.modelled}
    usable = Counter(
        r.measurement.property for r in seen.measured if r.measurement.status is not Status.FAILED
    )
    histories = recall(loop.ledger, loop.spec, loop.space)
    result = {
        "up_to": up_to,
        "measurements": len(seen.measured),
        "statuses": dict(sorted(statuses.items())),
        "failures_by_cause": dict(sorted(causes.items())),
        "candidates": len(seen.outcomes),
        "score": score_of(seen.outcomes, loop.spec),
        # Measured on elements that a later revision of the space left out.
        "outside_space": {n: usable[n] - len(d) for n, d in data.items() if usable[n] > len(d)},
        "datasets": {name: joined(d, histories).digest() for name, d in data.items()},
        "history": {history.name: history.record() for history in histories},
    }
    with loop.commit(turn, "assimilate", result, started):
        pass
    return up_to
