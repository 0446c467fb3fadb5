"""Intervals become as wide as left-out values ask for."""

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from cathode.evaluation.cross_validation import held_out
from cathode.evaluation.metrics import coverage, crps
from cathode.evaluation.recalibration import BELIEF, MOST, of_a_new_value, widening
from cathode.model import Prediction, TrainingData


def names(n):
    return tuple(map(str, range(n)))


@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_many_values_are_believed(scale):
    z = scale * np.random.default_rng(0).standard_normal(5000)
    assert widening(z, names(5000)) == pytest.approx(scale**2, rel=0.05)


def test_nothing_is_made_narrower():
    z = 0.2 * np.random.default_rng(0).standard_normal(5000)
    assert 1 <= widening(z, names(5000)) < 1.01


def test_the_variance_of_a_new_value_is_that_of_students_t():
    rng, n = np.random.default_rng(5), 9
    known, new = rng.standard_normal((200_000, n)), rng.standard_normal(200_000)
    t = (new - known.mean(axis=1)) / known.std(axis=1, ddof=1)
    assert of_a_new_value(n) == pytest.approx(t.var(), rel=0.02)
    assert of_a_new_value(3) == np.inf


def test_it_is_where_the_score_is_least():
    """Of the values themselves, and of many drawn ones that stand for the belief."""
    rng = np.random.default_rng(1)
    z, drawn = 3 * rng.standard_normal(12), rng.standard_normal(200_000)

    def score(scale):
        mine, others = (
            crps(each, Prediction(np.zeros(len(each)), np.full(len(each), scale)))
            for each in (z, drawn)
        )
        return len(z) * mine + BELIEF * others

    best = minimize_scalar(score, bounds=(1, MOST), method="bounded").x
    assert widening(z, names(12)) == pytest.approx(best**2 * of_a_new_value(12), rel=0.01)


def test_few_values_and_wild_ones_move_little():
    few = widening(np.full(4, 3.0), names(4)) / of_a_new_value(4)
    assert 4 < few < 7  # between one and the square of all, which is 9
    wild = np.append(np.random.default_rng(2).standard_normal(60), 30.0)
    assert widening(wild, names(61)) < 2.1  # the mean square is 16


def test_replicates_count_once():
    z = np.array([0.3, -1.2, 2.5])
    many = np.concatenate([z, np.full(20, 2.5)])
    groups = ("a", "b", *("c",) * 21)
    assert widening(many, groups) == pytest.approx(widening(z, ("a", "b", "c")))


def test_no_values_leave_it_as_it_is():
    assert widening(np.empty(0), ()) == pytest.approx(1, abs=1e-3)


class Sure:
    """Predicts zero, and is four times too sure."""

    def __init__(self, data):
        pass

    def predict(self, X):
        return Prediction(np.zeros(len(X)), np.full(len(X), 0.25))


def data(y):
    X = np.arange(float(len(y)))[:, None]
    return TrainingData("p", X, y, np.full(len(y), np.nan), names(len(y)))


def test_scores_are_of_recalibrated_intervals():
    y = np.random.default_rng(3).standard_normal(400)
    found = held_out(Sure, data(y), 5, 0)
    assert found.widening == pytest.approx(16, rel=0.15)
    assert coverage(y, found.prediction, 80) == pytest.approx(80, abs=4)


def test_no_fold_decides_its_own_width():
    y = np.random.default_rng(4).standard_normal(40)
    before = held_out(Sure, data(y), 5, 0).prediction.sigma
    moved = y.copy()
    moved[7] += 9
    after = held_out(Sure, data(moved), 5, 0).prediction.sigma
    same = np.isclose(before, after, rtol=1e-9)
    assert same[7]
    assert same.sum() == 8  # those of its fold
