"""What a GP may learn from others: cheaper evaluators, and the history of earlier campaigns."""

import numpy as np

from cathode.errors import FitError
from cathode.model import TrainingData
from cathode.spec import GPSpec

FEWEST = 2
"""Values from which a fit is tried."""


def learned_from(data: TrainingData, spec: GPSpec) -> TrainingData:
    """Those of the values that a GP of a spec learns from.

    Until there are two results nothing is known of how cheaper evaluators compare with them, so
    only the history is learned from beside.

    Raises:
        FitError: they are too few.
    """
    learned = data if spec.learns_from_cheaper else data.own
    n, bounds = len(data.own.exact), len(data.own.bounds)
    if n < FEWEST and data.history and spec.learns_from_history:
        known = (None, *data.history)
        learned = data.take(np.flatnonzero([origin in known for origin in data.origins]))
        n = len(learned.exact)
    if n < FEWEST:
        beside = f" and {bounds} bounds" if bounds else ""
        msg = f"{data.property_name} has {n} values{beside}: a GP needs {FEWEST} values"
        raise FitError(msg)
    return learned
