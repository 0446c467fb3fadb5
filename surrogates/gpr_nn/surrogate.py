"""GPR-NN for one property."""

from dataclasses import dataclass, replace

import numpy as np
import torch
from botorch.models.transforms.input import InputTransform
from numpy.typing import NDArray
from torch import Tensor

from cathode.errors import FitError
from cathode.evaluation.cross_validation import random_splits
from cathode.model import Prediction, TrainingData
from cathode.space import Space
from cathode.spec import GPRNNSpec
from surrogates.gp.descriptors import descriptors
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

BELIEF = 10
"""Values' worth of belief in the likelihood's amplitude, against what left-out values say."""


@dataclass(frozen=True)
class Known:
    """Standardised values at transformed places.

    Attributes:
        X: places, shape (n, d).
        y: values, shape (n,).
        relative: variance of each value's noise over the common one, shape (n,).
        stated: whether these are the variances themselves.
        groups: candidate ids.
        location: mean of the values as measured.
        scale: their standard deviation.
    """

    X: Values
    y: Values
    relative: Values
    stated: bool
    groups: tuple[str, ...]
    location: float
    scale: float

    @classmethod
    def of(cls, data: TrainingData, transform: InputTransform) -> "Known":
        """What is known of a property."""
        with torch.no_grad():
            X = transform.transform(torch.as_tensor(data.X)).numpy()
        location, scale = float(data.y.mean()), float(data.y.std(ddof=1))
        # A constant has no scale of its own; a millionth of it says that it is one.
        scale = scale if scale > 0 else 1e-6 * max(abs(location), 1.0)
        stated = bool(np.isfinite(data.sigma).all() and (data.sigma > 0).all())
        relative = (data.sigma / scale) ** 2 if stated else np.ones(len(data))
        y = (data.y - location) / scale
        return cls(X, y, relative, stated, data.groups, location, scale)

    def take(self, rows: NDArray[np.intp]) -> "Known":
        """The values at the given row numbers."""
        return replace(
            self,
            X=self.X[rows],
            y=self.y[rows],
            relative=self.relative[rows],
            groups=tuple(self.groups[row] for row in rows),
        )


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

    def fit(self, data: TrainingData, seed: int) -> FittedGPRNN:
        """Choose hyperparameters and learn.

        Raises:
            FitError: too few values, or they are no finite numbers.
        """
        own = data.own
        if len(own) < FEWEST:
            msg = f"{data.property_name} has {len(own)} values: GPR-NN needs {FEWEST}"
            raise FitError(msg)
        transform = descriptors(self.spec.descriptors, self.space)
        known = Known.of(own, transform)
        rng = np.random.default_rng(seed)
        few = known.take(rng.permutation(len(own))[:MOST_POINTS])
        chosen, W = self._chosen(few, rng)
        learned = AdditiveRegression.fit(
            known.X,
            known.y,
            W,
            chosen.lengthscale,
            # Of many values the moments are so large that rounding hides less noise than this.
            max(chosen.noise, RESOLVED * len(W) * len(own)),
            chosen.amplitude,
            known.relative,
        )
        if not known.stated:
            learned = _corrected(learned, few)
        by = f"hyperparameters by {MOST_POINTS} of {len(own)} values"
        model = AdditiveModel(
            learned, transform, known.location, known.scale, float(known.relative.mean())
        )
        return FittedGPRNN(self.name, model.eval(), (by,) if len(own) > MOST_POINTS else ())

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
    mean, variance = learned.left_out(known.X, known.y, groups=known.groups)
    off = (known.y - mean) ** 2 / variance
    factor = (off.sum() + BELIEF) / (len(known.y) + BELIEF)
    return replace(learned, amplitude=learned.amplitude * float(factor))
