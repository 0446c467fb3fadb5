"""Ways to learn a new family of materials, with and without an earlier one."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from benchmarks.transfer_table import Electrodes, Rows
from cathode.evaluation.baselines import LinearPredictor, MeanPredictor, Predictor
from cathode.model import Prediction, TrainingData
from cathode.protocols import FittedSurrogate
from cathode.sources.mp_electrodes import COORDINATES
from cathode.space import PoolSpace
from cathode.spec import GPSpec
from surrogates.registry import build_surrogate

HISTORY = "history"
FEWEST = 2
"""Values without which nothing can be learned from them alone."""


@dataclass(frozen=True, eq=False)
class Split:
    """What is to be predicted, and what may be learned from.

    Attributes:
        table: all electrodes.
        history: rows of the earlier family.
        others: rows of the new one that are not predicted, in the order they are measured.
        test: rows of the new one that are to be predicted.
        seed: of whatever draws.
    """

    table: Electrodes
    history: Rows
    others: Rows
    test: Rows
    seed: int

    @cached_property
    def space(self) -> PoolSpace:
        """All rows, of both families."""
        rows = np.concatenate([self.history, self.others, self.test])
        columns = [f"x{i}" for i in range(self.table.X.shape[1])]
        return PoolSpace.of_rows(columns, np.unique(self.table.X[rows], axis=0))

    @cached_property
    def earlier(self) -> FittedSurrogate:
        """A GP of the earlier family."""
        return self.fitted(Task(self, 0).all.of(HISTORY))

    def fitted(self, data: TrainingData, transfer: str = "none") -> FittedSurrogate:
        """The product's GP with what it has learned."""
        spec = GPSpec.model_validate({"kind": "gp", "transfer": transfer})
        return build_surrogate(spec, self.space).fit(data, self.seed)

    def predicted(self, fitted: Predictor) -> Prediction:
        """What is expected of the rows to be predicted."""
        return fitted.predict(self.table.X[self.test])


@dataclass(frozen=True, eq=False)
class Task:
    """A split of which the first n rows of the new family are measured."""

    split: Split
    n: int

    @property
    def known(self) -> Rows:
        """Rows of the new family that are measured."""
        return self.split.others[: self.n]

    @property
    def all(self) -> TrainingData:
        """The values of both families, those of the earlier one as a history."""
        earlier = self._values(self.split.history)
        named = replace(earlier, origins=(HISTORY,) * len(earlier), history=(HISTORY,))
        return self.own.beside([named])

    @property
    def own(self) -> TrainingData:
        """The values of the new family."""
        return self._values(self.known)

    def _values(self, rows: Rows) -> TrainingData:
        table = self.split.table
        unknown = np.full(len(rows), np.nan)
        names = tuple(f"row {row}" for row in rows)
        return TrainingData("average_voltage", table.X[rows], table.y[rows], unknown, names)


def alone(task: Task) -> Prediction:
    """The product's GP, of the new family alone."""
    return task.split.predicted(task.split.fitted(task.own))


def without_redox(task: Task) -> Prediction:
    """The same without the columns that tell what gives the electrons."""
    split, columns = task.split, len(COORDINATES)
    fewer = replace(split, table=replace(split.table, X=split.table.X[:, :columns]))
    return alone(Task(fewer, task.n))


def multitask(task: Task) -> Prediction:
    """The product's GP of both families, related as far as the values say."""
    return task.split.predicted(task.split.fitted(task.all, "multitask"))


def ensemble(task: Task) -> Prediction:
    """The product's ranking-weighted ensemble of a GP of each family."""
    return task.split.predicted(task.split.fitted(task.all, "ensemble"))


def history_only(task: Task) -> Prediction:
    """A GP of the earlier family, whatever was measured since."""
    return task.split.predicted(task.split.earlier)


def pooled(task: Task) -> Prediction:
    """One GP that takes both families for one."""
    both = replace(task.all, origins=(), history=())
    return task.split.predicted(task.split.fitted(both))


def residual(task: Task) -> Prediction:
    """A GP of what a GP of the earlier family gets wrong."""
    split, own = task.split, task.own
    expected = split.predicted(split.earlier)
    if task.n < FEWEST:
        return expected
    off = replace(own, y=own.y - split.earlier.predict(own.X).mean)
    more = split.predicted(split.fitted(off))
    return Prediction(expected.mean + more.mean, more.sigma)


def mean(task: Task) -> Prediction:
    """Mean and spread of what was measured."""
    return task.split.predicted(MeanPredictor.fit(task.own))


def linear(task: Task) -> Prediction:
    """Bayesian linear regression on scaled coordinates."""
    table = task.split.table
    low, high = task.split.space.bounds
    scaled = (table.X - low) / np.where(high > low, high - low, 1.0)
    fitted = LinearPredictor.fit(replace(task.own, X=scaled[task.known]))
    return fitted.predict(scaled[task.split.test])


@dataclass(frozen=True)
class Method:
    """A way to predict.

    Attributes:
        predict: does it.
        least: values of the new family that it needs.
    """

    predict: Callable[[Task], Prediction]
    least: int = 0


METHODS = {
    "GP alone": Method(alone, FEWEST),
    "GP multitask": Method(multitask),
    "GP ensemble": Method(ensemble),
    "history only": Method(history_only),
    "GP of both as one": Method(pooled),
    "GP of the history's errors": Method(residual),
    "GP alone, no redox columns": Method(without_redox, FEWEST),
    "mean": Method(mean, FEWEST),
    "linear": Method(linear, FEWEST),
}
"""The first three are the product's surrogates."""
