from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from cathode.errors import FitError
from cathode.ledger import Ledger, campaigns, measurements, proposals, skills
from cathode.loop import Loop, finished_because, next_turn, retrain, run_turn
from cathode.loop.observations import observe
from cathode.model import STEPS, Candidate, Measurement, Status
from cathode.settings import Settings
from cathode.spec import Budget, GPSpec, load_spec
from flows.wiring import wire
from tests.helpers import campaign_in
from tests.ledgers import content
from tests.loops import build, history, run_all


@pytest.fixture
def loop(sqlite_ledger, small_spec, tmp_path):
    return build(sqlite_ledger, small_spec, tmp_path)


def test_a_campaign_runs_to_the_end_of_its_budget(loop):
    run_all(loop)
    past = history(loop)
    assert [record.turn.number for record in past] == [0, 1, 2]
    assert all(tuple(record.results) == STEPS for record in past)
    seen = observe(loop.ledger, "small")
    assert [p.turn for p in seen.proposals] == [0] * 5 + [1] * 2 + [2] * 2
    assert len({p.candidate.id for p in seen.proposals}) == 9
    assert {p.proposer for p in seen.proposals if p.turn == 0} == {"sobol"}
    assert {p.proposer for p in seen.proposals if p.turn > 0} == {"bayesian"}
    assert all(p.predictions for p in seen.proposals if p.turn > 0)
    assert finished_because(loop) == "its 2 turns after the initial design are done"
    assert next_turn(loop) is None


def test_predictions_are_made_before_the_answer_is_known(loop):
    run_all(loop)
    seen = observe(loop.ledger, "small")
    values = {o.candidate.id: o.values for o in seen.outcomes}
    errors = [
        abs(p.predictions["specific_energy"]["mean"] - values[p.candidate.id]["specific_energy"])
        for p in seen.proposals
        if p.turn > 0 and "specific_energy" in values[p.candidate.id]
    ]
    assert min(errors) > 1e-6


def test_the_same_ledger_and_seed_give_the_same_campaign(small_spec, tmp_path):
    found = []
    for name in "ab":
        ledger = Ledger.open(f"sqlite:///{tmp_path}/{name}.db", create=True)
        run_all(build(ledger, small_spec, tmp_path))
        found.append(content(ledger))
        ledger.close()
    assert found[0] == found[1]


class BrokenOff(Exception):
    """Stands in for whatever ends a process between two lines."""


BRIEF = {"budget": Budget(turns=1), "constraints": (), "folds": 2}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """What the ledger of the brief campaign says when nothing breaks it off."""
    folder = tmp_path_factory.mktemp("undisturbed")
    spec = load_spec(campaign_in(folder)).model_copy(update=BRIEF)
    ledger = Ledger.open(f"sqlite:///{folder}/ledger.db", create=True)
    run_all(build(ledger, spec, folder))
    yield content(ledger)
    ledger.close()


@pytest.mark.parametrize("when", ["before", "inside"])
@pytest.mark.parametrize("step", STEPS)
def test_a_turn_broken_off_at_any_step_ends_as_if_it_had_not(
    sqlite_ledger, small_spec, tmp_path, monkeypatch, undisturbed, step, when
):
    loop = build(sqlite_ledger, small_spec.model_copy(update=BRIEF), tmp_path)
    original = Loop.commit

    @contextmanager
    def interrupted(self, turn, name, result, started):
        if (turn.number, name, when) == (1, step, "before"):
            raise BrokenOff
        with original(self, turn, name, result, started) as connection:
            yield connection
            if (turn.number, name) == (1, step):
                raise BrokenOff

    monkeypatch.setattr(Loop, "commit", interrupted)
    with pytest.raises(BrokenOff):
        run_all(loop)
    monkeypatch.undo()
    run_all(loop)
    assert content(sqlite_ledger) == undisturbed


