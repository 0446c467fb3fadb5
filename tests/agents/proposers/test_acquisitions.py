from dataclasses import replace

import numpy as np
import pytest
import torch

from agents.proposers import search
from agents.proposers.acquisitions import Acquisitions
from agents.proposers.bayesian import BayesianProposer
from agents.proposers.believing import believing
from agents.proposers.weights import per_cost
from cathode.errors import SpecError
from cathode.model import TrainingData
from cathode.space import SearchSpace
from cathode.spec import BayesianSpec, GPSpec, Objective, SpaceSpec
from cathode.spec.proposer import CostSpec
from surrogates.gp.surrogate import GPSurrogate
from tests.contracts.proposer import ProposerContract, a_request
from tests.contracts.surrogate import training_data
from tests.helpers import truth


def proposer(**fields):
    return BayesianProposer(BayesianSpec(samples=32, **fields))


class TestLogEI(ProposerContract):
    def proposer(self):
        return proposer(acquisition="log_ei")


class TestVariance(ProposerContract):
    def proposer(self):
        return proposer(acquisition="variance")


class _Unconstrained(ProposerContract):
    @pytest.fixture
    def request_(self, small_space):
        return a_request(small_space, constraints=())


class TestUpperConfidenceBound(_Unconstrained):
    def proposer(self):
        return proposer(acquisition="ucb")


class TestThompson(_Unconstrained):
    def proposer(self):
        return proposer(acquisition="thompson")


class TestExploring(ProposerContract):
    def proposer(self):
        return proposer(explore=0.34)


class TestPerCost(ProposerContract):
    """Small spaces only: where elements differ, so do the names a cost may have."""

    def proposer(self):
        return proposer(cost=CostSpec(base=1.0, terms={"Ni": 2.0}))


def energies(suggestions, space):
    rows = space.encode([s.candidate for s in suggestions])
    return [truth(ni, mn, co)["specific_energy"] for co, mn, ni in rows]


@pytest.mark.parametrize("kind", ["log_ei", "ucb", "thompson"])
@pytest.mark.parametrize("goal", ["max", "min"])
def test_each_leads_to_the_good_end(small_space, kind, goal):
    request = a_request(
        small_space, objectives=(Objective(property="specific_energy", goal=goal),), constraints=()
    )
    found = energies(proposer(acquisition=kind).propose(request), small_space)
    every = energies([type("S", (), {"candidate": c}) for c in small_space], small_space)
    quantile = np.quantile(every, 0.75 if goal == "max" else 0.25)
    assert (np.mean(found) > quantile) == (goal == "max")


@pytest.mark.parametrize("kind", ["log_ei", "ucb", "thompson", "variance"])
@pytest.mark.parametrize("seed", range(3))
def test_looking_only_where_it_can_matter_chooses_as_looking_everywhere(
    small_space, monkeypatch, kind, seed
):
    request = a_request(small_space, constraints=(), n=5, seed=seed)
    chosen = []
    for look in (4, 10**6):
        monkeypatch.setattr(search, "LOOK", look)
        chosen.append([s.candidate for s in proposer(acquisition=kind).propose(request)])
    assert chosen[0] == chosen[1]


def test_variance_goes_where_least_is_known(small_space):
    request = a_request(small_space, constraints=())
    found = proposer(acquisition="variance").propose(request)
    left = [c for c in small_space if c not in request.excluded]
    X = torch.as_tensor(small_space.encode(left)).unsqueeze(-2)
    logs = [m.model.posterior(X).variance.log() for m in request.models.values()]
    total = torch.stack(logs).sum(0).squeeze()
    assert found[0].candidate == left[int(total.argmax())]


@pytest.mark.parametrize("kind", ["ucb", "thompson"])
def test_what_an_acquisition_cannot_do_is_refused(small_space, kind):
    with pytest.raises(SpecError, match="knows no constraints"):
        proposer(acquisition=kind).propose(a_request(small_space))
    several = (Objective(property="specific_energy"), Objective(property="volume_change"))
    request = a_request(small_space, objectives=several, constraints=(), reference=(700, -6))
    with pytest.raises(SpecError, match="knows one objective"):
        proposer(acquisition=kind).propose(request)


def test_a_floor_of_exploration_is_kept_over_the_campaign(small_space):
    request = a_request(small_space, n=2)
    learning = []
    for turn in range(8):
        found = proposer(explore=0.25).propose(replace(request, proposed=12 + 2 * turn))
        learning += ["to learn" in suggestion.reason for suggestion in found]
    assert np.mean(learning) == 0.25


def test_cost_leads_to_cheaper_candidates(small_space):
    request = a_request(small_space, constraints=())
    learn = {"acquisition": "variance"}  # which has a choice: gains lie at much nickel alone
    plain = small_space.encode([s.candidate for s in proposer(**learn).propose(request)])
    dear = CostSpec(base=0.01, terms={"Ni": 100.0})
    found = proposer(cost=dear, **learn).propose(request)
    cheap = small_space.encode([s.candidate for s in found])
    nickel = small_space.coordinates.index("Ni")
    assert cheap[:, nickel].mean() < plain[:, nickel].mean()


