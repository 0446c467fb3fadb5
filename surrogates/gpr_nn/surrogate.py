"""GPR-NN for one property."""

from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cathode.errors import FitError
from cathode.evaluation.cross_validation import random_splits
from cathode.model import Prediction, TrainingData
from cathode.space import Space
from cathode.spec import GPRNNSpec
from surrogates.finite import refuse_infinite
from surrogates.gp.descriptors import descriptors
from surrogates.gp.noise import RowNoise, row_noise
from surrogates.gpr_nn.model import AdditiveModel
from surrogates.gpr_nn.regression import AdditiveRegression
from surrogates.gpr_nn.selection import (
    LENGTHSCALES,
    MOST_POINTS,
    RESOLVED,
    Hyperparameters,
    Values,
    most_probable,
    scan,
)
from surrogates.gpr_nn.terms import directions, spanning

FEWEST = 2
"""Values from which a fit is tried."""

COUPLINGS = (0, 10, 30, 100)
"""Numbers of coupling terms among which the data choose."""

NOISES = np.geomspace(1e-8, 1.0, 9)
"""Variances of the noise over the amplitude of a term that a scan tries."""

SPLITS, TEST_SHARE = 20, 0.2
"""Random splits of a scan, and the share of candidates that each tests on."""

FIRST_NOISE = 0.02
"""Variance of the noise, over that of the values, before it is learned."""

ROUNDS = 3
"""Fits in which the noise settles, where only some of it is stated."""

BELIEF = 10
"""Values' worth of belief in the likelihood's amplitude, against what left-out values say."""


@dataclass(frozen=True)
class Known:
    """Standardised values at transformed places.

    Attributes:
        X: places, shape (n, d).
        y: values, shape (n,).
        noise: what is known of the noise of each.
        common: variance of the noise that is learned, as far as it is known.
        groups: candidate ids.
    """

    X: Values
    y: Values
    noise: RowNoise
    common: float
    groups: tuple[str, ...]

    @property
    def stated(self) -> bool:
        """Whether nothing is to be learned of the noise."""
        return not self.noise.factor.any()

    @property
    def mixed(self) -> bool:
        """Whether some noise is to be learned and some is not."""
        return bool(self.noise.fixed.any()) and not self.stated

    @property
    def relative(self) -> Values:
        """Variance of each value's noise over the common one, shape (n,)."""
        return self.noise.given(np.full(len(self.y), self.common)) / self.common

    def take(self, rows: NDArray[np.intp]) -> "Known":
        """The values at the given row numbers."""
        noise = RowNoise(self.noise.fixed[rows], self.noise.factor[rows])
        groups = tuple(self.groups[row] for row in rows)
        return replace(self, X=self.X[rows], y=self.y[rows], noise=noise, groups=groups)


@dataclass(frozen=True)
class FittedGPRNN:
    """A sum of functions of one variable each that has learned one property.

    Attributes:
        name: name of the surrogate.
        model: the BoTorch model, one output over the coordinates of the space.
        notes: what is worth knowing of the fit.
    """

    name: str
    model: AdditiveModel
    notes: tuple[str, ...] = ()

    @property
    def origins(self) -> tuple[str, ...]:
        """It learns from the campaign's own evaluator alone."""
        return ()

    def predict(self, X: NDArray[np.float64]) -> Prediction:
        """What new measurements at X, shape (n, d), would read, noise included."""
        model, learned = self.model, self.model.regression
        with torch.no_grad():
            places = model.descriptors(torch.as_tensor(X)).numpy()
        variance = learned.variance(places) + model.noise
        return Prediction(
            model.location + model.scale * learned.predict(places),
            model.scale * np.sqrt(variance),
        )

    def told(self, X: Tensor, origin: str, draws: NDArray[np.float64]) -> None:
        """It learns nothing from other evaluators."""