def test_an_evaluator_that_breaks_off_loses_no_answer(loop):
    class Broken:
        def __getattr__(self, name):
            return getattr(loop.evaluator, name)

        def __init__(self):
            self.left = 3

        def evaluate(self, candidate):
            self.left -= 1
            if self.left < 0:
                raise BrokenOff
            return loop.evaluator.evaluate(candidate)

    turn = next_turn(loop)
    with pytest.raises(BrokenOff):
        run_turn(replace(loop, evaluator=Broken()), turn)
    assert len(observe(loop.ledger, "small").outcomes) == 3
    again = Broken()
    again.left = 2
    run_turn(replace(loop, evaluator=again), next_turn(loop))
    assert again.left == 0, "what was answered is not asked again"
    assert len(observe(loop.ledger, "small").outcomes) == 5


def test_what_arrives_during_a_turn_is_for_the_next_one(loop):
    from cathode.loop import assimilate

    run_turn(loop, next_turn(loop))
    turn = next_turn(loop)
    up_to = assimilate(loop, turn)
    known = observe(loop.ledger, "small").outcomes[0].candidate
    with loop.ledger.write() as connection:
        measurements.record(
            connection,
            "small",
            Measurement(known.id, "specific_energy", "Wh/kg", 1e4, source="late"),
            "me",
            "late",
        )
    assert assimilate(loop, turn) == up_to
    serving = retrain(loop, turn, up_to)
    assert serving.data["specific_energy"].y.max() < 1e4
    run_turn(loop, turn)
    later = next_turn(loop)
    assert retrain(loop, later, assimilate(loop, later)).data["specific_energy"].y.max() == 1e4


TWO = (GPSpec(kind="gp"), GPSpec(kind="gp", kernel="linear"))


def test_surrogates_are_scored_beside_baselines_and_the_best_serves(
    sqlite_ledger, small_spec, tmp_path
):
    loop = build(sqlite_ledger, small_spec.model_copy(update={"surrogates": TWO}), tmp_path)
    run_all(loop)
    with loop.ledger.read() as connection:
        found = skills.of_campaign(connection, "small")[2]
    names = {s.surrogate for s in found}
    assert names == {"gp-fractions-matern52", "gp-fractions-linear", "mean", "linear"}
    for name in ("specific_energy", "volume_change"):
        own = [s for s in found if s.property == name]
        (champion,) = [s for s in own if s.champion]
        candidates = [s for s in own if s.surrogate.startswith("gp")]
        assert champion.metrics["crps"] == min(s.metrics["crps"] for s in candidates)
        assert {"mae", "r2", "spearman", "nlpd", "coverage_80"} <= set(champion.metrics)
        assert len(champion.held_out.y) == champion.metrics["n"]


class Stubborn:
    """A surrogate that cannot be fitted."""

    name = "stubborn"

    def fit(self, data, seed, widening=1.0):
        msg = f"{data.property_name} is too hard"
        raise FitError(msg)


def test_a_surrogate_that_fails_is_recorded_and_the_next_best_serves(loop):
    run_turn(loop, next_turn(loop))
    (other,) = loop.surrogates.values()
    run_turn(replace(loop, surrogates={"stubborn": Stubborn(), other.name: other}), next_turn(loop))
    result = history(loop)[1].results["retrain"]
    assert set(result["champions"].values()) == {other.name}
    assert "specific_energy: specific_energy is too hard" in result["notes"]
    with loop.ledger.read() as connection:
        found = skills.of_campaign(connection, "small")[1]
    assert {s.error for s in found if s.surrogate == "stubborn"} == {
        "specific_energy is too hard",
        "volume_change is too hard",
    }


def test_without_any_surrogate_the_design_goes_on_and_says_why(loop):
    run_turn(loop, next_turn(loop))
    run_turn(replace(loop, surrogates={"stubborn": Stubborn()}), next_turn(loop))
    seen = observe(loop.ledger, "small")
    later = [p for p in seen.proposals if p.turn == 1]
    assert {p.proposer for p in later} == {"sobol"}
    assert all("no surrogate serves specific_energy, volume_change yet" in p.reason for p in later)
    assert history(loop)[1].results["retrain"]["champions"] == {}
    assert len({p.candidate.id for p in seen.proposals}) == 7


