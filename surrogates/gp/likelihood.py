"""The most probable hyperparameters of a Matérn-5/2 GP, by a gradient in closed form.

GPyTorch spends most of a fit to small data outside its algebra; this takes a fifth of its time.
Formulas: Rasmussen, Williams, "Gaussian Processes for Machine Learning", MIT Press 2006, ch. 5.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import LinAlgError, cho_solve, cholesky
from scipy.optimize import minimize
from scipy.spatial.distance import pdist, squareform

LENGTHSCALE_LOCATION = np.sqrt(2)
"""Mean of a log length scale, less half the log of the number of dimensions: Hvarfner et al. 2024,
"Vanilla Bayesian optimization performs great in high dimensions"."""

LENGTHSCALE_SPREAD = np.sqrt(3)
"""Standard deviation of a log length scale, of the same source."""

OUTPUTSCALE_SPREAD = 1.0
"""Standard deviation of the log output scale, whose median is the variance of the data."""

NOISE_LOCATION, NOISE_SPREAD = -4.0, 1.0
"""Mean and standard deviation of the log noise variance, of the same source."""

OTHER_NOISE_SPREAD = 3.0
"""The same of another origin, which may be exact, or have next to nothing to do with the values."""

SLOPE_LOCATION, SLOPE_SPREAD = 1.0, 0.5
"""Mean and standard deviation of the factor by which another origin follows the function."""

OWN_LOCATION, OWN_SPREAD = np.log(0.25), 1.5
"""Mean and standard deviation of the log variance that another origin has of its own, over that
of the function: in the middle their correlation is 0.9, mostly between 0.5 and 0.99."""

LOCAL_LOCATION, LOCAL_SPREAD = np.log(0.02), 2.0
"""Mean and standard deviation of the log variance of what a place has to itself, in all origins:
what coordinates do not say of a candidate, its evaluators agree on all the same."""

RANGES = {
    "lengthscale": (0.02, 60.0),
    "outputscale": (0.05, 20.0),
    "local": (1e-5, 1.0),
    "noise": (1e-4, 1.0),
    "other noise": (1e-4, 2.0),
    "slope": (-3.0, 3.0),
    "own": (1e-3, 10.0),
}
"""Where each may lie; the inputs are of the unit cube and the values of unit variance."""

START = {
    "lengthscale": 0.35,
    "outputscale": 1.0,
    "local": 0.02,
    "noise": 0.01,
    "other noise": 0.01,
    "slope": 1.0,
    "own": 0.25,
}
"""Where the search starts; the length scale times the root of the number of dimensions.

