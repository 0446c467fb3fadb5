"""The posterior density of a GP's hyperparameters, with its gradient in closed form.

GPyTorch spends most of a fit to small data outside its algebra; this takes a fifth of its time.
Formulas: Rasmussen, Williams, "Gaussian Processes for Machine Learning", MIT Press 2006, ch. 5.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import LinAlgError, cho_solve
from scipy.linalg.lapack import dpotrf, dpotri
from scipy.spatial.distance import squareform

from surrogates.gp.correlations import Correlation, Likeness
from surrogates.gp.hyperparameters import PRIORS, Hyperparameters
from surrogates.gp.noise import RowNoise

JITTER = 1e-6
"""Added to the variance of each value, so that equal places have a covariance matrix."""

NOWHERE = 1e10
"""Stands for the negative log posterior where the covariance matrix cannot be factored."""


class Posterior:
    """Negative log posterior density of hyperparameters, with its gradient.

    Values of other origins follow the function by a factor, beside a function of their own: the
    intrinsic coregionalisation of Bonilla, Chai, Williams, "Multi-task Gaussian process
    prediction", NeurIPS 2007, of rank one plus a diagonal. All hyperparameters but the slopes of
    other origins are looked at by their logarithms, and so is their density.

    Args:
        correlation: of the places, which are in the unit cube.
        y: standardised values, shape (n,).
        noise: what is known of the variance of each value.
        origin: number of the origin of each value, shape (n,), 0 where it is the function itself;
            None where all are.
        alike: number of the origin whose noise each has, its own or another's, shape (k,); None
            where each has its own.

    Attributes:
        names: what each hyperparameter is.
        logs: which of them are logarithms.
        k: number of origins.
        shapes: how many of them, the first, shape the correlation.
    """

    def __init__(
        self,
        correlation: Correlation,
        y: NDArray[np.float64],
        noise: RowNoise,
        origin: NDArray[np.intp] | None = None,
        alike: NDArray[np.intp] | None = None,
    ) -> None:
        self.correlation, self.y, self.noise = correlation, y, noise
        self.origin = np.zeros(len(y), dtype=np.intp) if origin is None else origin
        self.k = int(self.origin.max()) + 1
        self.alike = np.arange(self.k) if alike is None else alike
        self.members = np.eye(self.k)[self.origin]
        self.noisy = np.eye(self.k)[self.alike[self.origin]]
        self.learned = (self.noisy * noise.factor[:, None]).any(axis=0)
        others = self.k - 1
        counts = {
            **correlation.counts,
            correlation.scale: 1,
            "local": int(others > 0),
            "slope": others,
            "own": others,
            "noise": int(self.learned[0]),
            "other noise": int(self.learned[1:].sum()),
        }
        self.shapes = sum(correlation.counts.values())
        self.names = [name for name, count in counts.items() for _ in range(count)]
        ends = np.cumsum(list(counts.values()))
        self.at = {
            name: slice(end - count, end)
            for (name, count), end in zip(counts.items(), ends.tolist(), strict=True)
        }
        self.logs = np.array([name != "slope" for name in self.names])
        d = np.array([counts[name] if name == "lengthscale" else 1 for name in self.names])
        priors = [PRIORS[name] for name in self.names]
        self.location = np.array([prior.location for prior in priors]) + np.log(d) / 2
        self.spread = np.array([prior.spread for prior in priors])
        self.start = self._seen(np.array([prior.start for prior in priors]) * np.sqrt(d))
        self.least = self._seen(np.array([prior.least for prior in priors]))
        self.most = self._seen(np.array([prior.most for prior in priors]))

    def _seen(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Values as they are looked at."""
        seen = values.copy()
        seen[self.logs] = np.log(values[self.logs])
        return seen

    def parts(self, theta: NDArray[np.float64]) -> Hyperparameters:
        """What the kernel and the noise are made of."""
        values = {
            name: theta[at] if name == "slope" else np.exp(theta[at])
            for name, at in self.at.items()
        }
        slope = np.append(1.0, values["slope"])
        noise = np.zeros(self.k)
        noise[self.learned] = np.append(values["noise"], values["other noise"])
        return Hyperparameters(
            {name: values[name] for name in self.correlation.counts},
            float(values[self.correlation.scale][0]),
            noise[self.alike],
            np.outer(slope, slope) + np.diag(np.append(0.0, values["own"])),
            float(values["local"].sum()),
        )

    def __call__(self, theta: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        """Value and gradient."""
        parts, shape = self.parts(theta), self.correlation
        alike = shape.at(parts.shape)
        related, own = self._related(parts.relation)
        try:
            factor = _lower(self._covariance(parts, alike))
        except LinAlgError:
            return NOWHERE, np.zeros_like(theta)
        upper, weights = _upper_inverse(factor), self._solved(factor)
        off = (theta - self.location) / self.spread
        value = self.y @ weights / 2 + np.log(np.diag(factor)).sum() + off @ off / 2
        # Half of what the likelihood changes with each covariance; pairs count twice.
        change = (upper - np.outer(weights, weights)) / 2
        each, alone = 2 * related * squareform(change, checks=False), own * np.diag(change)
        gradient = off / self.spread
        gradient[: self.shapes] += parts.outputscale * alike.gradient(each, alone)
        both = each @ alike.pairs + alone @ alike.own
        gradient[self.at[shape.scale]] += parts.outputscale * both
        if self.k > 1:
            gradient[self.at["local"]] += parts.local * (each @ shape.same + alone.sum())
            whole = np.triu(change) + np.triu(change, 1).T
            self._add_relation(gradient, parts.relation, whole * self._function(parts, alike))
        learned = self.noise.factor * parts.noise[self.origin]
        noises = self.noisy.T @ (learned * np.diag(change))
        gradient[self.at["noise"]] += noises[:1][self.learned[:1]]
        gradient[self.at["other noise"]] += noises[1:][self.learned[1:]]
        return float(value), gradient

    def height(self, theta: NDArray[np.float64]) -> float:
        """The value alone."""
        factor = self._factor(theta)
        off = (theta - self.location) / self.spread
        fit = self.y @ self._solved(factor)
        return float(fit / 2 + np.log(np.diag(factor)).sum() + off @ off / 2)

    def left_out(
        self, theta: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Errors of each value as all others tell it, and their variances, shapes (n,).

        Closed forms: ch. 5.4.2.

        Raises:
            LinAlgError: the covariance matrix cannot be factored.
        """
        factor = self._factor(theta)
        variance = 1 / np.diag(_upper_inverse(factor))
        return variance * self._solved(factor), variance

    def function(self, theta: NDArray[np.float64]) -> NDArray[np.float64]:
        """Covariance of the function at each value, shape (n, n)."""
        parts = self.parts(theta)
        return self._related_function(parts, self.correlation.at(parts.shape))

    def _factor(self, theta: NDArray[np.float64]) -> NDArray[np.float64]:
        parts = self.parts(theta)
        return _lower(self._covariance(parts, self.correlation.at(parts.shape)))

    def _solved(self, factor: NDArray[np.float64]) -> NDArray[np.float64]:
        """Inverse of the covariance times the values."""
        solved: NDArray[np.float64] = cho_solve((factor, True), self.y, check_finite=False)
        return solved

    def _function(self, parts: Hyperparameters, alike: Likeness) -> NDArray[np.float64]:
        """Covariance of the function, had all the same origin, shape (n, n)."""
        covariance: NDArray[np.float64] = squareform(
            parts.outputscale * alike.pairs + parts.local * self.correlation.same
        )
        covariance[np.diag_indices(len(covariance))] = parts.outputscale * alike.own + parts.local
        return covariance

    def _related_function(self, parts: Hyperparameters, alike: Likeness) -> NDArray[np.float64]:
        K = self._function(parts, alike)
        if self.k > 1:
            K *= parts.relation[self.origin][:, self.origin]
        return K

    def _covariance(self, parts: Hyperparameters, alike: Likeness) -> NDArray[np.float64]:
        """Covariance of the values, shape (n, n)."""
        K = self._related_function(parts, alike)
        K[np.diag_indices(len(K))] += self.noise.given(parts.noise[self.origin]) + JITTER
        return K

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


def _lower(covariance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Lower Cholesky factor in the place of a matrix; above its diagonal stands what was there.

    Raises:
        LinAlgError: it has none.
    """
    # Of a symmetric matrix the transpose is what LAPACK can work on without a copy.
    factor, fault = dpotrf(covariance.T, lower=1, clean=0, overwrite_a=1)
    if fault:
        msg = "the covariance matrix is singular"
        raise LinAlgError(msg)
    return np.asarray(factor, dtype=np.float64)


def _upper_inverse(factor: NDArray[np.float64]) -> NDArray[np.float64]:
    """Upper triangle of the inverse of a matrix from its lower Cholesky factor."""
    lower, _ = dpotri(factor, lower=1)
    return np.asarray(lower.T, dtype=np.float64)