class GPRNNSurrogate:
    """First-order additive GP regression in redundant coordinates, linear in the points.

    Sources: see :mod:`surrogates.gpr_nn`. Length scale, noise and the number of coupling terms
    are the most probable ones, or those whose test R2 over random splits is high and steady. The
    amplitude, and with it the width of intervals, is corrected by how far values lie from what
    is predicted of them when their candidates are left out.
    """

    def __init__(self, spec: GPRNNSpec, space: Space) -> None:
        self.spec, self.space = spec, space
        self.name = spec.name

    def fit(self, data: TrainingData, seed: int, widening: float = 1.0) -> FittedGPRNN:
        """Choose hyperparameters and learn.

        Raises:
            FitError: too few values, or they are no finite numbers.
        """
        own = data.own.exact
        if len(own) < FEWEST:
            msg = f"{data.property_name} has {len(own)} values: GPR-NN needs {FEWEST}"
            raise FitError(msg)
        refuse_infinite(own)
        transform = descriptors(self.spec.descriptors, self.space)
        with torch.no_grad():
            X = transform.transform(torch.as_tensor(own.X)).numpy()
        location, scale = float(own.y.mean()), float(own.y.std(ddof=1))
        # A constant has no scale of its own; a millionth of it says that it is one.
        scale = scale if scale > 0 else 1e-6 * max(abs(location), 1.0)
        y = (own.y - location) / scale
        one, exact = np.zeros(len(y), dtype=np.intp), np.ones(len(y), dtype=bool)
        noise, notes = row_noise(y, own.sigma / scale, own.groups, one, exact)
        known = Known(X, y, noise, FIRST_NOISE if noise.factor.any() else 1.0, own.groups)
        learned, known = self._learned(known, np.random.default_rng(seed))
        learned = replace(learned, amplitude=widening * learned.amplitude)
        if bounds := len(data.own) - len(own):
            notes = (*notes, f"{bounds} bounds left out: GPR-NN reads none")
        if len(y) > MOST_POINTS:
            notes = (*notes, f"hyperparameters by {MOST_POINTS} of {len(y)} values")
        # What is stated of a new value is as stated, what is learned as learned.
        common = 1.0 if known.stated else learned.amplitude * learned.noise
        new = float(noise.given(np.full(len(y), common)).mean())
        model = AdditiveModel(learned, transform, location, scale, new)
        return FittedGPRNN(self.name, model.eval(), notes)

    def _learned(self, known: Known, rng: np.random.Generator) -> tuple[AdditiveRegression, Known]:
        """The model, and what is known of the noise by then."""
        few = rng.permutation(len(known.y))[:MOST_POINTS]
        for _ in range(ROUNDS if known.mixed else 1):
            chosen, W = self._chosen(known.take(few), rng)
            if not known.stated:
                known = replace(known, common=chosen.noise * chosen.amplitude)
        learned = AdditiveRegression.fit(
            known.X,
            known.y,
            W,
            chosen.lengthscale,
            # Of many values the moments are so large that rounding hides less noise than this.
            max(chosen.noise, RESOLVED * len(W) * len(known.y)),
            chosen.amplitude,
            known.relative,
        )
        return _corrected(learned, known.take(few)), known

    def _chosen(self, few: Known, rng: np.random.Generator) -> tuple[Hyperparameters, Values]:
        """Hyperparameters and the rows of the terms."""
        splits = list(random_splits(few.groups, SPLITS, TEST_SHARE, rng))
        asked = COUPLINGS if self.spec.coupling == "auto" else (self.spec.coupling,)
        found = []
        for coupling in asked:
            W = spanning(directions(few.X.shape[1], coupling), few.X)
            if self.spec.selection == "likelihood":
                best = most_probable(few.X, few.y, W, few.relative, stated=few.stated)
            else:
                best = _steadiest(few, W, splits)
            found.append((best, W))
        return max(found, key=lambda each: each[0].evidence)


def _steadiest(
    known: Known, W: Values, splits: list[tuple[NDArray[np.intp], NDArray[np.intp]]]
) -> Hyperparameters:
    """What a scan over random splits chooses; the most likely amplitude goes with it."""
    found = scan(known.X, known.y, W, LENGTHSCALES, NOISES, splits)
    lengthscale, noise = found.best
    learned = AdditiveRegression.fit(
        known.X, known.y, W, lengthscale, noise, relative=known.relative
    )
    score = float(np.max(found.mean - found.sd))
    return Hyperparameters(lengthscale, noise, learned.amplitude, score)


def _corrected(learned: AdditiveRegression, known: Known) -> AdditiveRegression:
    """The amplitude at which left-out values lie as far off as they are said to.

    Sundararajan, Keerthi, "Predictive approaches for choosing hyperparameters in Gaussian
    processes", Neural Comput. 13, 1103 (2001), for the scale alone, which moves no mean.
    """
    mean, variance = learned.left_out(known.X, known.y, known.relative, known.groups)
    off = (known.y - mean) ** 2 / variance
    factor = (off.sum() + BELIEF) / (len(known.y) + BELIEF)
    return replace(learned, amplitude=learned.amplitude * float(factor))
