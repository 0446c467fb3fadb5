"""What a GP learns from the history of earlier campaigns."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from cathode.errors import FitError, SpecError
from cathode.evaluation.metrics import coverage
from cathode.spec import GPSpec, parse_spec
from surrogates.gp.descriptors import Fractions
from surrogates.gp.origins import aligned
from surrogates.gp.surrogate import GPSurrogate
from surrogates.gp.transfer import learned_from
from tests.contracts.surrogate import SurrogateContract
from tests.helpers import layered
from tests.surrogates.gp.families import WithHistory, every, with_history

BOTH, ALONE = GPSpec(kind="gp"), GPSpec(kind="gp", transfer="none")


class TestAlone(SurrogateContract):
    def surrogate(self, space):
        return GPSurrogate(ALONE, space)


class TestMultitaskWithHistory(SurrogateContract):
    def surrogate(self, space):
        return WithHistory(GPSurrogate(BOTH, space))

    test_it_claims_to_know_of_no_evaluator_it_has_not_met = None  # it has met one
    test_too_few_values_are_refused_in_words = None  # with a history one is enough


def fit(space, data, spec=BOTH):
    return GPSurrogate(spec, space).fit(data, seed=0)


def error(fitted, space):
    X, y = every(space)
    return np.abs(fitted.predict(X).mean - y).mean()


def test_a_family_alike_helps(small_space):
    data = with_history(small_space, own=4)
    alone = error(fit(small_space, data, ALONE), small_space)
    assert error(fit(small_space, data), small_space) < 0.4 * alone
    assert fit(small_space, data).origins == ("old",)
    assert fit(small_space, data, ALONE).origins == ()


def test_without_transfer_a_history_changes_nothing(small_space):
    data = with_history(small_space, own=6)
    X, _ = every(small_space)
    with_it, without = (fit(small_space, d, ALONE).predict(X) for d in (data, data.own))
    np.testing.assert_array_equal(with_it.mean, without.mean)
    np.testing.assert_array_equal(with_it.sigma, without.sigma)


@pytest.mark.parametrize("own", [0, 1])
def test_a_history_alone_is_a_start_less_sure_than_of_itself(small_space, own):
    data = with_history(small_space, own=own, history=lambda y: y)
    fitted = fit(small_space, data)
    X, y = every(small_space)
    assert np.abs(fitted.predict(X).mean - y).mean() < 0.5 * np.abs(y.mean() - y).mean()
    itself = fit(small_space, data.of("old"), ALONE)
    assert np.median(fitted.predict(X).sigma / itself.predict(X).sigma) > 1.5
    assert coverage(y, fitted.predict(X), 95) > 90


def test_a_start_with_stated_sigmas_expects_results_to_have_such(small_space):
    data = with_history(small_space, own=0)
    stated = replace(data, sigma=np.full(len(data), 25.0))
    assert fit(small_space, stated).predict(data.X).sigma.min() > 25


def test_a_history_keeps_its_level(small_space):
    data = with_history(small_space, own=5, history=lambda y: y + 100.0)
    np.testing.assert_array_equal(aligned(data).y, data.y)
    quick = replace(data, history=())
    assert np.abs(aligned(quick).y - quick.y).max() > 10


def test_before_there_are_two_results_cheaper_answers_are_not_compared(small_space):
    data = with_history(small_space, own=1)
    n = len(data)
    quick = replace(
        data.take(np.r_[0:n, 1:9]), origins=data.origins + ("quick",) * 8, history=("old",)
    )
    assert set(learned_from(quick, BOTH).origins) == {None, "old"}
    assert set(learned_from(with_history(small_space, own=2), BOTH).origins) == {None, "old"}


@pytest.mark.parametrize("own", [0, 1])
def test_no_history_is_too_little(small_space, own):
    data = with_history(small_space, own=own, n=0)
    for spec in (BOTH, ALONE, GPSpec(kind="gp", kernel="linear")):
        with pytest.raises(FitError, match=f"has {own} values: a GP needs 2"):
            fit(small_space, data, spec)
    history = with_history(small_space, own=own)
    with pytest.raises(FitError, match=f"has {own} values"):
        fit(small_space, history, ALONE)


def test_a_history_outside_the_bounds_is_scaled_with_them(small_space):
    outside = small_space.bounds.max(axis=0)[None] + np.array([0.2, 0.0, -2.0])
    inner = Fractions(small_space, outside)
    scaled = inner.transform(torch.as_tensor(np.concatenate([small_space.bounds, outside])))
    assert scaled.amin(0).tolist() == [0, 0, 0]
    assert scaled.amax(0).tolist() == [1, 1, 1]
    assert scaled[-1].tolist() == [1, 1, 0]


def test_names_tell_what_is_learned_from():
    named = [GPSpec(kind="gp", transfer=t).name for t in ("none", "multitask", "ensemble")]
    assert named == [
        "gp-fractions-matern52-alone",
        "gp-fractions-matern52",
        "gp-fractions-matern52-ensemble",
    ]
    with pytest.raises(SpecError, match="kernel='linear', which learns from results alone"):
        surrogates = [{"kind": "gp", "kernel": "linear", "transfer": "ensemble"}]
        parse_spec(layered(surrogates=surrogates), "test")
