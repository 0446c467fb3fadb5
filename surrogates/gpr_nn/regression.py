"""GPR-NN as Bayesian linear regression on explicit features: its cost is linear in the points.

With features phi and weights w ~ N(0, s I) the kernel is s phi(x).phi(x'), so the posterior of the
weights is that of the Gaussian process (Rasmussen, Williams, "Gaussian Processes for Machine
Learning", MIT Press 2006, sec. 2.1). Values have the noise variance s * noise * relative_i.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cathode.errors import FitError
from surrogates.gpr_nn.features import AdditiveFeatures

CHUNK = 2048
"""Points whose features are held in memory together."""

FEW = 4
"""New points up to which a factor is updated one by one; then a new one is quicker."""

Values = NDArray[np.float64]


@dataclass(frozen=True)
class AdditiveRegression:
    """A sum of one function per term, learned.

    Attributes:
        features: of places.
        noise: variance of the noise over the amplitude of a term.
        amplitude: s, variance of each term's function, in the unit of the values squared.
        offset: mean of the values.
        factor: lower Cholesky factor of the features' moments plus noise, shape (F, F).
        moment: sum of features times values, shape (F,).
        weights: their posterior mean, shape (F,).
        centre: mean of the features over the points, shape (F,).
        second: mean products of each term's features over them, shape (terms, rank, rank).
        n: number of points.
    """

    features: AdditiveFeatures
    noise: float
    amplitude: float
    offset: float
    factor: Tensor
    moment: Tensor
    weights: Tensor
    centre: Tensor
    second: Tensor
    n: int

    @classmethod
    def fit(
        cls,
        X: Values,
        y: Values,
        W: Values,
        lengthscale: float,
        noise: float,
        amplitude: float | None = None,
        relative: Values | None = None,
    ) -> Self:
        """Learn from points; all else is given.

        Args:
            X: places, shape (n, d).
            y: values, shape (n,).
            W: rows of the terms, shape (terms, d).
            lengthscale: l of every term, in the unit of ``X @ W.T``.
            noise: variance of the noise over the amplitude of a term.
            amplitude: of a term; the most likely one if None.
            relative: variance of each value's noise over that noise, shape (n,); 1 if None.

        Raises:
            FitError: a number is not finite, or noise is not positive.
        """
        if not (len(X) and np.isfinite(X).all() and np.isfinite(y).all() and noise > 0):
            msg = f"noise={noise} and {len(X)} points: give finite points and a positive noise"
            raise FitError(msg)
        places = X @ W.T
        features = AdditiveFeatures(W, lengthscale, places.min(axis=0), places.max(axis=0))
        offset = float(np.mean(y))
        ratio = np.ones(len(y)) if relative is None else relative
        size = features.terms * features.rank
        gram, moment, centre = torch.zeros(size, size).double(), *torch.zeros(2, size).double()
        second = torch.zeros(features.terms, features.rank, features.rank).double()
        for rows, phi in _chunks(features, X):
            scaled = phi / torch.as_tensor(ratio[rows]).unsqueeze(-1)
            gram.addmm_(phi.T, scaled)
            moment += scaled.T @ torch.as_tensor(y[rows] - offset)
            centre += phi.sum(0) / len(X)
            second += _products(phi, features) / len(X)
        gram.diagonal().add_(noise)
        factor, failed = torch.linalg.cholesky_ex(gram)
        if failed:
            factor = _factor_by_rows(features, X, ratio, noise)
        weights = _solved(factor, moment)
        if amplitude is None:
            # Where the density of y ~ N(0, s (K + noise)) is highest.
            rest = float(np.sum((y - offset) ** 2 / ratio) - moment @ weights)
            amplitude = max(rest / (noise * len(y)), np.finfo(float).tiny)
        return cls(
            features,
            noise,
            float(amplitude),
            offset,
            factor,
            moment,
            weights,
            centre,
            second,
            len(X),
        )

    def predict(self, X: Values) -> Values:
        """Mean at places of shape (m, d)."""
        return self._each(X, lambda phi: phi @ self.weights) + self.offset

    def variance(self, X: Values) -> Values:
        """Variance of the function, without noise, at places of shape (m, d)."""
        return self._each(X, self.variance_of)

    def variance_of(self, phi: Tensor) -> Tensor:
        """Variance of the function where features are ``... x F``, shape ``...``."""
        uncertain = self.whitened(phi).square().sum(-1)
        return self.amplitude * (self.noise * uncertain + self.unspanned(phi))

    def whitened(self, phi: Tensor) -> Tensor:
        """Features ``... x F`` whose products, times amplitude and noise, are covariances."""
        flat = phi.reshape(-1, phi.shape[-1])
        solved = torch.linalg.solve_triangular(self.factor.T, flat, upper=True, left=False)
        return solved.reshape(phi.shape)

    def unspanned(self, phi: Tensor) -> Tensor:
        """Variance over the amplitude that features ``... x F`` do not span, shape ``...``.

        Nothing within the interval of the nodes; far outside all of it, as of any kernel.
        """
        return (self.features.terms - phi.square().sum(-1)).clamp_min(0.0)

    def functions(self, X: Values) -> Values:
        """f_n at places of shape (m, d), each with mean zero over the points: (m, terms)."""
        features, shape = self.features, (self.features.terms, self.features.rank)
        weights, centre = self.weights.view(shape), self.centre.view(shape)
        parts = [
            (phi.view(-1, *shape) - centre).mul_(weights).sum(-1) for _, phi in _chunks(features, X)
        ]
        found: Values = torch.cat(parts).numpy()
        return found

    @property
    def magnitudes(self) -> Values:
        """``var(f_n)**0.5`` over the points, by which terms are ordered: shape (terms,)."""
        shape = (self.features.terms, self.features.rank)
        weights = self.weights.view(shape)
        centre = self.centre.view(shape)
        scatter = self.second - centre.unsqueeze(-1) * centre.unsqueeze(-2)
        found = torch.einsum("tr,trs,ts->t", weights, scatter, weights)
        magnitudes: Values = found.clamp_min(0.0).sqrt().numpy()
        return magnitudes

    def left_out(
        self,
        X: Values,
        y: Values,
        relative: Values | None = None,
        groups: tuple[str, ...] | None = None,
    ) -> tuple[Values, Values]:
        """What would be predicted of the points it was fitted to, each left out, in closed form.

        Hyperparameters are not chosen anew. Rasmussen, Williams, sec. 5.4.2.

        Args:
            X: the places, or some of them, shape (n, d).
            y: their values, shape (n,).
            relative: as in :meth:`fit`.
            groups: points of one group are left out together; none share one if None.

        Returns:
            Means and variances of the values, noise included, each of shape (n,).
        """
        ratio = np.ones(len(y)) if relative is None else relative
        scaled = []
        for rows, phi in _chunks(self.features, X):
            scaled.append(phi / torch.as_tensor(ratio[rows]).sqrt().unsqueeze(-1))
        root = self.whitened(torch.cat(scaled)).numpy()
        residual = (y - self.predict(X)) / np.sqrt(ratio)
        # Residuals and variances of values not seen, over the noise.
        spread = 1 / (1 - np.square(root).sum(axis=1))
        off = residual * spread
        for rows in _shared(groups):
            unseen = np.linalg.inv(np.eye(len(rows)) - root[rows] @ root[rows].T)
            off[rows], spread[rows] = unseen @ residual[rows], np.diag(unseen)
        return y - off * np.sqrt(ratio), self.amplitude * self.noise * spread * ratio

    def updated(self, X: Values, y: Values, relative: Values | None = None) -> Self:
        """With more points, at the same hyperparameters; a rank-one update for each of few.

        Args:
            X: places, shape (m, d).
            y: values, shape (m,).
            relative: as in :meth:`fit`.
        """
        ratio = torch.ones(len(y)).double() if relative is None else torch.as_tensor(relative)
        with torch.no_grad():
            phi = self.features(torch.as_tensor(X))
            rows = phi / ratio.sqrt().unsqueeze(-1)
            if len(y) <= FEW:
                factor = self.factor.numpy().T.copy()
                for row in rows.numpy():
                    _add_row(factor, row.copy())
                raised = torch.as_tensor(factor.T.copy())
            else:
                raised = torch.linalg.cholesky(self.factor @ self.factor.T + rows.T @ rows)
            moment = self.moment + (phi.T / ratio) @ torch.as_tensor(y - self.offset)
            total = self.n + len(y)
            centre = (self.n * self.centre + phi.sum(0)) / total
            second = (self.n * self.second + _products(phi, self.features)) / total
        return replace(
            self,
            factor=raised,
            moment=moment,
            weights=_solved(raised, moment),
            centre=centre,
            second=second,
            n=total,
        )

    def _each(self, X: Values, of: Callable[[Tensor], Tensor]) -> Values:
        parts = [of(phi) for _, phi in _chunks(self.features, X)]
        found: Values = torch.cat(parts).numpy()
        return found


def _chunks(features: AdditiveFeatures, X: Values) -> Iterator[tuple[slice, Tensor]]:
    """Rows and their features, as many as fit into memory at a time."""
    with torch.no_grad():
        for start in range(0, len(X), CHUNK):
            rows = slice(start, start + CHUNK)
            yield rows, features(torch.as_tensor(X[rows]))


def _products(phi: Tensor, features: AdditiveFeatures) -> Tensor:
    """Sums over places of products of each term's features, shape (terms, rank, rank)."""
    by_term = phi.view(len(phi), features.terms, features.rank).transpose(0, 1)
    return by_term.transpose(1, 2) @ by_term


