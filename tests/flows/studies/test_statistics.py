import numpy as np
import pytest
from scipy.stats import ttest_rel

from flows.studies.statistics import Paired, Spread

RNG = np.random.default_rng(0)


def test_a_spread_leaves_out_what_is_unknown():
    spread = Spread.of(np.array([3.0, np.nan, 1.0, 2.0, 6.0]))
    assert (spread.max, spread.min, spread.median, spread.mean, spread.n) == (6, 1, 2.5, 3, 4)
    assert spread.sd == pytest.approx(np.sqrt(14 / 4))
    nothing = Spread.of(np.array([np.nan]))
    assert nothing.n == 0
    assert np.isnan(nothing.mean)


def test_without_shared_rows_it_is_the_paired_t_test():
    own, other = RNG.normal(0.0, 1, 30), RNG.normal(0.6, 1, 30)
    paired = Paired.of(own, other, ratio=0.0)
    oracle = ttest_rel(other, own)
    assert paired.gain / paired.error == pytest.approx(oracle.statistic)
    assert paired.error == paired.naive
    assert paired.decided == (oracle.pvalue < 0.05)


def test_shared_rows_widen_the_error():
    """Nadeau & Bengio's factor for 100 splits of 80 to 20: 1/100 + 1/4 instead of 1/100."""
    own, other = RNG.normal(size=100), RNG.normal(size=100)
    paired = Paired.of(own, other, ratio=0.25)
    assert paired.error == pytest.approx(paired.naive * np.sqrt(26))
    assert paired.lower == int((own < other).sum())


def test_two_splits_decide_next_to_nothing():
    assert not Paired.of(np.array([1.0, 1.0]), np.array([1.1, 1.3]), ratio=0.0).decided
