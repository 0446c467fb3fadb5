"""The models that are compared, each fitted to one split at a time.

All see the same splits, features of mean 0 and standard deviation 1 over the training part, and a
target standardised alike; scores are in the target's unit.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from cathode.evaluation.metrics import r2, rmse
from cathode.rng import derived_seed
from flows.studies.additive.data import StudyData
from flows.studies.additive.network import Network
from flows.studies.additive.scan import LENGTHSCALES, MOST_LENGTHS, NOISES, Grid, Surface
from flows.studies.additive.splits import FEWEST_TEST_GROUPS, Split, random_splits
from surrogates.gpr_nn.regression import AdditiveRegression
from surrogates.gpr_nn.selection import scan
from surrogates.gpr_nn.terms import directions

INNER_SPLITS = 10
"""Splits of a training part by which l and noise are chosen without a look at the test part."""

Matrix = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Scale:
    """Shift and scale of columns, or of a target.

    Attributes:
        mean: over the training part.
        sd: over the training part; infinite where nothing varies there, so that the column says
            nothing in the test part either.
    """

    mean: Matrix
    sd: Matrix

    @classmethod
    def of(cls, values: Matrix) -> Self:
        """Of columns of values, or one column."""
        varies = np.ptp(values, axis=0) > 0
        return cls(values.mean(axis=0), np.where(varies, values.std(axis=0), np.inf))

    def apply(self, values: Matrix) -> Matrix:
        """Values with mean 0 and standard deviation 1 over the training part."""
        return np.asarray((values - self.mean) / self.sd)


@dataclass(frozen=True, eq=False)
class Fitted:
    """A model that has seen a training part.

    Attributes:
        predict: from standardised features to the standardised target.
        details: what else is kept of the fit, ready for JSON.
    """

    predict: Callable[[Matrix], Matrix]
    details: Mapping[str, Any] = field(default_factory=dict)


class Trial(Protocol):
    """Something that is done on one split, and kept under its name."""

    @property
    def name(self) -> str:
        """What tables call it."""
        ...

    def run(self, data: StudyData, split: Split, seed: int) -> dict[str, Any]:
        """What came of it, ready for JSON; the same arguments give the same."""
        ...


def run_model(
    fit: Callable[[Matrix, Matrix], Fitted], data: StudyData, split: Split
) -> dict[str, Any]:
    """Fit to the training part and score both parts, in the target's unit.

    ``r`` is Pearson's correlation; the paper's tables give its square for networks, which stays
    between 0 and 1 where predictions are far off.
    """
    train, test = split.train, split.test
    scale, unit = Scale.of(data.X[train]), Scale.of(data.y[train])
    fitted = fit(scale.apply(data.X[train]), unit.apply(data.y[train]))
    found: dict[str, Any] = {}
    for part, rows in (("train", train), ("test", test)):
        y = data.y[rows]
        mean = fitted.predict(scale.apply(data.X[rows])) * unit.sd + unit.mean
        found |= {f"{part}_rmse": rmse(y, mean), f"{part}_r2": r2(y, mean)}
        found[f"{part}_r"] = correlation(y, mean)
    return {**found, **fitted.details}


def correlation(y: Matrix, mean: Matrix) -> float:
    """Pearson's correlation; nan where either side does not vary."""
    if np.ptp(y) == 0 or np.ptp(mean) == 0:
        return float("nan")
    return float(np.corrcoef(y, mean)[0, 1])


@dataclass(frozen=True)
class Linear:
    """Least squares with an intercept; of least norm where the training part is too small."""

    name: str = "linear"

    def run(self, data: StudyData, split: Split, seed: int) -> dict[str, Any]:
        """Fit and score on one split; nothing is random."""
        del seed
        return run_model(self._fit, data, split)

    @staticmethod
    def _fit(X: Matrix, y: Matrix) -> Fitted:
        # Both have mean 0: the intercept is 0, and comes back with the target's mean.
        slopes = np.linalg.lstsq(X, y)[0]
        return Fitted(lambda X_new: X_new @ slopes)


