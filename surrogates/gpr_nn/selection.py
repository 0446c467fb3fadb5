"""Hyperparameters of GPR-NN: by marginal likelihood, or by a scan over random splits.

For one length scale the eigenvalues of the kernel matrix, or of the features' moments where these
are fewer, give the likelihood and the predictions at every noise at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.linalg import eigh
from scipy.optimize import minimize

from cathode.errors import FitError
from surrogates.gpr_nn.features import AdditiveFeatures

Values = NDArray[np.float64]
Split = tuple[NDArray[np.intp], NDArray[np.intp]]
"""Rows to train on and rows to test on."""

LENGTHSCALES = np.geomspace(0.15, 6.0, 6)
"""Where the likelihood is looked at; each y_n spans a unit over the data."""

FINER = 3
"""Length scales looked at on either side of the best of these."""

MOST_POINTS = 1000
"""Points that hyperparameters are chosen by; more are drawn from, and say hardly more of them."""

LENGTHSCALE_LOCATION, LENGTHSCALE_SPREAD = 0.0, 1.5
"""Mean and standard deviation of log l: around as long as the data are wide."""

NOISE_LOCATION, NOISE_SPREAD = -4.0, 3.0
"""Mean and standard deviation of the log noise variance; computed values have next to none."""

AMPLITUDE_SPREAD = 2.0
"""Standard deviation of the log amplitude of all terms together, whose median is the variance."""

LEAST_NOISE = 1e-8
"""Variance of the noise at least, over that of the values."""

RESOLVED = 1e-15
"""Noise over the trace of a kernel matrix, below which doubles do not tell it from nothing."""


@dataclass(frozen=True)
class Hyperparameters:
    """What a fit is given.

    Attributes:
        lengthscale: l.
        noise: variance of the noise over the amplitude of a term.
        amplitude: of a term, over the variance of the values.
        evidence: log density of values and hyperparameters; larger is better.
    """

    lengthscale: float
    noise: float
    amplitude: float
    evidence: float


def most_probable(
    X: Values, y: Values, W: Values, relative: Values, *, stated: bool = False
) -> Hyperparameters:
    """Hyperparameters of greatest posterior density, the density being that of their logarithms.

    Args:
        X: places, shape (n, d).
        y: standardised values, shape (n,).
        W: rows of the terms, shape (terms, d).
        relative: variance of each value's noise over the common one, shape (n,).
        stated: whether the common one is 1, so that these are the variances themselves.

    Raises:
        FitError: no length scale led to a density.
    """

    def at(lengthscales: Values) -> list[Hyperparameters]:
        return [_at(X, y, W, float(each), relative, stated=stated) for each in lengthscales]

    found = at(LENGTHSCALES)
    best = int(np.argmax([each.evidence for each in found]))
    low, high = LENGTHSCALES[max(best - 1, 0)], LENGTHSCALES[min(best + 1, len(found) - 1)]
    found += at(np.geomspace(low, high, 2 * FINER + 1)[1:-1])
    champion = max(found, key=lambda each: each.evidence)
    if not np.isfinite(champion.evidence):
        msg = f"no length scale of {LENGTHSCALES[0]} to {LENGTHSCALES[-1]} fits {len(y)} values"
        raise FitError(msg)
    return champion


def _at(
    X: Values, y: Values, W: Values, lengthscale: float, relative: Values, *, stated: bool
) -> Hyperparameters:
    """The best amplitude and noise at a length scale."""
    phi = _features(X, W, lengthscale) / np.sqrt(relative)[:, None]
    values, shares, rest = _spectrum(phi, y / np.sqrt(relative))
    terms, zeros = len(W), len(y) - len(values)

    def negative(theta: Values) -> tuple[float, Values]:
        s, noise = np.exp(theta[0]), 1.0 if stated else np.exp(theta[1])
        total = s * values + noise
        off = np.array(
            [
                (theta[0] + np.log(terms)) / AMPLITUDE_SPREAD,
                0.0 if stated else (theta[1] - NOISE_LOCATION) / NOISE_SPREAD,
            ]
        )
        value = 0.5 * (np.sum(shares / total + np.log(total)) + rest / noise + off @ off)
        value += 0.5 * zeros * np.log(noise)
        change = 0.5 * (1 / total - shares / total**2)
        slope = np.array(
            [
                s * (change @ values) + off[0] / AMPLITUDE_SPREAD,
                0.0
                if stated
                else noise * change.sum() + 0.5 * (zeros - rest / noise) + off[1] / NOISE_SPREAD,
            ]
        )
        return float(value), slope

    least = np.log(LEAST_NOISE)
    start = np.array([-np.log(terms), -4.0])
    bounds = [(start[0] - 15, start[0] + 15), (least, np.log(2.0))]
    end = minimize(negative, start, jac=True, method="L-BFGS-B", bounds=bounds)
    s, noise = np.exp(end.x[0]), 1.0 if stated else np.exp(end.x[1])
    off = (np.log(lengthscale) - LENGTHSCALE_LOCATION) / LENGTHSCALE_SPREAD
    # Noise that rounding hides gives no factor.
    floor = RESOLVED * float(values.sum())
    return Hyperparameters(
        lengthscale, max(float(noise / s), floor), float(s), -float(end.fun) - 0.5 * off**2
    )


@dataclass(frozen=True)
class Scan:
    """Test R2 over random splits at every pair of length scale and noise.

    Attributes:
        lengthscales: shape (k,).
        noises: shape (m,).
        mean: over the splits, shape (k, m).
        sd: standard deviation over the splits, shape (k, m).
    """

    lengthscales: Values
    noises: Values
    mean: Values
    sd: Values

    @property
    def best(self) -> tuple[float, float]:
        """Length scale and noise whose R2 is high and varies little: largest mean less deviation.

        The paper asks for the best mean and the least variance at once and does not weigh them.
        """
        i, j = np.unravel_index(np.argmax(self.mean - self.sd), self.mean.shape)
        return float(self.lengthscales[i]), float(self.noises[j])


def scan(
    X: Values,
    y: Values,
    W: Values,
    lengthscales: Sequence[float] | Values,
    noises: Sequence[float] | Values,
    splits: Sequence[Split],
) -> Scan:
    """The two-dimensional scan of Kameda et al., section 3.2.

    Args:
        X: places, shape (n, d).
        y: values, shape (n,).
        W: rows of the terms, shape (terms, d).
        lengthscales: to try.
        noises: variances of the noise over the amplitude of a term, to try.
        splits: rows to train on and to test on; those whose tested values are equal have no R2
            and are passed over.

    Raises:
        FitError: no split has an R2.
    """
    telling = [(train, test) for train, test in splits if len(set(y[test])) > 1]
    if not telling:
        msg = f"none of {len(splits)} splits of {len(y)} values tests on two that differ"
        raise FitError(msg)
    levels = np.asarray(noises, dtype=float)
    found = np.empty((len(lengthscales), len(levels), len(telling)))
    for i, lengthscale in enumerate(lengthscales):
        phi = _features(X, W, float(lengthscale))
        for k, (train, test) in enumerate(telling):
            found[i, :, k] = _scores(phi[train], y[train], phi[test], y[test], levels)
    return Scan(
        np.asarray(lengthscales, dtype=float), levels, found.mean(axis=-1), found.std(axis=-1)
    )


def _scores(phi: Values, y: Values, unseen: Values, truth: Values, noises: Values) -> Values:
    """R2 of a test part at every noise, shape (m,)."""
    centre = y.mean()
    by_points = len(phi) <= phi.shape[1]
    gram = phi @ phi.T if by_points else phi.T @ phi
    values, vectors = eigh(gram)
    start = vectors.T @ ((y - centre) if by_points else phi.T @ (y - centre))
    reach = unseen @ (phi.T @ vectors if by_points else vectors)
    damped = start[:, None] / (np.maximum(values, 0.0)[:, None] + noises)
    error = np.sum((reach @ damped + centre - truth[:, None]) ** 2, axis=0)
    return np.asarray(1 - error / np.sum((truth - truth.mean()) ** 2))


def _features(X: Values, W: Values, lengthscale: float) -> Values:
    places = X @ W.T
    features = AdditiveFeatures(W, lengthscale, places.min(axis=0), places.max(axis=0))
    with torch.no_grad():
        found: Values = features(torch.as_tensor(X)).numpy()
    return found


def _spectrum(phi: Values, y: Values) -> tuple[Values, Values, float]:
    """Eigenvalues of ``phi phi'`` that are not zero, squared shares of y in them, and its rest."""
    if len(phi) <= phi.shape[1]:
        values, vectors = eigh(phi @ phi.T)
        return np.maximum(values, 0.0), (vectors.T @ y) ** 2, 0.0
    values, vectors = eigh(phi.T @ phi)
    kept = values > RESOLVED * values.sum()
    values, vectors = values[kept], vectors[:, kept]
    shares = (vectors.T @ (phi.T @ y)) ** 2 / values
    return values, shares, max(float(y @ y - shares.sum()), 0.0)
