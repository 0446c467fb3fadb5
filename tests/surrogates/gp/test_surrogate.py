import numpy as np
import pytest

from cathode.evaluation.metrics import coverage
from cathode.spec import GPSpec
from surrogates.gp.surrogate import GPSurrogate
from tests.contracts.surrogate import SurrogateContract, training_data
from tests.helpers import truth


class TestFractions(SurrogateContract):
    def surrogate(self, space):
        return GPSurrogate(GPSpec(kind="gp", descriptors="fractions"), space)


class TestElements(SurrogateContract):
    def surrogate(self, space):
        return GPSurrogate(GPSpec(kind="gp", descriptors="elements"), space)


class TestMagpie(SurrogateContract):
    def surrogate(self, space):
        return GPSurrogate(GPSpec(kind="gp", descriptors="magpie"), space)


class TestLinear(SurrogateContract):
    def surrogate(self, space):
        return GPSurrogate(GPSpec(kind="gp", kernel="linear"), space)


def test_intervals_hold_what_they_promise(small_space):
    every = small_space.encode(list(small_space))
    y = np.array([truth(ni, mn, co)["specific_energy"] for co, mn, ni in every])
    inside = []
    for seed in range(6):
        fitted = GPSurrogate(GPSpec(kind="gp"), small_space).fit(
            training_data(small_space, 24, noise=5.0, seed=seed), seed
        )
        measured = y + np.random.default_rng(seed).normal(0, 5.0, len(y))
        inside.append(coverage(measured, fitted.predict(every), 80))
    assert np.mean(inside) == pytest.approx(80, abs=10)


def test_stated_sigmas_are_taken_at_their_word(small_space):
    surrogate = GPSurrogate(GPSpec(kind="gp"), small_space)
    data = training_data(small_space)

    def sigma(stated):
        told = type(data)(
            data.property_name, data.X, data.y, np.full(len(data), stated), data.groups
        )
        return surrogate.fit(told, 0).predict(data.X).sigma.mean()

    assert sigma(40.0) > 40
    assert sigma(0.5) < 20
