"""A made-up earlier family, and a new one of which little was measured."""

from dataclasses import replace

import numpy as np

from tests.contracts.surrogate import training_data
from tests.helpers import truth


def with_history(space, own, n=20, history=lambda y: y + 15.0, seed=0):
    """Few results, and an earlier family's values; those are of other candidates."""
    data = training_data(space, own + n, noise=0.5, seed=seed)
    y = np.concatenate([data.y[:own], history(data.y[own:])])
    return replace(data, y=y, origins=(None,) * own + ("old",) * n, history=("old",))


def every(space):
    """All candidates and their true values."""
    X = space.encode(list(space))
    return X, np.array([truth(ni, mn, co)["specific_energy"] for co, mn, ni in X])


class WithHistory:
    """A surrogate that meets an earlier family in all it is fitted to: every third value, off."""

    def __init__(self, inner):
        self.inner, self.name = inner, inner.name

    def fit(self, data, seed, widening=1.0):
        old = data.take(np.arange(0, len(data), 3))
        off = 0.05 * np.ptp(data.y) if len(data) else 0.0
        named = replace(old, y=old.y + off, origins=("old",) * len(old), history=("old",))
        return self.inner.fit(data.beside([named]), seed, widening)
