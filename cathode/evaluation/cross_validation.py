"""Predictions for measurements left out of the fit, in folds that never split a candidate."""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from cathode.evaluation.baselines import Predictor
from cathode.evaluation.recalibration import widening
from cathode.model import HeldOut, HeldOutBounds, Prediction, TrainingData

FEWEST_CANDIDATES = 4
"""Below this many distinct candidates a score would say nothing."""

Rows = NDArray[np.intp]


def grouped_folds(
    groups: tuple[str, ...], folds: int, rng: np.random.Generator
) -> Iterator[tuple[Rows, Rows]]:
    """Row numbers to train on and to test on; all rows of a group land in the same fold.

    With fewer groups than folds, each group is a fold.
    """
    distinct = np.array(sorted(set(groups)))
    rng.shuffle(distinct)
    fold_of = {group: i % min(folds, len(distinct)) for i, group in enumerate(distinct)}
    numbers = np.array([fold_of[group] for group in groups])
    for fold in range(min(folds, len(distinct))):
        yield np.flatnonzero(numbers != fold), np.flatnonzero(numbers == fold)


def random_splits(
    groups: tuple[str, ...], splits: int, share: float, rng: np.random.Generator
) -> Iterator[tuple[Rows, Rows]]:
    """Row numbers to train on and to test on, drawn anew each time; no group is split.

    Args:
        groups: of the rows.
        splits: how many.
        share: of the groups that is tested on; at least one group is, and one is not.
        rng: draws them.
    """
    distinct = np.array(sorted(set(groups)))
    tested = min(max(1, round(share * len(distinct))), len(distinct) - 1)
    for _ in range(splits):
        test = np.isin(groups, rng.permutation(distinct)[:tested])
        yield np.flatnonzero(~test), np.flatnonzero(test)


def held_out(
    fit: Callable[[TrainingData], Predictor], data: TrainingData, folds: int, seed: int
) -> HeldOut:
    """Predict every measurement of the campaign's own by a fit that has not seen its candidate.

    Values and bounds are learned from, and predicted apart. The intervals of each fold are as wide
    as the other folds ask for (:func:`cathode.evaluation.recalibration.widening`), as those of a
    fit to all are to be by all folds.

    Args:
        fit: learns from some of the measurements, those of cheaper evaluators among them.
        data: all measurements.
        folds: number of folds.
        seed: decides the folds; the same for every surrogate that is compared.

    Raises:
        FitError: a fold could not be fitted.
    """
    own = data.own
    mean, sigma = np.empty(len(own)), np.empty(len(own))
    tests = [test for _, test in grouped_folds(own.groups, folds, np.random.default_rng(seed))]
    for test in tests:
        # What a cheaper evaluator says of a candidate left out would tell on it.
        out = {own.groups[row] for row in test}
        train = np.flatnonzero([group not in out for group in data.groups])
        prediction = fit(data.take(train)).predict(own.X[test])
        mean[test], sigma[test] = prediction.mean, prediction.sigma
    exact, bounds = np.flatnonzero(own.sides == 0), np.flatnonzero(own.sides)
    z = (own.y - mean) / sigma
    for test in tests:
        sigma[test] *= np.sqrt(_widening(own, z, np.setdiff1d(exact, test)))
    return HeldOut(
        own.y[exact],
        Prediction(mean[exact], sigma[exact]),
        own.exact.groups,
        HeldOutBounds(own.y[bounds], own.sides[bounds], Prediction(mean[bounds], sigma[bounds]))
        if len(bounds)
        else None,
        _widening(own, z, exact),
    )


def _widening(data: TrainingData, z: NDArray[np.float64], rows: Rows) -> float:
    """What some of the left-out values ask for."""
    return widening(z[rows], tuple(data.groups[row] for row in rows))
