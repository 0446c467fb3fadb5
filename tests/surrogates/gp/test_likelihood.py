import numpy as np
import pytest
import torch
from gpytorch.distributions import MultivariateNormal
from gpytorch.kernels import MaternKernel, ScaleKernel
from scipy.optimize import approx_fprime

from surrogates.gp.likelihood import JITTER, _Posterior, most_probable


def data(n=30, d=3, noise=0.1):
    rng = np.random.default_rng(0)
    X = rng.random((n, d))
    y = np.sin(6 * X[:, 0]) + X[:, 1] ** 2 + noise * rng.standard_normal(n)
    return X, (y - y.mean()) / y.std()


@pytest.mark.parametrize("noise", [None, np.linspace(0.01, 0.1, 30)], ids=["learned", "stated"])
def test_the_gradient_is_that_of_the_value(noise):
    posterior = _Posterior(*data(), noise)
    theta = np.array([-0.5, 0.3, 1.0, 0.4, -3.0][: 5 if noise is None else 4])
    numeric = approx_fprime(theta, lambda t: posterior(t)[0], 1e-6)
    np.testing.assert_allclose(posterior(theta)[1], numeric, rtol=1e-4, atol=1e-4)


def test_the_likelihood_is_gpytorchs():
    X, y = data()
    posterior = _Posterior(X, y, None)
    kernel = ScaleKernel(MaternKernel(nu=2.5, ard_num_dims=3)).double()

    def both(theta):
        kernel.base_kernel.lengthscale = torch.as_tensor(np.exp(theta[:3]))
        kernel.outputscale = float(np.exp(theta[3]))
        K = kernel(torch.as_tensor(X)).to_dense() + (np.exp(theta[4]) + JITTER) * torch.eye(30)
        zero = torch.zeros(30, dtype=torch.double)
        theirs = -MultivariateNormal(zero, K).log_prob(torch.as_tensor(y)).item()
        off = (theta - posterior.location) / posterior.spread
        return posterior(theta)[0] - off @ off / 2, theirs

    (a, b), (c, d) = (both(np.array(t)) for t in ([0.1, 0.2, 0.3, 0.4, -2], [-1, 0, 1, 0, -4.0]))
    assert a - c == pytest.approx(b - d, rel=1e-6)


def test_a_dimension_that_does_not_matter_gets_a_long_scale():
    found = most_probable(*data(60), None)
    assert found.lengthscales[2] > 3 * found.lengthscales[:2].max()
    assert found.noise < 0.1
