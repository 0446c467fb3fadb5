"""Paired differences of absolute errors, against independent computations."""

import numpy as np
import pytest
from scipy.stats import ttest_rel

from cathode.model import Prediction
from flows.crystals.verdict import compared, comparisons, verdict

RNG = np.random.default_rng(2)


def predictions(n, error):
    y = RNG.normal(size=n)
    return y, y + RNG.normal(scale=error, size=n), y + RNG.normal(scale=0.5, size=n)


def test_crystals_that_are_all_apart_are_a_paired_t_test():
    y, own, other = predictions(40, 0.4)
    found = compared(y, own, other, [str(n) for n in range(40)])
    known = ttest_rel(np.abs(y - other), np.abs(y - own))
    assert found["mae_lower_by"] / found["error"] == pytest.approx(known.statistic)
    assert found["decided"] == (known.pvalue < 0.05)
    assert (found["crystals"], found["groups"]) == (40, 40)


def test_groups_of_equal_crystals_count_once():
    y, own, other = predictions(15, 0.3)
    single = compared(y, own, other, [str(n) for n in range(15)])
    groups = np.repeat([str(n) for n in range(15)], 4)
    fourfold = compared(*(np.repeat(each, 4) for each in (y, own, other)), groups)
    assert fourfold["error"] == pytest.approx(single["error"])
    assert fourfold["mae_lower_by"] == pytest.approx(single["mae_lower_by"])


def test_groups_of_unlike_sizes_have_the_cluster_robust_error():
    y, own, other = predictions(30, 0.3)
    groups = np.array([str(n) for n in RNG.integers(0, 7, 30)])
    found = compared(y, own, other, groups)
    gains = np.abs(y - other) - np.abs(y - own)
    kinds = sorted(set(groups))
    meat = sum((gains - gains.mean())[groups == kind].sum() ** 2 for kind in kinds)
    expected = np.sqrt(len(kinds) / (len(kinds) - 1) * meat) / 30
    assert found["error"] == pytest.approx(expected)


def test_one_group_has_no_error_and_decides_nothing():
    found = compared(np.zeros(3), np.zeros(3), np.ones(3), ["a"] * 3)
    assert found == {
        "mae_lower_by": 1.0, "error": None, "decided": False, "crystals": 3, "groups": 1,
    }  # fmt: skip
    assert "lower by 1 V than that of the mean, which cannot be told" in verdict(
        {"mean": found}, "V"
    )


def sentence(own, linear, mean, n=50):
    y = RNG.normal(size=n)
    noise = [y + RNG.choice([-1, 1], n) * RNG.uniform(0.5, 1.5, n) * e for e in (own, linear, mean)]
    made, ridge, constant = (Prediction(each, np.ones(n)) for each in noise)
    others = {"mean": constant, "linear": ridge}
    return verdict(comparisons(y, made, others, [str(i) for i in range(n)]), "V")


def test_the_sentence_says_better_worse_and_what_cannot_be_told():
    better = sentence(0.1, 0.4, 1.0)
    assert better.startswith("Better than the ridge on element fractions and the mean: the MAE is ")
    assert "of 50 test crystals in 50 groups" in better
    worse = sentence(0.4, 0.1, 1.0)
    assert worse.startswith("Worse than the ridge on element fractions: the MAE is higher by 0.")
    assert ", and lower by 0." in worse
    unsure = sentence(0.4, 0.4, 1.0)
    assert unsure.startswith("Not shown to be better than the ridge on element fractions: the MAE")
    assert "than that of the ridge on element fractions, which cannot be told from chance" in unsure
