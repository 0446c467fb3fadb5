"""Bounds as data."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.optimize import approx_fprime
from scipy.stats import multivariate_normal, norm

from cathode.errors import FitError
from cathode.spec import GPSpec
from surrogates.gp.censored import WIDEST, Bounds
from surrogates.gp.correlations import Matern
from surrogates.gp.fitting import Readings
from surrogates.gp.likelihood import JITTER, Posterior
from surrogates.gp.noise import RowNoise
from surrogates.gp.surrogate import GPSurrogate
from tests.contracts.surrogate import training_data


def bounds(m=4, seed=0, noise=0.05):
    """Correlated functions with bounds on readings of them."""
    rng = np.random.default_rng(seed)
    root = rng.normal(0, 0.5, (m, m)) + np.eye(m)
    side = np.where(np.arange(m) % 2, 1.0, -1.0)
    mean = rng.normal(0, 0.5, m)
    return Bounds(mean, root @ root.T, rng.normal(0, 0.5, m), side, np.full(m, noise))


def test_one_bound_has_the_moments_of_a_truncated_reading():
    one = bounds(1)
    value, variance, settled = one.stand_ins()
    (mean,), ((width,),) = one.given(value, 1 / variance)
    prior = norm(one.mean[0], np.sqrt(one.covariance[0, 0]))

    def moment(k):
        chance = norm(0, np.sqrt(one.noise[0]))
        weight = lambda f: prior.pdf(f) * chance.cdf(one.side[0] * (f - one.limit[0]))  # noqa: E731
        return quad(lambda f: f**k * weight(f), *prior.interval(1 - 1e-14), limit=200)[0]

    assert settled
    assert mean == pytest.approx(moment(1) / moment(0), rel=1e-6)
    assert width == pytest.approx(moment(2) / moment(0) - mean**2, rel=1e-5)


def test_several_bounds_have_the_moments_of_what_keeps_them():
    several = bounds()
    value, variance, settled = several.stand_ins()
    mean, covariance = several.given(value, 1 / variance)
    rng = np.random.default_rng(0)
    drawn = rng.multivariate_normal(several.mean, several.covariance, 1_000_000)
    read = drawn + rng.normal(0, np.sqrt(several.noise), drawn.shape)
    kept = drawn[((read - several.limit) * several.side > 0).all(axis=1)]
    assert settled
    assert len(kept) > 5_000
    np.testing.assert_allclose(mean, kept.mean(axis=0), atol=0.03)
    np.testing.assert_allclose(np.diag(covariance), kept.var(axis=0), rtol=0.1)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 10_000),
    st.integers(1, 8),
    st.floats(-3, 3).map(lambda x: 10**x),
    st.floats(-5.0, 5.0),
)
def test_stand_ins_settle(seed, m, noise, shift):
    some = bounds(m, seed, noise)
    some = replace(some, limit=some.limit + shift * some.side)
    value, variance, settled = some.stand_ins()
    assert settled
    assert np.isfinite(value).all()
    assert (variance > 0).all()


def test_a_bound_that_is_kept_anyway_tells_nothing():
    some = bounds(1)
    far = replace(some, limit=some.mean - 100 * some.side)
    _, variance, _ = far.stand_ins()
    assert variance[0] >= WIDEST


def readings(limit=0.2):
    """Exact values and one bound."""
    rng = np.random.default_rng(0)
    X = rng.random((12, 2))
    y = np.sin(5 * X[:, 0]) + X[:, 1]
    y = (y - y.mean()) / y.std()
    side = np.zeros(12, dtype=int)
    y[0], side[0] = limit, -1
    return Readings(Matern(X), y, RowNoise.unknown(12), np.zeros(12, dtype=np.intp), side)


def test_the_likelihood_has_its_maximum_where_that_of_the_bound_has_it():
    """Of a single bound expectation propagation is exact, and so is its likelihood."""
    given = readings()
    fit = given.fit()
    prior = Posterior(given.correlation, given.y, given.noise)
    keep = np.arange(1, 12)

    def height(theta):
        parts, K = prior.parts(theta), prior.function(theta)
        noise = parts.noise[0] + JITTER
        values = K[np.ix_(keep, keep)] + noise * np.eye(11)
        weights = np.linalg.solve(values, K[keep, 0])
        mean = weights @ given.y[keep]
        spread = np.sqrt(K[0, 0] - weights @ K[keep, 0] + noise)
        off = (theta - prior.location) / prior.spread
        exact = multivariate_normal(cov=values).logpdf(given.y[keep])
        return off @ off / 2 - exact - norm.logcdf((given.y[0] - mean) / spread)

    assert fit.settled
    slope = approx_fprime(fit.theta, height, 1e-6)
    np.testing.assert_allclose(slope[:3], 0, atol=0.05)
    assert abs(slope[3]) < 0.5  # bounds tell the noise nothing


SURROGATES = [GPSpec(kind="gp"), GPSpec(kind="gp", kernel="linear")]


@pytest.mark.parametrize("spec", SURROGATES, ids=lambda spec: spec.kernel)
def test_bounds_serve_almost_as_well_as_values(small_space, spec):
    data = training_data(small_space, 24, noise=0.5)
    low = data.y < np.quantile(data.y, 0.4)
    told = replace(
        data,
        y=np.where(low, np.quantile(data.y, 0.4), data.y),
        limits=tuple("<" if each else None for each in low),
    )
    surrogate = GPSurrogate(spec, small_space)
    censored = surrogate.fit(told, 0)
    believed = surrogate.fit(replace(told, limits=()), 0)  # as if bounds were values
    dropped = surrogate.fit(told.exact, 0)
    at = data.X[low]

    def error(fitted):
        return np.abs(fitted.predict(at).mean - data.y[low]).mean()

    assert error(censored) < 0.9 * error(believed)
    assert error(censored) < error(dropped)
    limit = told.y[low]
    assert (censored.predict(at).mean < limit + censored.predict(at).sigma).all()
    assert f"{low.sum()} bounds read as censored" in censored.notes


def test_bounds_that_say_nothing_change_nothing(small_space):
    data = training_data(small_space, 20)
    limits = ("<",) * 5 + (None,) * 15
    loose = replace(data, y=data.y + 1e6 * (np.arange(20) < 5), limits=limits)
    surrogate = GPSurrogate(GPSpec(kind="gp"), small_space)
    one, other = surrogate.fit(loose, 0), surrogate.fit(data.take(np.arange(5, 20)), 0)
    np.testing.assert_allclose(one.predict(data.X).mean, other.predict(data.X).mean, rtol=1e-2)


def test_bounds_of_other_evaluators_are_learned_from(small_space):
    data = training_data(small_space, 20)
    both = data.take(np.tile(np.arange(20), 2))
    both = replace(both, origins=(None,) * 20 + ("quick",) * 20, limits=(None,) * 30 + ("<",) * 10)
    fitted = GPSurrogate(GPSpec(kind="gp"), small_space).fit(both, 0)
    assert fitted.origins == ("quick",)
    assert "10 bounds read as censored" in fitted.notes
    alone = replace(both, limits=(None,) * 20 + (">",) * 20)
    prediction = GPSurrogate(GPSpec(kind="gp"), small_space).fit(alone, 0).predict(data.X)
    assert np.isfinite(prediction.mean).all()


def test_bounds_alone_are_too_few(small_space):
    data = replace(training_data(small_space, 10), limits=("<",) * 9 + (None,))
    with pytest.raises(FitError, match="has 1 values and 9 bounds: a GP needs 2 values"):
        GPSurrogate(GPSpec(kind="gp"), small_space).fit(data, 0)


@pytest.mark.parametrize("field", ["y", "X"])
def test_what_is_no_number_is_refused(small_space, field):
    data = training_data(small_space, 10)
    broken = getattr(data, field).copy()
    broken[3] = np.nan
    with pytest.raises(FitError, match="has 1 .* that are no finite numbers"):
        GPSurrogate(GPSpec(kind="gp"), small_space).fit(replace(data, **{field: broken}), 0)