def test_failures_are_kept_counted_and_not_asked_again(sqlite_ledger, small_spec, tmp_path):
    hole = Candidate.of("layered", {"M": {"Mn": Fraction(6, 10), "Co": Fraction(4, 10)}})
    every = small_spec.model_copy(update={"initial": 44})
    loop = build(sqlite_ledger, every, tmp_path)
    run_all(loop)
    seen = observe(loop.ledger, "small")
    assert sum(p.candidate == hole for p in seen.proposals) == 1
    failed = [r.measurement for r in seen.measured if r.measurement.status is Status.FAILED]
    assert {(m.candidate_id, m.cause) for m in failed} == {(hole.id, "missing")}
    past = history(loop)
    assert past[0].results["dispatch"]["failed"] + past[-1].results["dispatch"]["failed"] >= 1
    assert past[1].results["assimilate"]["failures_by_cause"].keys() <= {"missing"}


def test_a_budget_of_candidates_ends_a_campaign(sqlite_ledger, small_spec, tmp_path):
    spec = small_spec.model_copy(update={"budget": Budget(turns=9, candidates=8)})
    loop = build(sqlite_ledger, spec, tmp_path)
    run_all(loop)
    assert len(observe(loop.ledger, "small").proposals) == 8
    assert finished_because(loop) == "its budget of 8 candidates is spent"


def test_a_space_that_is_used_up_ends_a_campaign(sqlite_ledger, small_spec, tmp_path, small_space):
    size = small_space.size
    spec = small_spec.model_copy(update={"initial": size - 1, "budget": Budget(turns=9)})
    loop = build(sqlite_ledger, spec, tmp_path)
    run_all(loop)
    assert len(observe(loop.ledger, "small").proposals) == size
    assert "holds no candidate" in finished_because(loop)


def test_replicates_from_outside_join_the_data(loop):
    run_turn(loop, next_turn(loop))
    proposal = observe(loop.ledger, "small").proposals[0]
    with loop.ledger.write() as connection:
        for i in range(3):
            m = Measurement(
                proposal.candidate.id, "specific_energy", "Wh/kg", 800.0 + i, source="lab"
            )
            measurements.record(connection, "small", m, "ann", f"rep-{i}")
    data = observe(loop.ledger, "small").training_data("specific_energy", loop.space)
    assert data.groups.count(proposal.candidate.id) == 4
    run_turn(loop, next_turn(loop))


def test_candidates_of_an_earlier_space_are_counted_and_left_out(loop, small_spec, tmp_path):
    run_turn(loop, next_turn(loop))
    changed = small_spec.model_dump(mode="json")
    del changed["space"]["sites"]["M"]["fractions"]["Co"]
    spec = type(small_spec).model_validate(changed)
    with loop.ledger.write() as connection:
        revision = campaigns.register(connection, spec, "me", amend=True)
    narrower = wire(loop.ledger, Settings.at(tmp_path), spec, revision)
    run_turn(narrower, next_turn(narrower))
    left_out = history(loop)[1].results["assimilate"]["outside_space"]
    with_cobalt = sum(
        "Co" in p.candidate.on_site("M") for p in observe(loop.ledger, "small").proposals[:5]
    )
    assert left_out["specific_energy"] == with_cobalt > 0
    with loop.ledger.read() as connection:
        made = proposals.of_campaign(connection, "small")
    assert all(set(p.candidate.on_site("M")) <= {"Ni", "Mn"} for p in made if p.turn == 1)


def test_bayesian_turns_find_better_candidates_than_the_design(sqlite_ledger, small_spec, tmp_path):
    spec = small_spec.model_copy(
        update={"budget": Budget(turns=5), "surrogates": (GPSpec(kind="gp"),)}
    )
    loop = build(sqlite_ledger, spec, tmp_path)
    run_all(loop)
    seen = observe(loop.ledger, "small")
    counting = [o for o in seen.outcomes if o.counts(spec)]
    best = max(counting, key=lambda o: o.values["specific_energy"])
    feasible = [
        m.value
        for c in loop.space
        for m in loop.evaluator.evaluate(c)
        if m.property == "specific_energy"
        and m.value is not None
        and -6 <= loop.evaluator.evaluate(c)[1].value <= 6
    ]
    rank = np.sum(np.array(feasible) > best.values["specific_energy"])
    assert rank <= 1, "of about 40 candidates the best or the second is found within 15"