@dataclass(frozen=True)
class SmallNetwork:
    """A network of one hidden layer.

    Attributes:
        nodes: units in the hidden layer.
    """

    nodes: int

    @property
    def name(self) -> str:
        """Called by its nodes."""
        return f"network {self.nodes}"

    def run(self, data: StudyData, split: Split, seed: int) -> dict[str, Any]:
        """Train once, from weights that the seed decides, and score on one split."""
        rng = np.random.default_rng(derived_seed(seed, self.name))
        return run_model(partial(self._fit, rng=rng), data, split)

    def _fit(self, X: Matrix, y: Matrix, *, rng: np.random.Generator) -> Fitted:
        trained = Network.fit(X, y, self.nodes, rng)
        return Fitted(trained.predict, {"epochs": trained.epochs, "stop": trained.stop})


@dataclass(frozen=True)
class Additive:
    """The additive Gaussian process with a number of coupling terms (eq. 10 of the paper).

    Attributes:
        name: what tables call it.
        coupling: terms in mixtures of the features, beside one term per feature.
        lengthscale: l, in standard deviations.
        noise: variance over the amplitude of each term.
    """

    name: str
    coupling: int
    lengthscale: float
    noise: float

    def run(self, data: StudyData, split: Split, seed: int) -> dict[str, Any]:
        """Fit and score on one split; nothing is random."""
        del seed
        return run_model(self._fit, data, split)

    def _fit(self, X: Matrix, y: Matrix) -> Fitted:
        model = self.regression(X, y)
        details = {"lengthscale": self.lengthscale, "noise": self.noise}
        return Fitted(model.predict, {**details, "magnitudes": model.magnitudes.tolist()})

    def regression(self, X: Matrix, y: Matrix) -> AdditiveRegression:
        """The fit itself; everything is standardised."""
        W = directions(X.shape[1], self.coupling)
        return AdditiveRegression.fit(X, y, W, lengthscale=self.lengthscale, noise=self.noise)


@dataclass(frozen=True)
class Scanned:
    """R² of the test part at each length and noise.

    Attributes:
        name: what it is kept as.
        coupling: terms of the model in mixtures of the features.
        most: terms that are to be fitted at the optimum; lengths too short for them are nan.
    """

    name: str
    coupling: int
    most: int

    def run(self, data: StudyData, split: Split, seed: int) -> dict[str, Any]:
        """Scan on one split; nothing is random."""
        del seed
        return {"r2": _scanned(data, split, self.coupling, self.most).tolist()}


@dataclass(frozen=True)
class ChosenInside:
    """The additive model without coupling, l and noise chosen on splits of the training part.

    The optimum of the paper's scan has seen the test parts; this has not.

    Attributes:
        most: as of the scan.
    """

    most: int
    name: str = "additive, chosen inside"

    def run(self, data: StudyData, split: Split, seed: int) -> dict[str, Any]:
        """Choose, fit and score on one split; the seed decides the splits of its training part."""
        train = split.train
        groups = data.groups[train]
        n, tested = len(np.unique(groups)), len(np.unique(data.groups[split.test]))
        count = max(FEWEST_TEST_GROUPS, round(n * tested / (n + tested)))
        inner = random_splits(groups, INNER_SPLITS, count, derived_seed(seed, self.name))
        surface = Surface.of(
            [_scanned(data, Split(train[s.train], train[s.test]), 0, self.most) for s in inner]
        )
        chosen = Additive(self.name, 0, surface.lengthscale, surface.noise)
        return chosen.run(data, split, seed)


def _scanned(data: StudyData, split: Split, coupling: int, most: int) -> Grid:
    """R² of a test part; nan where it has none, or a coordinate spans too many lengths."""
    train, test = split.train, split.test
    found = np.full((len(LENGTHSCALES), len(NOISES)), np.nan)
    if np.ptp(data.y[train]) == 0 or np.ptp(data.y[test]) == 0:
        return found
    scale, unit = Scale.of(data.X[train]), Scale.of(data.y[train])
    X, y = scale.apply(data.X), unit.apply(data.y)
    span = float(np.ptp(X @ directions(X.shape[1], most).T, axis=0).max())
    long = np.array(LENGTHSCALES) * MOST_LENGTHS >= span
    W = directions(X.shape[1], coupling)
    found[long] = scan(X, y, W, np.array(LENGTHSCALES)[long], NOISES, [(train, test)]).mean
    return found