Longer scales or more noise to start with end in lesser maxima more often."""

DEAF_NOISE = 0.7
"""Noise of another origin at a second start, where it has next to nothing to do with the values."""

JITTER = 1e-6
"""Added to the variance of each value, so that equal places have a covariance matrix."""

STEPS = 40
"""Steps of L-BFGS at most; few fits to a hundred values need more."""

NOWHERE = 1e10
"""Stands for the negative log posterior where the covariance matrix cannot be factored."""


@dataclass(frozen=True)
class Hyperparameters:
    """What a Matérn GP is made of.

    Attributes:
        lengthscales: one per dimension, shape (d,).
        outputscale: variance of the function.
        noise: variance of a value about its function, one per origin; None where it was stated.
        relation: covariance of the functions of two origins over the output scale, shape (k, k).
        local: variance of what a place has to itself; 0 where there is one origin, whose noise it
            cannot be told from.
    """

    lengthscales: NDArray[np.float64]
    outputscale: float
    noise: NDArray[np.float64] | None
    relation: NDArray[np.float64]
    local: float


def most_probable(
    X: NDArray[np.float64],
    y: NDArray[np.float64],
    noise: NDArray[np.float64] | None,
    origin: NDArray[np.intp] | None = None,
) -> Hyperparameters:
    """Hyperparameters of greatest posterior density, the density being that of their logarithms.

    Values of other origins follow the function by a factor, beside a function of their own: the
    intrinsic coregionalisation of Bonilla, Chai, Williams, "Multi-task Gaussian process
    prediction", NeurIPS 2007, of rank one plus a diagonal.

    Args:
        X: places in the unit cube, shape (n, d).
        y: standardised values, shape (n,).
        noise: variance of each value where it is known, shape (n,).
        origin: number of the origin of each value, shape (n,), 0 where it is the function itself;
            None where all are.

    Raises:
        LinAlgError: the covariance matrix cannot be factored.
    """
    posterior = _Posterior(X, y, noise, origin)
    names, logs = posterior.names, posterior.logs
    start = np.array([START[name] for name in names])
    start[logs] = np.log(start[logs])
    start[: X.shape[1]] += np.log(X.shape[1]) / 2
    ranges = np.array([RANGES[name] for name in names])
    ranges[logs] = np.log(ranges[logs])
    # Others that say nothing of the function are a maximum apart from others that do.
    deaf = np.where([name == "other noise" for name in names], np.log(DEAF_NOISE), start)
    found = min(
        (
            minimize(
                posterior,
                at,
                jac=True,
                method="L-BFGS-B",
                bounds=ranges,
                options={"maxiter": STEPS},
            )
            for at in ([start] if posterior.k == 1 else [start, deaf])
        ),
        key=lambda end: end.fun,
    )
    if not found.fun < NOWHERE:
        msg = "the covariance matrix is singular"
        raise LinAlgError(msg)
    values = np.clip(found.x, *ranges.T)
    return posterior.parts(values)


class _Posterior:
    """Negative log posterior density of hyperparameters, with its gradient.

    All but the slopes of other origins are looked at by their logarithms.

    Attributes:
        names: what each hyperparameter is.
        logs: which of them are logarithms.
    """

    def __init__(
        self,
        X: NDArray[np.float64],
        y: NDArray[np.float64],
        noise: NDArray[np.float64] | None,
        origin: NDArray[np.intp] | None = None,
    ) -> None:
        self.y, self.noise = y, noise
        self.d, learned = X.shape[1], noise is None
        self.origin = np.zeros(len(y), dtype=np.intp) if origin is None else origin
        self.k = int(self.origin.max()) + 1
        self.members = np.eye(self.k)[self.origin]
        # Of each pair of places once, by dimension: shape (n (n - 1) / 2, d).
        self.squares = np.stack([pdist(column[:, None], "sqeuclidean") for column in X.T], axis=1)
        self.same = (self.squares.sum(axis=1) == 0).astype(float)
        others = self.k - 1
        counts = {
            "lengthscale": self.d,
            "outputscale": 1,
            "local": int(others > 0),
            "slope": others,
            "own": others,
            "noise": int(learned),
            "other noise": others * learned,
        }
        self.names = [name for name, count in counts.items() for _ in range(count)]
        ends = np.cumsum(list(counts.values()))
        self.at = {
            name: slice(end - count, end)
            for (name, count), end in zip(counts.items(), ends.tolist(), strict=True)
        }
        self.logs = np.array([name != "slope" for name in self.names])
        priors = {
            "lengthscale": (LENGTHSCALE_LOCATION + np.log(self.d) / 2, LENGTHSCALE_SPREAD),
            "outputscale": (0.0, OUTPUTSCALE_SPREAD),
            "local": (LOCAL_LOCATION, LOCAL_SPREAD),
            "slope": (SLOPE_LOCATION, SLOPE_SPREAD),
            "own": (OWN_LOCATION, OWN_SPREAD),
            "noise": (NOISE_LOCATION, NOISE_SPREAD),
            "other noise": (NOISE_LOCATION, OTHER_NOISE_SPREAD),
        }
        self.location, self.spread = np.array([priors[name] for name in self.names]).T

    def parts(self, theta: NDArray[np.float64]) -> Hyperparameters:
        """What the kernel and the noise are made of."""
        values = {
            name: theta[at] if name == "slope" else np.exp(theta[at])
            for name, at in self.at.items()
        }
        slope = np.append(1.0, values["slope"])
        noise = np.append(values["noise"], values["other noise"])
        return Hyperparameters(
            values["lengthscale"],
            float(values["outputscale"][0]),
            noise if self.noise is None else None,
            np.outer(slope, slope) + np.diag(np.append(0.0, values["own"])),
            float(values["local"].sum()),
        )

    def __call__(self, theta: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        """Value and gradient."""
        n, parts = len(self.y), self.parts(theta)
        noise = self.noise if parts.noise is None else parts.noise[self.origin]
        narrowness = parts.lengthscales**-2
        related, own = self._related(parts.relation)
        r = np.sqrt(5 * (self.squares @ narrowness))
        decay = parts.outputscale * np.exp(-r)
        smooth = decay * (1 + r + r * r / 3)
        K = squareform(related * (smooth + parts.local * self.same))
        K[np.diag_indices(n)] = own * (parts.outputscale + parts.local) + noise + JITTER
        try:
            factor = cholesky(K, lower=True, check_finite=False)
        except LinAlgError:
            return NOWHERE, np.zeros_like(theta)
        inverse = cho_solve((factor, True), np.eye(n), check_finite=False)
        weights = inverse @ self.y
        off = (theta - self.location) / self.spread
        value = self.y @ weights / 2 + np.log(np.diag(factor)).sum() + off @ off / 2
        # Half of what the likelihood changes with each covariance; pairs count twice.
        change = (inverse - np.outer(weights, weights)) / 2
        pairs, alone = 2 * squareform(change, checks=False) * related, np.diag(change)
        gradient = off / self.spread
        gradient[self.at["lengthscale"]] += (
            5 / 3 * narrowness * ((pairs * decay * (1 + r)) @ self.squares)
        )
        gradient[self.at["outputscale"]] += pairs @ smooth + parts.outputscale * (own @ alone)
        if self.k > 1:
            gradient[self.at["local"]] += parts.local * (pairs @ self.same + own @ alone)
            alike = squareform(smooth + parts.local * self.same)
            alike[np.diag_indices(n)] = parts.outputscale + parts.local
            self._add_relation(gradient, parts.relation, change * alike)
        if parts.noise is not None:
            both = self.members.T @ (noise * alone)
            gradient[self.at["noise"]] += both[:1]
            gradient[self.at["other noise"]] += both[1:]
        return float(value), gradient

    def _add_relation(
        self,
        gradient: NDArray[np.float64],
        relation: NDArray[np.float64],
        change: NDArray[np.float64],
    ) -> None:
        """How the likelihood changes with the relation of each two origins."""
        between = self.members.T @ change @ self.members
        slope = relation[0]
        own = np.diag(relation - np.outer(slope, slope))
        gradient[self.at["slope"]] += 2 * (between @ slope)[1:]
        gradient[self.at["own"]] += (np.diag(between) * own)[1:]

    def _related(
        self, relation: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64] | float, NDArray[np.float64]]:
        """What the relation of origins makes of covariances: of each pair, of each with itself."""
        own = np.diag(relation)[self.origin]
        if self.k == 1:
            return 1.0, own
        both = relation[self.origin][:, self.origin]
        return np.asarray(squareform(both, checks=False), dtype=np.float64), own