def test_a_cost_of_what_is_not_there_is_refused(small_space):
    with pytest.raises(SpecError, match="proposer.cost names 'Fe': known are Co, Mn, Ni"):
        proposer(cost=CostSpec(terms={"Fe": 1.0})).propose(a_request(small_space))


def test_what_does_not_exist_costs_nothing():
    variables = {
        "steps": {"kind": "ordered", "values": [1, 2]},
        "route": {"kind": "categorical", "values": ["solid", "sol-gel"]},
        "second": {"kind": "stepped", "min": 2, "max": 8, "step": 2, "when": {"steps": 2}},
        "gel": {"kind": "stepped", "min": 1, "max": 3, "step": 1, "when": {"route": "sol-gel"}},
    }
    content = {
        "prototype": "layered",
        "sites": {"M": {"step": 0.5, "fractions": {"Ni": {}, "Mn": {}}}},
        "variables": variables,
    }
    space = SearchSpace.from_spec(SpaceSpec.model_validate(content))
    weight = per_cost(CostSpec(base=10, terms={"second": 1, "gel": 100}), space)
    every = list(space)
    found = torch.exp(-weight(torch.as_tensor(space.encode(every)).unsqueeze(-2)))
    for candidate, cost in zip(every, found.tolist(), strict=True):
        given = dict(candidate.conditions)
        expected = 10 + given.get("second", 0) + 100 * given.get("gel", 0)
        assert cost == pytest.approx(expected)


def test_failures_are_avoided(small_space):
    request = a_request(small_space, constraints=())
    X = small_space.encode(list(small_space))
    rich = X[:, small_space.coordinates.index("Ni")] > 0.65
    picked = np.random.default_rng(0).permutation(len(X))[:30]
    labels = (~rich[picked]).astype(float)
    data = TrainingData("success", X[picked], labels, np.full(30, np.nan), tuple(map(str, picked)))
    success = GPSurrogate(GPSpec(kind="gp"), small_space).fit(data, 0)

    def share(**fields):
        found = proposer(acquisition="variance").propose(replace(request, n=6, **fields))
        rows = small_space.encode([s.candidate for s in found])
        return np.mean(rows[:, small_space.coordinates.index("Ni")] > 0.65)

    assert share(success=success) < share()


def test_replicates_are_asked_for_once_at_a_time(small_space):
    request = a_request(small_space, constraints=())
    data = request.observed["specific_energy"]
    best = data.groups[int(data.y.argmax())]
    first, *rest = proposer(replicates=2).propose(request)
    assert first.candidate.id == best
    assert "replicate of the best so far: measured 1 of 2 times" in first.reason
    assert len(rest) == 2
    assert best not in {s.candidate.id for s in rest}
    waiting = replace(request, pending=(first.candidate,))
    assert best not in {s.candidate.id for s in proposer(replicates=2).propose(waiting)}


def test_a_bound_is_no_best_value(small_space):
    request = a_request(small_space, constraints=())
    data = request.observed["specific_energy"]
    top, second = np.argsort(-data.y)[:2]
    limits = tuple("<" if i == top else None for i in range(len(data)))
    bounded = replace(data, y=data.y + 500 * (np.arange(len(data)) == top), limits=limits)
    told = replace(request, observed=dict(request.observed) | {"specific_energy": bounded})
    (again, *_) = proposer(replicates=2).propose(told)
    assert again.candidate.id == data.groups[second]
    built = Acquisitions(BayesianSpec(share=0.01), told, 0).build()
    assert built.threshold == pytest.approx(data.y[second])


@pytest.mark.parametrize(("limit", "keeps"), [(">", True), ("<", False)])
def test_a_bound_decides_on_a_constraint_where_it_can(small_space, limit, keeps):
    request = a_request(small_space)
    volume = request.observed["volume_change"]
    bounds = replace(volume, y=np.full(len(volume), -4.0), limits=(limit,) * len(volume))
    told = replace(request, observed=dict(request.observed) | {"volume_change": bounds})
    found = proposer(replicates=2).propose(told)
    assert any("replicate" in each.reason for each in found) == keeps


@pytest.mark.parametrize(("sigma", "due"), [(40.0, True), (1e-3, False)])
def test_noise_decides_whether_a_replicate_is_worth_it(small_space, sigma, due):
    request = a_request(small_space, constraints=())
    data = request.observed["specific_energy"]
    noisy = replace(data, sigma=np.full(len(data), sigma))
    model = GPSurrogate(GPSpec(kind="gp"), small_space).fit(noisy, 0)
    request = replace(
        request,
        models=dict(request.models) | {"specific_energy": model},
        observed=dict(request.observed) | {"specific_energy": noisy},
    )
    (first, *_) = proposer(replicates="auto").propose(request)
    assert ("replicate" in first.reason) == due


def test_a_believed_result_has_the_noise_of_those_that_were_stated(small_space):
    data = training_data(small_space)
    data = replace(data, sigma=np.full(len(data), 20.0))
    model = GPSurrogate(GPSpec(kind="gp"), small_space).fit(data, seed=0).model
    X = torch.as_tensor(small_space.encode(list(small_space)))[7:8]
    before, after = (m.posterior(X).variance.item() for m in (model, believing(model, X)[0]))
    assert after == pytest.approx(before - before**2 / (before + 20.0**2), rel=1e-4)
