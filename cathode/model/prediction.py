"""What a surrogate expects of a new measurement."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Prediction:
    """Normal predictive distributions of new measurements at ``n`` candidates.

    Attributes:
        mean: expected values, shape (n,), in the property's unit.
        sigma: standard deviations of a new measurement, its noise included, shape (n,).
    """

    mean: NDArray[np.float64]
    sigma: NDArray[np.float64]