def _solved(factor: Tensor, moment: Tensor) -> Tensor:
    return torch.cholesky_solve(moment.unsqueeze(-1), factor).squeeze(-1)


def _factor_by_rows(
    features: AdditiveFeatures, X: Values, relative: Values, noise: float
) -> Tensor:
    """The factor by orthogonal transformations of rows: slower, but never of a squared matrix.

    Where noise is little, rounding of the moments would hide it.
    """
    R = math.sqrt(noise) * torch.eye(features.terms * features.rank).double()
    for rows, phi in _chunks(features, X):
        scaled = phi / torch.as_tensor(relative[rows]).sqrt().unsqueeze(-1)
        R = torch.linalg.qr(torch.cat([R, scaled]), mode="r").R
    return (R * R.diagonal().sign().unsqueeze(-1)).T.contiguous()


def _add_row(upper: Values, row: Values) -> None:
    """Turn U with U'U = A into that of A + row row', in place, by Givens rotations."""
    for k in range(len(row)):
        if row[k] == 0:
            continue
        r = math.hypot(upper[k, k], row[k])
        c, s = upper[k, k] / r, row[k] / r
        own = upper[k, k:].copy()
        upper[k, k:] = c * own + s * row[k:]
        row[k:] = c * row[k:] - s * own


def _shared(groups: tuple[str, ...] | None) -> list[NDArray[np.intp]]:
    """Row numbers of each group of several."""
    found: dict[str, list[int]] = {}
    for row, group in enumerate(groups or ()):
        found.setdefault(group, []).append(row)
    return [np.array(rows) for rows in found.values() if len(rows) > 1]
