"""What acquisitions do with the model: draw from it, believe in values."""

import numpy as np
import pytest
import torch
from botorch.sampling.pathwise import draw_matheron_paths

from agents.proposers.believing import believing
from agents.proposers.registry import build_proposer
from cathode.protocols import ProposalRequest
from cathode.spec import BayesianSpec, CGCNNSpec, Objective
from surrogates.cgcnn.surrogate import CGCNNSurrogate
from tests.contracts.surrogate import training_data
from tests.surrogates.cgcnn.pools import TINY

MEMBERS, WIDENING = 3, 1.7


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    from cathode.space import SearchSpace
    from cathode.spec import load_spec
    from tests.helpers import campaign_in

    return SearchSpace.from_spec(load_spec(campaign_in(tmp_path_factory.mktemp("small"))).space)


@pytest.fixture(scope="module")
def fitted(small):
    spec = CGCNNSpec(kind="cgcnn", augmentation="none", **(TINY | {"members": MEMBERS}))
    return CGCNNSurrogate(spec, small).fit(training_data(small), 1, WIDENING)


@pytest.fixture(scope="module")
def X(small):
    return torch.as_tensor(small.coordinates_of(small.every(100)[3:10]))


def dense(model, X, at, y):
    """A Gaussian process with the ensemble's moments, written down again from its members."""
    every = np.concatenate([X, at])
    with torch.no_grad():
        found = model.reader(torch.as_tensor(every)).numpy()
    values, noise = found[:, :-1], WIDENING * found[:, -1]
    mean, covariance = values.mean(axis=1), np.cov(values)
    unlike = (every[:, None] != every[None]).any(axis=-1)
    # Of the covariance of different crystals a share is taken for chance.
    covariance = WIDENING * np.where(unlike, (1 - 1 / MEMBERS) * covariance, covariance)
    n = len(X)
    gain = covariance[:n, n:] @ np.linalg.inv(covariance[n:, n:] + np.diag(noise[n:]))
    return (
        mean[:n] + gain @ (y - mean[n:]),
        covariance[:n, :n] - gain @ covariance[n:, :n],
        noise[:n],
    )


def test_new_values_condition_it_as_a_gaussian_process(fitted, X):
    """Values at once or one by one, one of them a second value of the same place."""
    at = X[[0, 1, 1, 4]]
    y = fitted.predict(at.numpy()).mean + np.array([30.0, -20.0, 10.0, 5.0])
    values = torch.as_tensor(y).unsqueeze(-1)
    mean, covariance, noise = dense(fitted.model, X.numpy(), at.numpy(), y)
    once = fitted.model.condition_on_observations(at, values)
    steps = fitted.model
    for i in range(4):
        steps = steps.condition_on_observations(at[i : i + 1], values[i : i + 1])
    for model in (once, steps):
        with torch.no_grad():
            posterior = model.posterior(X)
            read = model.posterior(X, observation_noise=True)
        np.testing.assert_allclose(posterior.mean[:, 0], mean, rtol=1e-6)
        scale = np.abs(covariance).max()
        np.testing.assert_allclose(
            posterior.distribution.covariance_matrix, covariance, atol=1e-4 * scale
        )
        np.testing.assert_allclose(read.variance - posterior.variance, noise[:, None], rtol=1e-4)
    # Batches say the same as rows.
    with torch.no_grad():
        batched = once.posterior(X[:6].reshape(3, 2, -1))
    np.testing.assert_allclose(batched.mean.flatten(), mean[:6], rtol=1e-6)


