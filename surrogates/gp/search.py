"""The most probable hyperparameters of a GP."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import LinAlgError
from scipy.optimize import OptimizeResult, minimize

from surrogates.gp.likelihood import NOWHERE, Posterior

DEAF_NOISE = 0.7
"""Noise of another origin at a second start, where it has next to nothing to do with the values."""

STEPS = 40
"""Steps of L-BFGS at most; few fits to a hundred values need more."""

FLAT = 0.1
"""Largest slope of the log density, per unit, at which a search has arrived."""

OTHER_STARTS = (
    {"lengthscale": 4.0, "noise": 10.0},
    {"lengthscale": 1 / 3},
    {"noise": 30.0, "outputscale": 0.3, "weight": 0.1},
)
"""What the usual start is multiplied with where the search from it went wrong."""

DEAD_ENDS = (
    ("lengthscale", "least"),
    ("outputscale", "least"),
    ("weight", "least"),
    ("noise", "most"),
)
"""Ends of ranges that no good fit is expected at. Noise may be next to nothing, a length scale that
does not matter is long, and a smooth function known in many places has a large output scale."""


@dataclass(frozen=True)
class Found:
    """What a search came to.

    Attributes:
        theta: hyperparameters as the posterior looks at them, shape (p,).
        anew: how many times it had to start anew.
    """

    theta: NDArray[np.float64]
    anew: int = 0


def most_probable(posterior: Posterior, start: NDArray[np.float64] | None = None) -> Found:
    """Hyperparameters of greatest posterior density.

    Where the covariance is singular, the search does not arrive, or ends at a dead end of a range,
    other starts are tried, and the best of all is taken.

    Args:
        posterior: of the hyperparameters.
        start: where to begin, shape (p,); the usual place if None.

    Raises:
        LinAlgError: the covariance matrix cannot be factored, wherever the search starts.
    """
    first = posterior.start if start is None else start
    starts = [first]
    others = np.array([name == "other noise" for name in posterior.names])
    if others.any() and start is None:
        # Others that say nothing of the function are a maximum apart from others that do.
        starts.append(np.where(others, np.log(DEAF_NOISE), first))
    ends = [_search(posterior, at) for at in starts]
    anew = 0
    for factors in OTHER_STARTS:
        if _sound(posterior, min(ends, key=_height)):
            break
        shift = np.log([factors.get(name, 1.0) for name in posterior.names])
        ends.append(_search(posterior, posterior.start + shift))
        anew += 1
    best = min(ends, key=_height)
    if not best.fun < NOWHERE:
        msg = "the covariance matrix is singular"
        raise LinAlgError(msg)
    return Found(np.clip(best.x, posterior.least, posterior.most), anew)


def _search(posterior: Posterior, at: NDArray[np.float64]) -> OptimizeResult:
    return minimize(
        posterior,
        np.clip(at, posterior.least, posterior.most),
        jac=True,
        method="L-BFGS-B",
        bounds=np.column_stack([posterior.least, posterior.most]),
        options={"maxiter": STEPS},
    )


def _height(end: OptimizeResult) -> float:
    return float(end.fun) if np.isfinite(end.fun) else NOWHERE


def _sound(posterior: Posterior, end: OptimizeResult) -> bool:
    """Whether a search arrived where a good fit may be."""
    if _height(end) >= NOWHERE:
        return False
    at = {"least": end.x <= posterior.least, "most": end.x >= posterior.most}
    inward = np.where(at["least"], np.minimum(end.jac, 0), end.jac)
    inward = np.where(at["most"], np.maximum(inward, 0), inward)
    dead = any(
        at[side][posterior.at[name]].any() for name, side in DEAD_ENDS if name in posterior.at
    )
    return not dead and bool(np.abs(inward).max() < FLAT)
