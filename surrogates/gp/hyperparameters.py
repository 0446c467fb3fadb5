"""What a GP is made of, and what is believed of it before the first value."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Prior:
    """What is believed of a hyperparameter: a normal density, of its logarithm but for a slope.

    Attributes:
        location: mean of the density.
        spread: its standard deviation.
        least: smallest value the hyperparameter may have.
        most: largest.
        start: value where the search starts.
    """

    location: float
    spread: float
    least: float
    most: float
    start: float


PRIORS = {
    # Location and spread of length scale and noise: Hvarfner et al. 2024, "Vanilla Bayesian
    # optimization performs great in high dimensions". Location and start of a length scale hold
    # for one dimension; of several, they grow by the root of their number. Longer scales or more
    # noise to start with end in lesser maxima more often.
    "lengthscale": Prior(np.sqrt(2), np.sqrt(3), 0.02, 60.0, 0.35),
    # Variance of what all categories share, and of a category's own constant, over that of what
    # differs from place to place.
    "main": Prior(0.0, 1.5, 1e-3, 1e2, 1.0),
    "offset": Prior(np.log(0.3), 1.5, 1e-3, 1e2, 0.3),
    # Variance of the function; its median is that of the data.
    "outputscale": Prior(0.0, 1.0, 0.05, 20.0, 1.0),
    # Variance of the weights of a plane.
    "weight": Prior(0.0, 2.0, 1e-3, 1e3, 1.0),
    # Variance of what a place has to itself, in all origins: what coordinates do not say of a
    # candidate, its evaluators agree on all the same.
    "local": Prior(np.log(0.02), 2.0, 1e-5, 1.0, 0.02),
    # Factor by which another origin follows the function.
    "slope": Prior(1.0, 0.5, -3.0, 3.0, 1.0),
    # Variance that another origin has of its own, over that of the function: in the middle their
    # correlation is 0.9, mostly between 0.5 and 0.99.
    "own": Prior(np.log(0.25), 1.5, 1e-3, 10.0, 0.25),
    "noise": Prior(-4.0, 1.0, 1e-4, 1.0, 0.01),
    # Another origin may be exact, or have next to nothing to do with the values.
    "other noise": Prior(-4.0, 3.0, 1e-4, 2.0, 0.01),
}
"""By name; the inputs are of the unit cube and the values of unit variance."""


@dataclass(frozen=True)
class Hyperparameters:
    """What a GP is made of.

    Attributes:
        shape: what shapes the correlation of places, by name.
        outputscale: variance of the function, or of the weights of a plane.
        noise: learned variance of a value about its function, one per origin, shape (k,); 0 where
            every value of an origin has a known one.
        relation: covariance of the functions of two origins over the output scale, shape (k, k).
        local: variance of what a place has to itself; 0 where there is one origin, whose noise it
            cannot be told from.
    """

    shape: Mapping[str, NDArray[np.float64]]
    outputscale: float
    noise: NDArray[np.float64]
    relation: NDArray[np.float64]
    local: float
