from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cathode.evaluation.trust import allowed_inside, doubts
from cathode.model import Skill


def skill(surrogate="gp", *, champion=True, error=None, **metrics):
    full = {"n": 40.0, "crps": 1.0, "coverage_80": 80.0} | metrics
    return Skill("p", surrogate, {} if error else full, None, champion, error)


def mean(crps=2.0):
    return skill("mean", champion=False, crps=crps)


def chance(low, high, n, level):
    """The binomial distribution, summed term by term."""
    p = level / 100
    return sum(comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(low, high + 1))


@given(st.integers(1, 300), st.sampled_from([50, 80, 95]))
def test_what_n_allows_leaves_a_fortieth_on_either_side(n, level):
    low, high = allowed_inside(n, level)
    assert chance(0, low - 1, n, level) < 0.025 <= chance(0, low, n, level)
    assert chance(high + 1, n, n, level) <= 0.025 < chance(high, n, n, level) + 1e-12


def test_a_champion_with_skill_enough_data_and_calibration_raises_no_doubt():
    assert doubts([skill(), mean()]) == []


@pytest.mark.parametrize(
    ("n", "coverage", "words"),
    [
        (40, 65.0, "26 of 40 held-out values lie in its 80 % intervals, 27 to 37 are expected"),
        (40, 95.0, "38 of 40"),
        (40, 67.5, None),
        (40, 92.5, None),
        (400, 75.0, "its uncertainties are too small"),
        (400, 85.0, "its uncertainties are too large"),
    ],
)
def test_coverage_is_doubted_outside_what_n_allows(n, coverage, words):
    found = doubts([skill(n=float(n), coverage_80=coverage), mean()])
    assert ([] if words is None else [True]) == [words in doubt for doubt in found]


def test_few_values_are_doubted():
    few = {"n": 19.0, "coverage_80": 100 * 15 / 19}
    assert doubts([skill(**few), mean()]) == [
        "19 held-out values are fewer than 20: scores may be luck"
    ]
    assert doubts([skill(n=20.0), mean()]) == []


@pytest.mark.parametrize("crps", [2.0, 3.0])
def test_no_better_than_the_mean_is_doubted(crps):
    (doubt,) = doubts([skill(crps=crps), mean(2.0)])
    assert doubt == f"its CRPS of {crps:g} is no better than the mean predictor's 2"


def test_a_better_one_that_does_not_serve_is_named():
    better, worse = (skill(name, champion=False, crps=x) for name, x in (("b", 0.5), ("w", 1.5)))
    assert doubts([better, worse, skill(), mean()]) == [
        "b scored better, and could not be fitted to all values"
    ]


def test_a_line_that_does_better_is_named_with_what_to_do():
    (doubt,) = doubts([skill("linear", champion=False, crps=0.1), skill(), mean()])
    assert "a straight line does better, with a CRPS of 0.1 against 1" in doubt
    assert "{kind: gp, kernel: linear}" in doubt
    assert doubts([skill("linear", champion=False, crps=1.5), skill(), mean()]) == []


def test_what_was_not_scored_says_so():
    assert doubts([]) == ["not scored: fewer than 4 candidates are measured"]
    assert doubts([skill("gp", champion=False, error="singular"), mean()]) == [
        "no surrogate can serve"
    ]
    assert doubts([skill(error="singular"), mean()]) == ["gp serves without a score: singular"]
