import math
from dataclasses import replace
from fractions import Fraction

import pytest

from cathode.evaluation import progress
from cathode.evaluation.outcomes import Outcome, outcomes, ranked
from cathode.ledger.database import now
from cathode.ledger.measurements import Recorded
from cathode.model import Candidate, Measurement, Proposal, Status
from cathode.spec import parse_spec
from tests.helpers import layered

CANDIDATES = [
    Candidate.of("layered", {"M": {"Ni": Fraction(n, 10), "Mn": Fraction(10 - n, 10)}})
    for n in range(5, 10)
]
TWO = {
    "objectives": [
        {"property": "specific_energy"},
        {"property": "volume_change", "goal": "target", "target": 0},
    ]
}


def spec(**changes):
    return parse_spec(layered(**changes), "test")


def outcome(i, energy, volume, turn=0):
    values = {"specific_energy": energy, "volume_change": volume}
    return Outcome(CANDIDATES[i], turn, {k: v for k, v in values.items() if v is not None}, {})


def recorded(candidate, value, number, status=Status.OK, cause=None, bound=None):
    subject = (candidate.id, "specific_energy", "Wh/kg", value)
    m = Measurement(*subject, status=status, cause=cause, bound=bound, detail="x")
    return Recorded(number, m, None, None, str(number), "me", now())


def test_replicates_are_averaged_and_failures_are_kept():
    a, b = CANDIDATES[:2]
    found = outcomes(
        [
            recorded(a, 800.0, 1),
            recorded(a, 820.0, 2),
            recorded(a, None, 3, Status.FAILED, "exploded"),
            recorded(b, None, 4, Status.FAILED, "exploded"),
        ],
        {c.id: c for c in CANDIDATES},
        [Proposal("small", 2, 0, b, "x", None, "", {})],
    )
    by_id = {o.candidate.id: o for o in found}
    assert [o.candidate for o in found] == [b, a], "proposed candidates come first"
    assert by_id[a.id].values == {"specific_energy": 810.0}
    assert by_id[a.id].failures == {}, "a later success is worth more than a failure"
    assert by_id[b.id].failures == {"specific_energy": "exploded: x"}
    assert (by_id[a.id].turn, by_id[b.id].turn) == (None, 2)


def test_a_bound_is_neither_a_value_nor_a_failure():
    a, b, c = CANDIDATES[:3]
    found = outcomes(
        [
            recorded(a, 800.0, 1, Status.BOUND, bound="<"),
            recorded(a, 700.0, 2, Status.BOUND, bound=">"),
            recorded(a, 790.0, 3, Status.BOUND, bound="<"),
            recorded(b, 810.0, 4, Status.BOUND, bound=">"),
            recorded(b, 820.0, 5),
            recorded(c, 810.0, 6, Status.BOUND, bound=">"),
        ],
        {c.id: c for c in CANDIDATES},
        [],
    )
    by_id = {o.candidate.id: o for o in found}
    assert by_id[a.id].limits == {"specific_energy": (700.0, 790.0)}
    assert by_id[b.id].limits == {}, "a value is worth more than a bound"
    assert by_id[c.id].limits == {"specific_energy": (810.0, math.inf)}
    assert not any(o.failures for o in found)
    assert [o for o, _ in ranked(found, spec(constraints=[]))] == [by_id[b.id]]
    assert progress.score_of(found, spec(constraints=[])) == 820.0


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ((-5.0, 5.0), []),
        ((-math.inf, 5.0), ["volume_change is only known to be < 5 %"]),
        ((-7.0, 5.0), ["volume_change is only known to be > -7 and < 5 %"]),
        ((7.0, math.inf), ["volume_change is only known to be > 7 %"]),
    ],
)
def test_bounds_decide_on_constraints_where_they_can(limits, words):
    bounded = replace(outcome(0, 900, None), limits={"volume_change": limits})
    assert bounded.violations(spec()) == words
    assert bounded.counts(spec()) == (not words)


def test_constraints_decide_who_counts():
    s = spec()
    assert outcome(0, 900, 5.9).counts(s)
    assert outcome(0, 900, 6.1).violations(s) == ["volume_change 6.1 > 6 %"]
    assert outcome(0, 900, -6.1).violations(s) == ["volume_change -6.1 < -6 %"]
    assert outcome(0, 900, None).violations(s) == ["volume_change has no value"]
    assert not outcome(0, None, 1.0).counts(s)


def test_one_objective_is_ranked_by_value():
    found = [outcome(0, 850, 0), outcome(1, 900, 0), outcome(2, 990, 9)]
    order = ranked(found, spec())
    assert [(o.values["specific_energy"], front) for o, front in order] == [
        (900, True),
        (850, False),
    ]
    assert ranked([found[2]], spec()) == []


def test_the_front_comes_first():
    found = [outcome(0, 900, -3), outcome(1, 890, -4), outcome(2, 850, -1), outcome(3, 800, 2)]
    order = [(o.values["specific_energy"], front) for o, front in ranked(found, spec(**TWO))]
    assert order == [(900, True), (850, True), (890, False), (800, False)]


def test_progress_counts_turn_by_turn():
    s = spec(**TWO)
    found = [
        outcome(0, 800, -4),
        outcome(1, 850, -5),
        outcome(2, 840, -1, 1),
        outcome(3, 990, 9, 1),
    ]
    first, second = progress.after(found, s, 0), progress.after(found, s, 1)
    assert progress.reference_of(found, s) == (800, -5)
    assert (first.candidates, first.counting, first.hypervolume) == (2, 2, 0)
    assert first.best == {"specific_energy": 850, "volume_change": -4}
    assert second.hypervolume == pytest.approx(40 * 4)
    assert (second.candidates, second.counting) == (4, 3)
    assert second.best == {"specific_energy": 850, "volume_change": -1}
    assert progress.after(found, spec(), 0).hypervolume is None


def test_progress_before_anything_counts():
    state = progress.after([outcome(0, 900, 9)], spec(), 0)
    assert (state.best, state.counting) == ({}, 0)