def test_new_values_may_bring_their_noise(fitted, X):
    """The first states it, the second does not, the third is nearly exact: all keep theirs."""
    at, own = X[:3], WIDENING * fitted.model.reader(X[1:2])[0, -1].item()
    y = torch.as_tensor(fitted.predict(at.numpy()).mean + 30.0).unsqueeze(-1)
    stated = [torch.tensor([[50.0**2]]), None, torch.tensor([[1e-4]])]
    model = fitted.model
    for i, noise in enumerate(stated):
        model = model.condition_on_observations(
            at[i : i + 1], y[i : i + 1], noise=None if noise is None else noise.double()
        )
    np.testing.assert_allclose(model.believed.prior.noise.detach(), [2500, own, 1e-4])
    with torch.no_grad():
        prior = fitted.model.posterior(at).distribution
        mean, K = prior.mean.numpy(), prior.covariance_matrix.numpy()
        found = model.posterior(at).mean[:, 0]
    gain = K @ np.linalg.inv(K + np.diag([2500, own, 1e-4]))
    np.testing.assert_allclose(found, mean + gain @ (y[:, 0].numpy() - mean), rtol=1e-5)
    with pytest.raises(ValueError, match="a variance per value"):
        fitted.model.condition_on_observations(at, y, noise=torch.ones(3))


def test_a_crystal_has_something_to_itself(fitted, X):
    """Members are few; without a part of their own a few values would settle all others."""
    with torch.no_grad():
        before = fitted.model.posterior(X)
        after = believing(fitted.model, X[:MEMBERS])[0].posterior(X)
    assert (after.variance[MEMBERS:] > before.variance[MEMBERS:] / MEMBERS / 1.01).all()


def test_believed_values_leave_the_mean_and_narrow_the_variance(fitted, X):
    model, believed = believing(fitted.model, X[:2])
    with torch.no_grad():
        before, after = fitted.model.posterior(X), model.posterior(X)
    np.testing.assert_allclose(believed, before.mean[:2, 0])
    np.testing.assert_allclose(after.mean, before.mean, rtol=1e-6)
    assert (after.variance[:2] < before.variance[:2]).all()


@pytest.mark.parametrize("known", [0, 2])
def test_drawn_functions_are_distributed_as_the_posterior(fitted, X, known, monkeypatch):
    model = fitted.model
    if known:
        y = torch.as_tensor(fitted.predict(X[:known].numpy()).mean + 20.0).unsqueeze(-1)
        model = model.condition_on_observations(X[:known], y)
    with torch.random.fork_rng(), torch.no_grad():
        torch.manual_seed(0)
        every = {x.shape: fitted.model.reader(x) for x in (X, X[:known]) if len(x)}
        monkeypatch.setattr(model, "reader", lambda x: every[x.shape])  # networks run once
        drawn = torch.stack([draw_matheron_paths(model, torch.Size([]))(X) for _ in "x" * 400])
        posterior = model.posterior(X)
    sigma = posterior.variance.squeeze(-1).sqrt()
    assert ((drawn.mean(0) - posterior.mean.squeeze(-1)).abs() < 0.18 * sigma).all()
    np.testing.assert_allclose(drawn.std(0), sigma, rtol=0.14)
    correlation = np.corrcoef(drawn.T)
    covariance = posterior.distribution.covariance_matrix
    np.testing.assert_allclose(correlation, covariance / sigma[:, None] / sigma, atol=0.2)


def test_a_drawn_function_is_one_function(fitted, X):
    path = draw_matheron_paths(fitted.model, torch.Size([]))
    with torch.no_grad():
        torch.testing.assert_close(path(X.flip(0)).flip(0), path(X))
        torch.testing.assert_close(path(X[:, None]).squeeze(-1), path(X))


def test_batches_of_new_values_are_refused(fitted, X):
    with pytest.raises(NotImplementedError, match="no batches"):
        fitted.model.condition_on_observations(X[None], X[None, :, :1])


def test_another_output_is_refused(fitted, X):
    with pytest.raises(ValueError, match="one output"):
        fitted.model.posterior(X, output_indices=[1])


@pytest.mark.parametrize("acquisition", ["improvement", "log_ei", "ucb", "thompson", "variance"])
def test_every_acquisition_proposes_with_it(small, fitted, acquisition):
    request = ProposalRequest(
        small,
        3,
        seed=4,
        objectives=(Objective(property="specific_energy"),),
        models={"specific_energy": fitted},
        observed={"specific_energy": training_data(small)},
    )
    found = build_proposer(BayesianSpec(acquisition=acquisition)).propose(request)
    assert len({each.candidate.id for each in found}) == 3
