"""The most probable hyperparameters of a GP."""

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import LinAlgError
from scipy.optimize import minimize

from surrogates.gp.likelihood import NOWHERE, Posterior

DEAF_NOISE = 0.7
"""Noise of another origin at a second start, where it has next to nothing to do with the values."""

STEPS = 40
"""Steps of L-BFGS at most; few fits to a hundred values need more."""


def most_probable(posterior: Posterior) -> NDArray[np.float64]:
    """Hyperparameters of greatest posterior density, as the posterior looks at them, shape (p,).

    Raises:
        LinAlgError: the covariance matrix cannot be factored.
    """
    # Others that say nothing of the function are a maximum apart from others that do.
    others = np.array([name == "other noise" for name in posterior.names])
    deaf = np.where(others, np.log(DEAF_NOISE), posterior.start)
    found = min(
        (
            minimize(
                posterior,
                at,
                jac=True,
                method="L-BFGS-B",
                bounds=np.column_stack([posterior.least, posterior.most]),
                options={"maxiter": STEPS},
            )
            for at in ([posterior.start] if posterior.k == 1 else [posterior.start, deaf])
        ),
        key=lambda end: end.fun,
    )
    if not found.fun < NOWHERE:
        msg = "the covariance matrix is singular"
        raise LinAlgError(msg)
    return np.clip(found.x, posterior.least, posterior.most)
