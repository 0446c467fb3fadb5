from dataclasses import replace

import numpy as np
import pytest

from agents.proposers import search
from agents.proposers.bayesian import BayesianProposer
from cathode.errors import FitError, SpecError
from cathode.spec import BayesianSpec, Constraint, Objective
from tests.contracts.proposer import ProposerContract, a_request
from tests.helpers import truth


class TestBayesian(ProposerContract):
    def proposer(self):
        return BayesianProposer(BayesianSpec(samples=32))


class TestTopSet(ProposerContract):
    def proposer(self):
        return BayesianProposer(BayesianSpec(share=0.2))

    @pytest.fixture
    def request_(self, small_space):
        return a_request(small_space, constraints=())


def test_a_share_is_refused_where_it_has_no_meaning(small_space):
    with pytest.raises(SpecError, match=r"proposer.share=0.2: needs a single objective"):
        BayesianProposer(BayesianSpec(share=0.2)).propose(a_request(small_space))


class TestTwoObjectives(ProposerContract):
    def proposer(self):
        return BayesianProposer(BayesianSpec(samples=32))

    @pytest.fixture
    def request_(self, small_space):
        objectives = (
            Objective(property="specific_energy"),
            Objective(property="volume_change", goal="target", target=0.0),
        )
        return a_request(small_space, objectives=objectives, reference=(700.0, -6.0))


def energies(suggestions, space):
    rows = space.encode([s.candidate for s in suggestions])
    return [truth(ni, mn, co)["specific_energy"] for co, mn, ni in rows]


def every(space):
    return [truth(ni, mn, co)["specific_energy"] for co, mn, ni in space.encode(list(space))]


@pytest.mark.parametrize("goal", ["max", "min"])
def test_one_objective_leads_to_its_good_end(small_space, goal):
    request = a_request(
        small_space, objectives=(Objective(property="specific_energy", goal=goal),), constraints=()
    )
    found = energies(BayesianProposer(BayesianSpec()).propose(request), small_space)
    quantile = np.quantile(every(small_space), 0.8 if goal == "max" else 0.2)
    assert (np.mean(found) > quantile) == (goal == "max")


def test_a_constraint_keeps_proposals_on_its_side(small_space):
    # volume_change is -6 x nickel: without the limit, the best energy lies at high nickel.
    limited = a_request(small_space, constraints=(Constraint(property="volume_change", min=-3.0),))
    found = BayesianProposer(BayesianSpec()).propose(limited)
    nickel = small_space.encode([s.candidate for s in found])[:, 2]
    assert (nickel <= 0.55).all()
    free = BayesianProposer(BayesianSpec()).propose(replace(limited, constraints=()))
    assert small_space.encode([s.candidate for s in free])[:, 2].max() > 0.6


def test_a_target_is_approached_from_both_sides(small_space):
    request = a_request(
        small_space,
        objectives=(Objective(property="volume_change", goal="target", target=-3.0),),
        constraints=(),
        reference=(-6.0,),
        n=4,
    )
    found = BayesianProposer(BayesianSpec()).propose(request)
    volume = -6 * small_space.encode([s.candidate for s in found])[:, 2]
    assert np.abs(volume + 3).max() <= 0.7


def test_a_property_without_a_surrogate_is_refused_in_words(small_space):
    request = a_request(small_space, models={})
    with pytest.raises(FitError, match="no surrogate serves specific_energy"):
        BayesianProposer(BayesianSpec()).propose(request)


def test_turns_draw_samples_of_their_own(small_space):
    request = a_request(small_space)
    one, other = (
        BayesianProposer(BayesianSpec(samples=16)).propose(replace(request, proposed=n))
        for n in (12, 14)
    )
    assert [s.acquisition for s in one] != [s.acquisition for s in other]


def test_nothing_is_compiled_on_the_way(small_space):
    from botorch.acquisition.multi_objective import logei

    objectives = (
        Objective(property="specific_energy"),
        Objective(property="volume_change", goal="max"),
    )
    request = a_request(small_space, objectives=objectives, reference=(700.0, -6.0), n=1)
    BayesianProposer(BayesianSpec(samples=16)).propose(request)
    assert logei._C is None


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("objectives", [1, 2])
def test_looking_only_where_it_can_matter_chooses_as_looking_everywhere(
    small_space, monkeypatch, objectives, seed
):
    wanted = (
        Objective(property="specific_energy"),
        Objective(property="volume_change", goal="target", target=0.0),
    )
    request = a_request(
        small_space,
        objectives=wanted[:objectives],
        reference=(700.0, -6.0)[:objectives],
        n=5,
        seed=seed,
    )
    chosen = []
    for look in (4, 10**6):
        monkeypatch.setattr(search, "LOOK", look)
        found = BayesianProposer(BayesianSpec(samples=64)).propose(request)
        chosen.append([suggestion.candidate for suggestion in found])
    assert chosen[0] == chosen[1]
