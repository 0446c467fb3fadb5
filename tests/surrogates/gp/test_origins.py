"""A GP that learns from several evaluators at once."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from gpytorch.distributions import MultivariateNormal
from gpytorch.kernels import MaternKernel, ScaleKernel
from scipy.optimize import approx_fprime

from agents.proposers.believing import believing
from cathode.errors import FitError
from cathode.spec import GPSpec
from surrogates.gp.correlations import Matern
from surrogates.gp.likelihood import JITTER, Posterior
from surrogates.gp.noise import RowNoise
from surrogates.gp.origins import OriginKernel, aligned, numbered
from surrogates.gp.surrogate import GPSurrogate
from tests.contracts.surrogate import training_data
from tests.helpers import truth


def two_origins(space, own=6, quick=30, bias=lambda x: 30 - 20 * x[0], seed=0):
    """Few results, and many answers of a cheaper evaluator that reads 0.5 y and a bias."""
    data = training_data(space, quick, noise=0.5, seed=seed)
    theirs = 0.5 * data.y + np.array([bias(x) for x in data.X])
    rows = np.concatenate([np.arange(own), np.arange(quick)])
    both = replace(data.take(rows), origins=(None,) * own + ("quick",) * quick)
    return replace(both, y=np.concatenate([data.y[:own], theirs]))


def fit(space, data):
    return GPSurrogate(GPSpec(kind="gp"), space).fit(data, seed=0)


def every(space):
    X = space.encode(list(space))
    return X, np.array([truth(ni, mn, co)["specific_energy"] for co, mn, ni in X])


def error(fitted, space):
    X, y = every(space)
    return np.abs(fitted.predict(X).mean - y).mean()


def test_biased_answers_on_another_scale_help(small_space):
    data = two_origins(small_space)
    assert error(fit(small_space, data), small_space) < 0.5 * error(
        fit(small_space, data.own), small_space
    )


def test_answers_that_have_nothing_to_do_with_it_do_little_harm(small_space):
    rng = np.random.default_rng(0)
    data = two_origins(small_space, own=20)
    noise = rng.normal(0, data.y.std(), 30)
    useless = replace(data, y=np.concatenate([data.y[:20], noise]))
    alone, fitted = fit(small_space, data.own), fit(small_space, useless)
    assert error(fitted, small_space) < 1.5 * error(alone, small_space)
    for x in torch.as_tensor(every(small_space)[0][::7]):
        (after,) = fitted.told(x[None], "quick", np.zeros(1))
        assert variance(after, x[None]) > 0.9 * variance(fitted, x[None])


def variance(fitted, X):
    return fitted.model.posterior(X).variance.detach()


def test_an_answer_tells_more_where_it_was_not_told_yet(small_space):
    data = two_origins(small_space, own=8, quick=20)
    fitted = fit(small_space, data)
    told = {tuple(x) for x, origin in zip(data.X, data.origins, strict=True) if origin == "quick"}
    fresh, old = [], []
    for x in every(small_space)[0]:
        X = torch.as_tensor(x)[None]
        (after,) = fitted.told(X, "quick", np.zeros(1))
        left = float(variance(after, X) / variance(fitted, X))
        assert 0 < left <= 1 + 1e-9
        (old if tuple(x) in told else fresh).append(left)
    assert 1 - np.median(fresh) > 5 * (1 - np.median(old))


def test_what_is_told_is_what_was_expected_and_so_many_deviations(small_space):
    fitted = fit(small_space, two_origins(small_space, own=8, quick=20))
    X = torch.as_tensor(every(small_space)[0][4:5])
    low, middle, high = (
        f.model.posterior(X) for f in fitted.told(X, "quick", np.array([-2, 0, 2]))
    )
    before = fitted.model.posterior(X)
    torch.testing.assert_close(middle.mean, before.mean, rtol=1e-4, atol=0)
    torch.testing.assert_close(high.mean - middle.mean, middle.mean - low.mean, rtol=1e-3, atol=0)
    # What the answer explains of the variance is how far it moves the mean.
    moved = ((high.mean - middle.mean) / 2) ** 2
    torch.testing.assert_close(moved, before.variance - high.variance, rtol=1e-3, atol=0)


def test_nothing_is_known_of_others(small_space):
    X = torch.as_tensor(every(small_space)[0][:1])
    assert fit(small_space, two_origins(small_space)).told(X, "unheard of", np.zeros(1)) is None
    assert fit(small_space, training_data(small_space)).told(X, "quick", np.zeros(1)) is None


def test_coordinates_alone_ask_for_the_property_itself(small_space):
    fitted = fit(small_space, two_origins(small_space))
    X = torch.as_tensor(every(small_space)[0][:5])
    own, quick = (torch.cat([X, torch.full_like(X[:, :1], i)], dim=-1) for i in (0, 1))
    alone = fitted.model.posterior(X)
    torch.testing.assert_close(alone.mean, fitted.model.posterior(own).mean)
    assert (alone.mean - fitted.model.posterior(quick).mean).abs().max() > 1e-3


def test_each_origin_has_a_noise_of_its_own(small_space):
    data = two_origins(small_space)
    sigma = np.where([origin is None for origin in data.origins], 8.0, 0.5)
    fitted = fit(small_space, replace(data, sigma=sigma))
    X = torch.as_tensor(every(small_space)[0][:4])
    noise = [
        fitted.model.posterior(at, observation_noise=True).variance
        - fitted.model.posterior(at).variance
        for at in (torch.cat([X, torch.full_like(X[:, :1], i)], dim=-1) for i in (0, 1))
    ]
    assert noise[0].detach().numpy() == pytest.approx(64.0, rel=1e-6)
    scale = data.y[:6].std() / data.y[6:12].std()  # the answers are read on the results' scale
    assert noise[1].detach().numpy() == pytest.approx((0.5 * scale) ** 2, rel=1e-6)


def test_the_model_believes_and_gives_gradients(small_space):
    fitted = fit(small_space, two_origins(small_space))
    at = torch.as_tensor(every(small_space)[0][:3]).clone().requires_grad_()
    fitted.model.posterior(at).variance.sum().backward()
    assert torch.isfinite(at.grad).all()
    assert at.grad.abs().sum() > 0
    at = at.detach()
    told, _ = believing(fitted.model, at[:1])
    before = fitted.model.posterior(at[:1], observation_noise=True).variance
    function = fitted.model.posterior(at[:1]).variance
    expected = function - function**2 / before  # of one more reading with the results' noise
    torch.testing.assert_close(told.posterior(at[:1]).variance, expected, rtol=1e-3, atol=0)


def test_answers_of_others_alone_are_too_few(small_space):
    data = two_origins(small_space, own=1)
    with pytest.raises(FitError, match="has 1 values"):
        fit(small_space, data)


def test_the_linear_kernel_learns_from_results_alone(small_space):
    data = two_origins(small_space)
    X = every(small_space)[0]
    surrogate = GPSurrogate(GPSpec(kind="gp", kernel="linear"), small_space)
    with_others, alone = surrogate.fit(data, 0), surrogate.fit(data.own, 0)
    np.testing.assert_array_equal(with_others.predict(X).mean, alone.predict(X).mean)
    assert with_others.told(torch.as_tensor(X[:1]), "quick", np.zeros(1)) is None


def test_answers_are_brought_to_place_and_spread_of_results(small_space):
    data = two_origins(small_space, own=10, bias=lambda _: 100.0)
    y = aligned(data).y
    np.testing.assert_allclose(y[10:20], data.y[:10])
    np.testing.assert_array_equal(y[:10], data.y[:10])
    apart = replace(
        data, groups=tuple(f"{g}{o}" for g, o in zip(data.groups, data.origins, strict=True))
    )
    assert aligned(apart).y[10:].mean() == pytest.approx(data.y[:10].mean())


STATED = np.linspace(0.1, 0.3, 40)


@pytest.mark.parametrize(
    "sigma",
    [np.full(40, np.nan), STATED, np.where(np.arange(40) < 20, STATED, np.nan)],
    ids=["learned", "stated", "mixed"],
)
@pytest.mark.parametrize("alike", [[0, 1, 2], [0, 0, 2], [0, 0, 0]], ids=str)
def test_the_gradient_is_that_of_the_value(sigma, alike):
    rng = np.random.default_rng(0)
    X, y = rng.random((40, 3)), rng.standard_normal(40)
    X[15:25] = X[:10]  # places that two have answered
    origin = np.array([0] * 15 + [1] * 20 + [2] * 5)
    posterior = Posterior(Matern(X), y, RowNoise.stated(sigma), origin, np.array(alike))
    theta = rng.normal(0, 0.5, len(posterior.names))
    numeric = approx_fprime(theta, lambda t: posterior(t)[0], 1e-6)
    np.testing.assert_allclose(posterior(theta)[1], numeric, rtol=1e-4, atol=1e-4)


def test_the_likelihood_is_gpytorchs():
    rng = np.random.default_rng(0)
    X, y = rng.random((30, 2)), rng.standard_normal(30)
    X[10:15] = X[:5]
    origin = np.repeat([0, 1, 2], 10)
    posterior = Posterior(Matern(X), y, RowNoise.unknown(30), origin)

    def both(theta):
        parts = posterior.parts(theta)
        base = ScaleKernel(MaternKernel(nu=2.5, ard_num_dims=2)).double()
        base.base_kernel.lengthscale = torch.as_tensor(parts.shape["lengthscale"])
        base.outputscale = parts.outputscale
        kernel = OriginKernel(base, torch.as_tensor(parts.relation), parts.local)
        at = torch.as_tensor(np.column_stack([X, origin]))
        K = kernel(at).to_dense() + torch.diag(torch.as_tensor(parts.noise[origin]) + JITTER)
        zero = torch.zeros(30, dtype=torch.double)
        theirs = -MultivariateNormal(zero, K).log_prob(torch.as_tensor(y)).item()
        off = (theta - posterior.location) / posterior.spread
        return posterior(theta)[0] - off @ off / 2, theirs

    (a, b), (c, d) = (both(rng.normal(0, 0.7, len(posterior.names))) for _ in "ab")
    assert a - c == pytest.approx(b - d, rel=1e-6)


def test_origins_are_numbered_by_name(small_space):
    data = training_data(small_space, 4)
    names, numbers = numbered(replace(data, origins=("z", None, "a", "z")))
    assert names == ("a", "z")
    assert numbers.tolist() == [2, 0, 1, 2]
