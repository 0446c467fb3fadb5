import numpy as np
import pytest

from cathode.evaluation.backtest import (
    acceleration,
    enhancement,
    experiments_until,
    found_share,
    top_rows,
)

Y = np.arange(100.0)


def test_the_top_is_the_best_twentieth_in_order():
    assert top_rows(Y, "max").tolist() == [99, 98, 97, 96, 95]
    assert top_rows(Y, "min").tolist() == [0, 1, 2, 3, 4]
    assert len(top_rows(Y[:3], "max")) == 1


def test_share_and_enhancement_by_hand():
    found = found_share([50, 99, 10, 96], Y, "max")
    assert found.tolist() == [0, 0.2, 0.2, 0.4]
    # EF(i) = Top%(i) / (i / N)
    assert enhancement(found, 100) == pytest.approx([0, 0.2 / 0.02, 0.2 / 0.03, 0.4 / 0.04])


def test_acceleration_is_what_random_needs_over_what_was_needed():
    found = np.array([0.0, 0.2, 0.4, 0.8, 1.0])
    assert experiments_until(found, 0.8) == 4
    assert acceleration(found, 0.8, 100) == pytest.approx(80 / 4)
    assert acceleration(found[:3], 0.8, 100) == 0


def test_random_search_neither_accelerates_nor_enhances():
    rng = np.random.default_rng(0)
    curves = np.mean([found_share(rng.permutation(100), Y, "max") for _ in range(2000)], axis=0)
    assert enhancement(curves, 100)[4:] == pytest.approx(np.ones(96), abs=0.08)
    assert acceleration(curves, 0.8, 100) == pytest.approx(1, abs=0.05)
