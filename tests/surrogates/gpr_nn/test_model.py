"""What acquisitions do with the model: draw from it, believe in values."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from botorch.sampling.pathwise import draw_matheron_paths

from agents.proposers.believing import believing
from agents.proposers.registry import build_proposer
from cathode.evaluation.metrics import coverage
from cathode.protocols import ProposalRequest
from cathode.spec import BayesianSpec, GPRNNSpec, Objective
from surrogates.gpr_nn.surrogate import GPRNNSurrogate
from tests.contracts.surrogate import training_data


@pytest.fixture
def fitted(small_space):
    surrogate = GPRNNSurrogate(GPRNNSpec(kind="gpr_nn", coupling=10), small_space)
    return surrogate.fit(training_data(small_space), seed=1)


@pytest.fixture
def X(small_space):
    return torch.as_tensor(
        small_space.coordinates_of(small_space.sample(5, np.random.default_rng(7)))
    )


def test_drawn_functions_are_distributed_as_the_posterior(fitted, X):
    torch.manual_seed(0)
    posterior = fitted.model.posterior(X)
    with torch.no_grad():
        drawn = torch.stack(
            [draw_matheron_paths(fitted.model, torch.Size([]))(X) for _ in "x" * 800]
        )
    sigma = posterior.variance.squeeze(-1).sqrt()
    assert ((drawn.mean(0) - posterior.mean.squeeze(-1)).abs() < 0.15 * sigma).all()
    np.testing.assert_allclose(drawn.std(0), sigma.detach(), rtol=0.1)


def test_believed_values_leave_the_mean_and_narrow_the_variance(fitted, X):
    model, believed = believing(fitted.model, X[:2])
    with torch.no_grad():
        before, after = fitted.model.posterior(X), model.posterior(X)
    np.testing.assert_allclose(believed, before.mean[:2, 0])
    np.testing.assert_allclose(after.mean, before.mean, rtol=1e-6)
    assert (after.variance[:2] < before.variance[:2]).all()


def test_batches_of_new_values_are_refused(fitted, X):
    with pytest.raises(NotImplementedError, match="no batches"):
        fitted.model.condition_on_observations(X[None], X[None, :, :1])


def test_another_output_is_refused(fitted, X):
    with pytest.raises(ValueError, match="one output"):
        fitted.model.posterior(X, output_indices=[1])


@pytest.mark.parametrize("acquisition", ["improvement", "log_ei", "ucb", "thompson", "variance"])
def test_every_acquisition_proposes_with_it(small_space, fitted, acquisition):
    data = training_data(small_space)
    request = ProposalRequest(
        small_space,
        3,
        seed=4,
        objectives=(Objective(property="specific_energy"),),
        models={"specific_energy": fitted},
        observed={"specific_energy": data},
    )
    proposer = build_proposer(BayesianSpec(acquisition=acquisition))
    found = proposer.propose(request)
    assert len({each.candidate.id for each in found}) == 3


def test_many_values_take_hyperparameters_from_some_and_say_so(small_space):
    data = training_data(small_space, n=30)
    many = data.take(np.tile(np.arange(30), 40))
    fitted = GPRNNSurrogate(GPRNNSpec(kind="gpr_nn", coupling=0), small_space).fit(many, seed=0)
    assert fitted.notes == ("hyperparameters by 1000 of 1200 values",)


def test_intervals_hold_what_they_promise(small_space):
    surrogate = GPRNNSurrogate(GPRNNSpec(kind="gpr_nn"), small_space)
    levels = {50: [], 80: [], 95: []}
    for seed in range(20):
        data = training_data(small_space, n=34, noise=15.0, seed=seed)
        rows = np.arange(34)
        prediction = surrogate.fit(data.take(rows[:22]), seed=0).predict(data.X[22:])
        for level, found in levels.items():
            found.append(coverage(data.y[22:], prediction, level))
    for level, found in levels.items():
        assert np.mean(found) == pytest.approx(level, abs=7)


def test_stated_and_unstated_noise_stand_side_by_side(small_space):
    """Half of the values are stated to be worth little; the others teach the function."""
    data = training_data(small_space, n=34, noise=0.1)
    rng = np.random.default_rng(0)
    poor = np.arange(34) % 2 == 0
    y = data.y + np.where(poor, rng.normal(0, 60, 34), 0)
    surrogate = GPRNNSurrogate(GPRNNSpec(kind="gpr_nn", coupling=10), small_space)
    errors = {}
    for name, sigma in (("stated", np.where(poor, 60.0, np.nan)), ("silent", np.full(34, np.nan))):
        fitted = surrogate.fit(replace(data, y=y, sigma=sigma), seed=0)
        errors[name] = np.abs(fitted.predict(data.X).mean - data.y).mean()
    assert errors["stated"] < 0.5 * errors["silent"]


def test_a_new_value_has_the_noise_that_values_state(small_space, X):
    data = training_data(small_space)
    stated = replace(data, sigma=np.full(len(data), 7.0))
    model = GPRNNSurrogate(GPRNNSpec(kind="gpr_nn"), small_space).fit(stated, seed=0).model
    with torch.no_grad():
        read, function = model.posterior(X, observation_noise=True), model.posterior(X)
    np.testing.assert_allclose(read.variance - function.variance, 49.0, rtol=1e-6)
