"""GPs of earlier campaigns beside that of the results."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
import torch

from agents.proposers.believing import believing
from cathode.errors import FitError
from cathode.spec import GPSpec
from surrogates.gp.ensemble import EnsembleSurrogate, FittedEnsemble, RankedEnsemble
from surrogates.gp.ranking import WORSE, left_out, misranked, weights_of
from surrogates.gp.surrogate import FittedGP, GPSurrogate
from tests.contracts.surrogate import SurrogateContract, training_data
from tests.surrogates.gp.families import WithHistory, every, with_history

SPEC = GPSpec(kind="gp", transfer="ensemble")


class TestEnsemble(SurrogateContract):
    def surrogate(self, space):
        return EnsembleSurrogate(SPEC, space)


class TestEnsembleOfElements(SurrogateContract):
    def surrogate(self, space):
        return EnsembleSurrogate(SPEC.model_copy(update={"descriptors": "elements"}), space)


class TestEnsembleWithHistory(SurrogateContract):
    def surrogate(self, space):
        return WithHistory(EnsembleSurrogate(SPEC, space))

    test_it_claims_to_know_of_no_evaluator_it_has_not_met = None  # it has met one
    test_too_few_values_are_refused_in_words = None  # with a history one is enough


@pytest.fixture
def fitted(small_space):
    return EnsembleSurrogate(SPEC, small_space).fit(with_history(small_space, own=5), seed=0)


def test_a_history_that_ranks_the_results_has_a_weight(fitted):
    assert isinstance(fitted, FittedEnsemble)
    assert fitted.origins == ("old",)
    assert fitted.model.weights.sum() == pytest.approx(1)
    assert fitted.model.weights[0] > 0.2


def test_a_history_that_ranks_them_backwards_has_none(small_space):
    data = with_history(small_space, own=12, history=lambda y: -y)
    fitted = EnsembleSurrogate(SPEC, small_space).fit(data, seed=0)
    alone = GPSurrogate(GPSpec(kind="gp", transfer="none"), small_space).fit(data, seed=0)
    assert isinstance(fitted, FittedGP)
    assert fitted.name == SPEC.name
    assert fitted.origins == ()
    X, _ = every(small_space)
    np.testing.assert_array_equal(fitted.predict(X).mean, alone.predict(X).mean)


def test_its_posterior_has_the_moments_of_the_mixture(fitted, small_space):
    X = torch.as_tensor(every(small_space)[0][:4])
    posterior = fitted.model.posterior(X)
    rng = np.random.default_rng(0)
    weights, n = fitted.model.weights.numpy(), 400_000
    which = rng.choice(len(weights), n, p=weights)
    parts = [member.posterior(X).distribution for member in fitted.model.members]
    draws = np.concatenate(
        [
            rng.multivariate_normal(
                part.mean.detach().numpy(), part.covariance_matrix.detach().numpy(), count
            )
            for part, count in zip(parts, np.bincount(which, minlength=2), strict=True)
        ]
    )
    scale = draws.std(axis=0)
    off = posterior.mean.detach().numpy().ravel() - draws.mean(axis=0)
    assert np.abs(off / scale).max() < 0.02
    covariance = posterior.distribution.covariance_matrix.detach().numpy()
    expected = np.cov(draws.T)
    assert np.abs((covariance - expected) / np.outer(scale, scale)).max() < 0.03


def test_members_that_disagree_are_less_sure_together(fitted, small_space):
    X = every(small_space)[0]
    sigma = fitted.predict(X).sigma
    parts = [m.posterior(torch.as_tensor(X), observation_noise=True) for m in fitted.model.members]
    weights = fitted.model.weights.numpy()
    within = sum(
        w * part.variance.detach().numpy().ravel() for w, part in zip(weights, parts, strict=True)
    )
    assert (sigma**2 >= within * (1 - 1e-9)).all()
    assert (sigma**2 > 1.01 * within).any()


def test_it_believes_what_it_is_told(fitted, small_space):
    X = torch.as_tensor(every(small_space)[0])
    before = fitted.model.posterior(X).variance.detach()
    at = before.argmax()
    model, believed = believing(fitted.model, X[at : at + 1])
    assert isinstance(model, RankedEnsemble)
    assert believed.item() == pytest.approx(fitted.model.posterior(X).mean[at].item())
    after = model.posterior(X).variance.detach()
    assert after[at] < 0.5 * before[at]
    assert after.sum() < before.sum()


def test_before_there_are_two_results_the_model_of_all_serves(small_space):
    data = with_history(small_space, own=1)
    fitted = EnsembleSurrogate(SPEC, small_space).fit(data, seed=0)
    both = GPSurrogate(GPSpec(kind="gp"), small_space).fit(data, seed=0)
    assert fitted.name == SPEC.name
    X, _ = every(small_space)
    np.testing.assert_array_equal(fitted.predict(X).mean, both.predict(X).mean)


def test_cheaper_evaluators_teach_it_nothing(small_space):
    data = with_history(small_space, own=5)
    rows = np.flatnonzero([origin is None for origin in data.origins])
    quick = replace(data.take(rows), y=data.y[rows] * 0.1, origins=("quick",) * 5, history=())
    both = replace(data.beside([quick]), history=("old",))
    fitted = EnsembleSurrogate(SPEC, small_space).fit(both, seed=0)
    without = EnsembleSurrogate(SPEC, small_space).fit(data, seed=0)
    X, _ = every(small_space)
    np.testing.assert_array_equal(fitted.predict(X).mean, without.predict(X).mean)
    assert fitted.told(torch.as_tensor(X[:1]), "quick", np.zeros(2)) is None
    one = replace(both.take(np.r_[0, len(data) : len(both)]), history=())
    with pytest.raises(FitError, match="has 1 values"):
        EnsembleSurrogate(SPEC, small_space).fit(one, seed=0)


def test_misranked_pairs_are_counted_one_by_one():
    rng = np.random.default_rng(0)
    y, draws = rng.standard_normal(7), rng.standard_normal((5, 7))
    y[3] = y[5]  # equal results are in no order
    for i, draw in enumerate(draws):
        pairs = list(itertools.product(range(7), repeat=2))
        inside = sum((draw[j] < draw[k]) != (y[j] < y[k]) for j, k in pairs)
        outside = sum((draw[j] < y[k]) != (y[j] < y[k]) for j, k in pairs)
        assert misranked(draws, y)[i] == inside
        assert misranked(draws, y, held_out=True)[i] == outside


def test_weights_are_the_shares_of_draws_that_a_member_wins():
    losses = np.random.default_rng(1).integers(0, 12, size=(4, 60))
    losses[1] += 9  # of no use
    wins = np.zeros(4)
    bar = sorted(losses[-1])
    position = WORSE * (len(bar) - 1)
    low = int(position)
    bar = bar[low] + (position - low) * (bar[low + 1] - bar[low])
    allowed = [i for i in range(4) if i == 3 or np.median(losses[i]) <= bar]
    assert allowed == [0, 2, 3]
    for draw in losses.T:
        least = min(draw[i] for i in allowed)
        winners = [i for i in allowed if draw[i] == least]
        for i in winners:
            wins[i] += 1 / len(winners)
    np.testing.assert_allclose(weights_of(losses), wins / 60)
    assert weights_of(losses[-1:]).tolist() == [1.0]


def test_places_left_out_are_predicted_as_by_a_gp_without_them(small_space):
    data = training_data(small_space, 8, noise=5.0)
    fitted = GPSurrogate(GPSpec(kind="gp"), small_space).fit(data, seed=0)
    mean, sigma = left_out(fitted.model)
    model = fitted.model
    (X,), y = model.train_inputs, model.train_targets
    for i in range(8):
        others = [j for j in range(8) if j != i]
        with torch.no_grad():
            K = model.covar_module(X).to_dense()
            noise = torch.diag(model.likelihood.noise[others])
            inverse = torch.linalg.inv(K[others][:, others] + noise)
            expected = K[i, others] @ inverse @ y[others]
            variance = K[i, i] - K[i, others] @ inverse @ K[others, i]
        middle, spread = data.y.mean(), data.y.std(ddof=1)
        assert mean[i] == pytest.approx(middle + spread * expected.item(), rel=1e-6)
        assert sigma[i] == pytest.approx(spread * variance.item() ** 0.5, rel=1e-4)
