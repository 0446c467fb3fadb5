import numpy as np
import pytest
import torch
from gpytorch.distributions import MultivariateNormal
from gpytorch.kernels import MaternKernel, ScaleKernel
from scipy.optimize import approx_fprime

from surrogates.gp.correlations import Linear, Matern
from surrogates.gp.likelihood import JITTER, Posterior
from surrogates.gp.noise import RowNoise
from surrogates.gp.search import most_probable

NOISES = {
    "learned": RowNoise.unknown(30),
    "stated": RowNoise.stated(np.linspace(0.1, 0.3, 30)),
    "mixed": RowNoise.stated(np.where(np.arange(30) % 3, np.nan, 0.2)),
    "multiples": RowNoise(np.linspace(0.0, 0.1, 30), np.linspace(0.5, 3.0, 30)),
}


def data(n=30, d=3, noise=0.1):
    rng = np.random.default_rng(0)
    X = rng.random((n, d))
    y = np.sin(6 * X[:, 0]) + X[:, 1] ** 2 + noise * rng.standard_normal(n)
    return X, (y - y.mean()) / y.std()


def posterior(noise=NOISES["learned"], correlation=Matern):
    X, y = data()
    return Posterior(correlation(X), y, noise)


@pytest.mark.parametrize("correlation", [Matern, Linear])
@pytest.mark.parametrize("noise", NOISES.values(), ids=NOISES)
def test_the_gradient_is_that_of_the_value(noise, correlation):
    found = posterior(noise, correlation)
    theta = np.random.default_rng(1).normal(0, 0.7, len(found.names))
    numeric = approx_fprime(theta, lambda t: found(t)[0], 1e-6)
    np.testing.assert_allclose(found(theta)[1], numeric, rtol=1e-4, atol=1e-4)
    assert found.height(theta) == pytest.approx(found(theta)[0])


def test_the_likelihood_is_gpytorchs():
    X, y = data()
    ours = posterior()
    kernel = ScaleKernel(MaternKernel(nu=2.5, ard_num_dims=3)).double()

    def both(theta):
        kernel.base_kernel.lengthscale = torch.as_tensor(np.exp(theta[:3]))
        kernel.outputscale = float(np.exp(theta[3]))
        K = kernel(torch.as_tensor(X)).to_dense() + (np.exp(theta[4]) + JITTER) * torch.eye(30)
        zero = torch.zeros(30, dtype=torch.double)
        theirs = -MultivariateNormal(zero, K).log_prob(torch.as_tensor(y)).item()
        off = (theta - ours.location) / ours.spread
        return ours(theta)[0] - off @ off / 2, theirs

    (a, b), (c, d) = (both(np.array(t)) for t in ([0.1, 0.2, 0.3, 0.4, -2], [-1, 0, 1, 0, -4.0]))
    assert a - c == pytest.approx(b - d, rel=1e-6)


@pytest.mark.parametrize("noise", NOISES.values(), ids=NOISES)
def test_values_left_out_are_as_without_them(noise):
    X, y = data()
    theta = np.random.default_rng(2).normal(0, 0.5, len(posterior(noise).names))
    errors, variances = posterior(noise).left_out(theta)
    parts = posterior(noise).parts(theta)
    kernel = MaternKernel(nu=2.5, ard_num_dims=3).double()
    kernel.lengthscale = torch.as_tensor(parts.shape["lengthscale"])
    function = parts.outputscale * kernel(torch.as_tensor(X)).to_dense().detach().numpy()
    values = function + np.diag(noise.given(parts.noise[0]) + JITTER)
    for i in range(0, 30, 7):
        rest = np.arange(30) != i
        weights = np.linalg.solve(values[np.ix_(rest, rest)], function[rest, i])
        assert errors[i] == pytest.approx(y[i] - weights @ y[rest])
        assert variances[i] == pytest.approx(values[i, i] - weights @ function[rest, i])


def test_a_dimension_that_does_not_matter_gets_a_long_scale():
    X, y = data(60)
    found = Posterior(Matern(X), y, RowNoise.unknown(60))
    parts = found.parts(most_probable(found).theta)
    assert parts.shape["lengthscale"][2] > 3 * parts.shape["lengthscale"][:2].max()
    assert parts.noise[0] < 0.1


def test_values_that_state_nothing_leave_alone_what_others_state():
    X, y = data(60, noise=0.0)
    wild = np.random.default_rng(3).normal(0, 0.8, 60) * (np.arange(60) >= 40)
    mixed = RowNoise.stated(np.where(np.arange(60) < 40, 0.05, np.nan))
    found = Posterior(Matern(X), y + wild, mixed)
    assert 0.3 < found.parts(most_probable(found).theta).noise[0] ** 0.5 < 1.0
