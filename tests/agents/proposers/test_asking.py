"""Whether a cheaper evaluator is asked before a candidate gets a result."""

from dataclasses import replace

import numpy as np
import pytest

from agents.proposers.bayesian import BayesianProposer
from cathode.protocols import Cheaper
from cathode.spec import BayesianSpec, Constraint, GPSpec, Objective
from cathode.spec.proposer import CostSpec
from surrogates.gp.surrogate import GPSurrogate
from tests.contracts.proposer import a_request
from tests.contracts.surrogate import training_data


def with_answers(data, reads, own):
    """The first results, and what each of several evaluators reads of all."""
    rows = np.arange(len(data))
    both = data.take(np.concatenate([rows[:own], *(rows for _ in reads)]))
    y = np.concatenate([data.y[:own], *(read(data.y) for read in reads.values())])
    origins = (None,) * own + tuple(name for name in reads for _ in rows)
    return replace(both, y=y, origins=origins)


def asked(space, reads, cost=0.05, spec=None, own=10, excluded=(), **changes):
    """Who is asked about each candidate of a batch."""
    surrogate = GPSurrogate(GPSpec(kind="gp"), space)
    data = with_answers(training_data(space, 16, noise=20.0), reads, own)
    volume = replace(data.own, property_name="volume_change", y=-6 * data.own.X[:, -1])
    observed = {"specific_energy": data, "volume_change": volume}
    request = a_request(
        space,
        observed={name: each.own for name, each in observed.items()},
        models={name: surrogate.fit(each, 0) for name, each in observed.items()},
        excluded=tuple(c for c in space if c.id in data.own.groups),
        cheaper=tuple(Cheaper(name, cost, tuple(excluded)) for name in reads),
        **changes,
    )
    return BayesianProposer(spec or BayesianSpec(samples=32)).propose(request)


def exact(y):
    return y


def vague(y, seed=0):
    return y + np.random.default_rng(seed).normal(0, 3 * y.std(), len(y))


def test_an_answer_that_tells_much_for_little_is_asked_for(small_space):
    found = asked(small_space, {"quick": exact}, cost=1e-4, constraints=())
    told = [each for each in found if each.evaluator == "quick"]
    assert told
    assert all("quick is asked first: expected to save" in each.reason for each in told)
    assert all("for 0.0% of its cost" in each.reason for each in told)


@pytest.mark.parametrize(
    ("reads", "cost"),
    [
        pytest.param({"quick": exact}, 1.0, id="as dear as a result"),
        pytest.param({"quick": vague}, 0.5, id="says little"),
    ],
)
def test_an_answer_that_is_not_worth_it_is_not_asked_for(small_space, reads, cost):
    found = asked(small_space, reads, cost=cost, constraints=())
    assert [each.evaluator for each in found] == [None] * 3
    assert not any("asked first" in each.reason for each in found)


def test_who_was_asked_already_is_not_asked_again(small_space):
    found = asked(
        small_space, {"quick": exact}, cost=1e-4, constraints=(), excluded=list(small_space)
    )
    assert [each.evaluator for each in found] == [None] * 3


def test_of_several_the_one_that_saves_most_is_asked(small_space):
    reads = {"vague": vague, "exact": exact, "worse": lambda y: vague(y, 1) / 2}
    found = asked(small_space, reads, cost=1e-4, constraints=())
    names = [each.evaluator for each in found if each.evaluator is not None]
    assert "exact" in names
    assert names.count("exact") > names.count("vague") + names.count("worse")


def test_what_a_result_costs_is_the_measure(small_space):
    dear = BayesianSpec(samples=32, cost=CostSpec(base=100.0, terms={"Ni": 10.0}))
    kinds = {
        base: [each.evaluator for each in asked(small_space, {"quick": exact}, 1.5, spec)]
        for base, spec in (("cheap", None), ("dear", dear))
    }
    assert kinds["cheap"] == [None] * 3
    assert "quick" in kinds["dear"]


@pytest.mark.parametrize(
    ("spec", "changes"),
    [
        pytest.param(BayesianSpec(samples=32), {}, id="constraint"),
        pytest.param(BayesianSpec(samples=32), {"constraints": ()}, id="one objective"),
        pytest.param(BayesianSpec(share=0.2), {"constraints": ()}, id="share"),
        pytest.param(BayesianSpec(acquisition="log_ei"), {}, id="log_ei"),
        pytest.param(BayesianSpec(acquisition="variance"), {}, id="variance"),
        pytest.param(
            BayesianSpec(samples=32),
            {
                "objectives": (
                    Objective(property="specific_energy"),
                    Objective(property="volume_change", goal="max"),
                ),
                "constraints": (Constraint(property="volume_change", min=-6),),
                "reference": (900.0, -6.0),  # only the energy, which is not known well, decides
            },
            id="two objectives",
        ),
    ],
)
def test_every_acquisition_can_choose(small_space, spec, changes):
    pending = {"pending": (list(small_space)[3],)}
    one, other = (
        asked(small_space, {"quick": exact}, 1e-6, spec, **changes, **pending) for _ in "ab"
    )
    assert one == other
    assert len({each.candidate.id for each in one}) == 3
    assert "quick" in {each.evaluator for each in one}


def test_where_the_space_ends_there_is_nothing_to_compare_with(small_space):
    found = asked(small_space, {"quick": exact}, cost=1e-4, constraints=(), n=35)
    assert {each.evaluator for each in found} == {None}
    assert len(found) == 35 - 10
