from fractions import Fraction

import numpy as np
import pytest

from cathode.evaluation.audit import audit
from cathode.evaluation.outcomes import Outcome
from cathode.model import Candidate


def outcome(candidate, energy=850.0, volume=0.0, **fields):
    return Outcome(
        candidate,
        0,
        {"specific_energy": energy, "volume_change": volume},
        **({"failures": {}} | fields),
    )


def look(found, spec, space, asked=()):
    return audit(found, spec, space, asked, np.random.default_rng(0))


def layered(ni, mn):
    rest = Fraction(10 - ni - mn, 10)
    return Candidate.of(
        "layered", {"M": {"Ni": Fraction(ni, 10), "Mn": Fraction(mn, 10), "Co": rest}}
    )


def test_one_factor_series_and_crowding_are_noticed(small_spec, small_space):
    series = [outcome(layered(ni, 10 - ni)) for ni in range(6, 11)]
    crowded = look(series, small_spec, small_space)
    design = small_space.candidates_at(small_space.sobol(5, 0))
    spread = look([outcome(c) for c in design], small_spec, small_space)
    assert crowded.one_factor_share == 1
    assert spread.one_factor_share < 1
    assert crowded.gap_ratio > 1.2 > spread.gap_ratio
    assert crowded.tried_range["Co"] == 0
    assert crowded.tried_range["Mn"] == pytest.approx(4 / 6)


def test_missing_negative_data_is_named(small_spec, small_space):
    fine = look([outcome(layered(5, 4))], small_spec, small_space)
    assert any("no failure is on record" in words for words in fine.missing)
    assert any("no candidate breaks a constraint" in words for words in fine.missing)
    mixed = look(
        [
            outcome(layered(5, 4), volume=9.0),
            Outcome(
                layered(5, 5),
                0,
                {},
                {"specific_energy": "exploded: x", "volume_change": "exploded: y"},
            ),
        ],
        small_spec,
        small_space,
    )
    assert mixed.failures == {"exploded": 1}
    assert mixed.infeasible == 1
    assert mixed.missing == [
        "1 of 2 candidates have no specific_energy",
        "1 of 2 candidates have no volume_change",
    ]


def test_values_far_from_all_others_are_named(small_spec, small_space):
    design = small_space.candidates_at(small_space.sobol(8, 0))
    found = [outcome(c, 800 + i) for i, c in enumerate(design)]
    assert look(found, small_spec, small_space).suspicious == []
    typo = [*found[:-1], outcome(found[-1].candidate, 8000.0)]
    (words,) = look(typo, small_spec, small_space).suspicious
    assert found[-1].candidate.id in words
    assert "8000" in words
    assert "Wh/kg" in words


def test_open_proposals_outside_the_data_are_named(small_spec, small_space):
    near = [outcome(layered(ni, 10 - ni)) for ni in range(7, 10)]
    inside, far = layered(8, 2), layered(2, 4)
    assert look(near, small_spec, small_space, [inside, far]).outside_domain == [far.id]
    assert look(near[:2], small_spec, small_space, [far]).outside_domain == [], "too few to say"


def test_nothing_is_no_reason_to_fail(small_spec, small_space):
    empty = look([], small_spec, small_space).as_dict()
    assert empty["candidates"] == 0
    assert empty["gap_ratio"] is None
    assert empty["one_factor_share"] is None
