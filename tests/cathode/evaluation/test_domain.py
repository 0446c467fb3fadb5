from fractions import Fraction

import numpy as np
import pytest

from cathode.evaluation.domain import nearness, outside_domain
from cathode.evaluation.outcomes import Outcome
from cathode.model import Candidate


def layered(ni, mn):
    tenths = {"Ni": ni, "Mn": mn, "Co": 10 - ni - mn}
    return Candidate.of("layered", {"M": {e: Fraction(x, 10) for e, x in tenths.items()}})


def outcome(candidate):
    return Outcome(candidate, 0, {"specific_energy": 800.0}, {})


def series():
    """From 1.0 to 0.6 nickel, a tenth apart, the rest manganese."""
    return [outcome(layered(ni, 10 - ni)) for ni in range(6, 11)]


def test_distance_is_told_in_distances_between_the_data(small_space):
    inside, near, far = nearness(
        series(), small_space, [layered(8, 2), layered(5, 5), layered(2, 4)]
    )
    assert (inside.ratio, inside.outside) == (0, False)
    assert inside.nearest.candidate == layered(8, 2)
    assert near.ratio == pytest.approx(1), "one step beyond the end of the series"
    assert near.nearest.candidate == layered(6, 4)
    assert near.words == "inside known data"
    # By hand, over the widths of the bounds (Ni 1, Mn 0.6, Co 0.4).
    step = np.linalg.norm([0.1, 0.1 / 0.6])
    away = np.linalg.norm([0.4, 0, 0.4 / 0.4])
    assert far.ratio == pytest.approx(away / step)
    assert far.words == f"{away / step:.1f} times as far from all data as they are from each other"


def test_the_audit_calls_the_same_ones_outside(small_space):
    asked = [layered(ni, 2) for ni in range(4, 9)]
    X = small_space.encode([o.candidate for o in series()])
    outside = outside_domain(X, small_space, asked)
    found = nearness(series(), small_space, asked)
    assert [c for c, near in zip(asked, found, strict=True) if near.outside] == outside
    assert outside


def test_too_few_data_and_other_spaces_say_nothing(small_space):
    foreign = Candidate.of("layered", {"M": {"Zn": Fraction(1)}})
    assert nearness(series()[:2], small_space, [layered(8, 2)]) == [None]
    lone, known = nearness(series(), small_space, [foreign, layered(8, 2)])
    assert lone is None
    assert known is not None
    assert nearness([outcome(foreign), *series()], small_space, []) == []


def test_data_in_one_place_have_no_typical_distance(small_space):
    same = [outcome(layered(8, 2))] * 3
    at, away = nearness(same, small_space, [layered(8, 2), layered(5, 5)])
    assert (at.ratio, at.words) == (None, "inside known data")
    assert (away.ratio, away.words) == (None, "outside known data")
