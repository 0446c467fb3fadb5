"""How well a surrogate did on data it had not seen."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cathode.model.prediction import Prediction


@dataclass(frozen=True)
class HeldOutBounds:
    """Predictions for bounds that were left out of the fit.

    Attributes:
        y: the bounds, shape (m,), in the property's unit.
        sides: 1 where the value is above, -1 where below, shape (m,).
        prediction: predictive distributions for the values.
    """

    y: NDArray[np.float64]
    sides: NDArray[np.int64]
    prediction: Prediction


@dataclass(frozen=True)
class HeldOut:
    """Predictions for measurements that were left out of the fit.

    Attributes:
        y: measured values, shape (n,), in the property's unit.
        prediction: predictive distributions for them.
        groups: candidate ids, shape (n,).
        bounds: the same of bounds; None where there are none.
        widening: what the variances of a fit to all of them are to be multiplied with.
    """

    y: NDArray[np.float64]
    prediction: Prediction
    groups: tuple[str, ...]
    bounds: HeldOutBounds | None = None
    widening: float = 1.0


@dataclass(frozen=True)
class Skill:
    """Scores of one surrogate on one property.

    Attributes:
        property: name of the property.
        surrogate: name of the surrogate or baseline.
        metrics: name to value; see ``cathode.evaluation.metrics``.
        held_out: the predictions the metrics come from; None if fitting failed.
        champion: whether it serves the property this turn.
        error: why it could not be fitted, None if it could.
    """

    property: str
    surrogate: str
    metrics: Mapping[str, float]
    held_out: HeldOut | None
    champion: bool = False
    error: str | None = None
