"""What sigmas and replicates tell of noise."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import polygamma

from cathode.spec import GPSpec
from surrogates.gp.noise import LEAST_SIGMA, row_noise
from surrogates.gp.replicates import Scatter, trigamma_inverse
from surrogates.gp.surrogate import GPSurrogate
from tests.contracts.surrogate import training_data


def replicated(variances, times, seed=0):
    """Values of candidates, each measured as often, with variances of their own."""
    rng = np.random.default_rng(seed)
    y = np.concatenate([rng.normal(i, np.sqrt(v), times) for i, v in enumerate(variances)])
    return y, tuple(f"c{i}" for i in range(len(variances)) for _ in range(times))


def noise_of(y, groups, sigma=np.nan, origin=None):
    origin = np.zeros(len(y), dtype=np.intp) if origin is None else origin
    exact = np.ones(len(y), dtype=bool)
    return row_noise(y, np.full(len(y), sigma), groups, origin, exact)


@given(st.floats(1e-3, 1e3))
def test_the_inverse_of_trigamma_undoes_it(x):
    assert trigamma_inverse(float(polygamma(1, x))) == pytest.approx(x, rel=1e-6)


def test_the_prior_that_variances_came_from_is_found():
    rng = np.random.default_rng(0)
    d0, s0, freedom = 8.0, 2.0, 4
    true = s0 * d0 / rng.chisquare(d0, 20_000)
    sample = true * rng.chisquare(freedom, len(true)) / freedom
    drawn, _ = Scatter(sample, np.full(len(true), freedom), ()).moderated()
    # Of a line between s0² and the sample variance: its weight tells d0, its level s0².
    slope, level = np.polyfit(sample, drawn, 1)
    assert slope == pytest.approx(freedom / (d0 + freedom), rel=0.05)
    assert level / (1 - slope) == pytest.approx(s0, rel=0.05)
    assert np.mean((np.log(drawn) - np.log(true)) ** 2) < np.mean(
        (np.log(sample) - np.log(true)) ** 2
    )


def test_even_scatter_leaves_all_alike():
    uneven = 0
    for seed in range(40):
        y, groups = replicated([0.3] * 12, 3, seed)
        noise, notes = noise_of(y, groups)
        uneven += bool(notes)
        if not notes:
            np.testing.assert_array_equal(noise.factor, 1.0)
    assert uneven <= 4


def test_two_candidates_do_not_tell_how_variances_differ():
    y, groups = replicated([0.01, 10.0], 4)
    np.testing.assert_array_equal(noise_of(y, groups)[0].factor, 1.0)


def test_uneven_scatter_is_told():
    y, groups = replicated([0.01] * 10 + [1.0] * 10, 5)
    lone = np.append(y, [3.0, 4.0])
    noise, notes = noise_of(lone, (*groups, "a", "b"))
    quiet, loud = noise.factor[:50].mean(), noise.factor[50:100].mean()
    assert 30 < loud / quiet < 200
    np.testing.assert_array_equal(noise.factor[-2:], 1.0)
    assert np.log(noise.factor[:100]).mean() == pytest.approx(0, abs=0.2)
    assert "replicates of 20 candidates scatter unevenly" in notes[0]


def test_values_rounded_alike_are_not_exact():
    y, groups = replicated([0.3] * 12, 3)
    y[:3] = y[0]
    noise, _ = noise_of(y, groups)
    assert noise.factor[:3].min() > 0.02


def test_equal_replicates_change_nothing():
    noise, notes = noise_of(np.repeat([1.0, 2.0, 3.0, 4.0], 2), tuple("aabbccdd"))
    np.testing.assert_array_equal(noise.factor, 1.0)
    assert notes == ()


def test_sigmas_that_replicates_bear_out_are_believed():
    y, groups = replicated([0.04] * 10, 4)
    noise, notes = noise_of(y, groups, sigma=0.2)
    np.testing.assert_allclose(noise.fixed, 0.04)
    assert notes == ()


def test_sigmas_that_replicates_contradict_are_widened_aloud():
    y, groups = replicated([0.04] * 10, 4)
    lone = np.append(y, [3.0])
    noise, notes = noise_of(lone, (*groups, "once"), sigma=0.05)
    assert 0.02 < noise.fixed[-1] < 0.08  # also of the candidate without replicates
    assert notes[0].startswith("stated sigmas of 41 values widened")
    assert "replicates of 10 candidates scatter more than they state" in notes[0]
    np.testing.assert_array_equal(noise.factor, 0.0)


def test_sigmas_are_never_narrowed():
    y, groups = replicated([0.0004] * 10 + [1.0], 4)
    noise, notes = noise_of(y, groups, sigma=0.1)
    assert (noise.fixed >= 0.01 - 1e-12).all()
    assert noise.fixed[-1] > 0.1
    assert len(notes) == 1


def test_a_sigma_of_zero_counts_as_a_small_one():
    noise, notes = noise_of(np.array([0.0, 1.0, 2.0]), tuple("abc"), sigma=0.0)
    np.testing.assert_allclose(noise.fixed, LEAST_SIGMA**2)
    assert notes == ()
    noise, notes = noise_of(np.array([0.0, 1.0, 2.0]), tuple("aab"), sigma=0.0)
    assert noise.fixed[0] == pytest.approx(0.5)
    assert notes


def test_each_origin_has_replicates_of_its_own():
    y, groups = replicated([0.01] * 10 + [1.0] * 10, 5)
    origin = np.repeat([0, 1], 50).astype(np.intp)
    noise, notes = noise_of(y, groups, origin=origin)
    np.testing.assert_array_equal(noise.factor, 1.0)
    assert notes == ()


def test_noisy_candidates_pull_less(small_space):
    """Half of the candidates are measured badly: what is told of it makes predictions better."""
    rng = np.random.default_rng(1)
    data = training_data(small_space, 16, noise=0.0)
    rows = np.repeat(np.arange(16), 4)
    bad = np.repeat(np.arange(16) % 2 == 1, 4)
    many = data.take(rows)
    many = replace(many, y=many.y + np.where(bad, 60.0, 1.0) * rng.standard_normal(64))
    surrogate = GPSurrogate(GPSpec(kind="gp"), small_space)
    fitted = surrogate.fit(many, 0)
    assert "scatter unevenly" in fitted.notes[0]
    # The same values under names of their own have no replicates.
    apart = surrogate.fit(replace(many, groups=tuple(map(str, range(64)))), 0)
    good = ~bad[::4]

    def error(found):
        return np.abs(found.predict(data.X[good]).mean - data.y[good]).mean()

    assert error(fitted) < 0.5 * error(apart)
