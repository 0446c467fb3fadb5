from fractions import Fraction

import pytest
from sqlalchemy.exc import IntegrityError

from cathode.ledger import campaigns, measurements, proposals, turns
from cathode.model import Candidate, Measurement, Proposal, Status, Turn
from cathode.spec import parse_spec
from tests.helpers import layered

CANDIDATES = [
    Candidate.of("layered", {"M": {"Ni": Fraction(n, 10), "Mn": Fraction(10 - n, 10)}})
    for n in (6, 7, 8)
]


@pytest.fixture
def filled(ledger):
    """A ledger with a turn of three proposals."""
    with ledger.write() as connection:
        campaigns.register(connection, parse_spec(layered(), "test"), "me")
        turns.start(connection, Turn("small", 0, 0))
        proposals.record(
            connection,
            [Proposal("small", 0, i, c, "sobol", None, "x", {}) for i, c in enumerate(CANDIDATES)],
        )
    return ledger


def asked(ledger):
    with ledger.read() as connection:
        return proposals.of_campaign(connection, "small")


def ok(candidate, value=3.9, **fields):
    return Measurement(candidate.id, "average_voltage", "V", value, source="test", **fields)


def test_an_answer_is_stored_once(filled):
    proposal = asked(filled)[0]
    answer = [
        ok(CANDIDATES[0], sigma=0.1, conditions={"temperature_K": 0}),
        Measurement.failure(CANDIDATES[0].id, "volume_change", "%", "exploded", "1.4 times"),
        Measurement(
            CANDIDATES[0].id, "mixing_energy", "eV/atom", 0.1, status=Status.BOUND, bound="<"
        ),
    ]
    with filled.write() as connection:
        assert measurements.record_answer(connection, proposal, answer, "me") == 3
    with filled.write() as connection:
        assert measurements.record_answer(connection, proposal, answer, "me") == 0
    with filled.read() as connection:
        found = measurements.effective(connection, "small")
        assert sorted((r.measurement for r in found), key=lambda m: m.property) == sorted(
            answer, key=lambda m: m.property
        )
        assert {(r.turn, r.rank, r.recorded_by) for r in found} == {(0, 0, "me")}
        assert [p.rank for p in proposals.unanswered(connection, "small")] == [1, 2]


def test_a_correction_keeps_what_it_corrects(filled):
    with filled.write() as connection:
        measurements.record(connection, "small", ok(CANDIDATES[0], 9.3), "ann", "typo")
        before = measurements.last_id(connection, "small")
    with filled.write() as connection:
        measurements.record(
            connection, "small", ok(CANDIDATES[0], 3.9), "bob", "mended", supersedes=before
        )
    with filled.read() as connection:
        assert [r.measurement.value for r in measurements.effective(connection, "small")] == [3.9]
        # A turn that looked before the correction sees for ever what it saw.
        then = measurements.effective(connection, "small", up_to=before)
        assert [(r.measurement.value, r.recorded_by) for r in then] == [(9.3, "ann")]


def test_two_corrections_of_one_measurement_cannot_both_count(filled):
    with filled.write() as connection:
        measurements.record(connection, "small", ok(CANDIDATES[0], 9.3), "ann", "typo")
        first = measurements.last_id(connection, "small")
        measurements.record(connection, "small", ok(CANDIDATES[0]), "bob", "a", supersedes=first)
    with pytest.raises(IntegrityError), filled.write() as connection:
        measurements.record(connection, "small", ok(CANDIDATES[0]), "eve", "b", supersedes=first)


def test_replicates_are_kept(filled):
    with filled.write() as connection:
        for i, value in enumerate((3.8, 3.9, 4.0)):
            assert measurements.record(connection, "small", ok(CANDIDATES[0], value), "me", f"r{i}")
        assert not measurements.record(connection, "small", ok(CANDIDATES[0], 9), "me", "r1")
        assert len(measurements.effective(connection, "small")) == 3


def test_order_does_not_depend_on_arrival(filled):
    first, second, third = asked(filled)
    with filled.write() as connection:
        for proposal in (third, first, second):
            measurements.record_answer(connection, proposal, [ok(proposal.candidate)], "me")
    with filled.read() as connection:
        assert [r.rank for r in measurements.effective(connection, "small")] == [0, 1, 2]


def test_measurements_of_unknown_candidates_are_refused(filled):
    stranger = Candidate.of("layered", {"M": {"Ni": Fraction(1)}})
    with pytest.raises(IntegrityError), filled.write() as connection:
        measurements.record(connection, "small", ok(stranger), "me", "x")
