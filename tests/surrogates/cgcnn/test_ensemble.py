import numpy as np
import pytest
import torch

from cathode.evaluation.recalibration import widening
from cathode.rng import derived_seed
from surrogates.cgcnn.ensemble import Ensemble, train_ensemble
from surrogates.cgcnn.network import CrystalGraphNetwork, Sizes
from surrogates.cgcnn.trained import Trained
from surrogates.cgcnn.training import TrainingSettings, train
from tests.crystal_worlds import toy

SIZES = Sizes(atom=6, hidden=8, convolutions=1, outputs=2)
SETTINGS = TrainingSettings(epochs=2, batch=16)
DATA, HELD = toy(20, 1), toy(12, 2)


def untrained(seed, outputs=2, spread=0.5):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        sizes = Sizes(atom=6, hidden=8, convolutions=1, outputs=outputs)
        return Trained(CrystalGraphNetwork(sizes).eval(), 3.0, spread)


def test_variance_is_that_of_the_members_and_the_mean_of_their_noise():
    ensemble = Ensemble(tuple(untrained(seed) for seed in range(4)), widening=2.25)
    means, noises = ensemble.members_predict(HELD.graphs)
    assert means.shape == noises.shape == (4, 12)
    found = ensemble.predict(HELD.graphs)
    np.testing.assert_allclose(found.mean, means.mean(axis=0))
    by_hand = sum((m - means.mean(axis=0)) ** 2 for m in means) / 3 + sum(s**2 for s in noises) / 4
    np.testing.assert_allclose(found.sigma, 1.5 * np.sqrt(by_hand), rtol=1e-6)


def test_one_member_has_its_noise_alone():
    member = untrained(0)
    found = Ensemble((member,)).predict(HELD.graphs)
    np.testing.assert_allclose(found.sigma, member.predict(HELD.graphs)[1], rtol=1e-6)
    silent = Ensemble((untrained(0, outputs=1),)).predict(HELD.graphs)
    assert (silent.sigma > 0).all()
    assert silent.sigma.max() < 1e-6


def test_intervals_are_as_wide_as_held_out_values_ask_for():
    ensemble = Ensemble(tuple(untrained(seed) for seed in range(3)), widening=3.0)
    parts = [HELD.take(np.arange(8)), HELD.take(np.arange(6, 12))]
    groups = [tuple(f"g{row // 2}" for row in rows) for rows in (range(8), range(6, 12))]
    found = ensemble.recalibrated(parts, groups)
    plain = Ensemble(ensemble.members).predict(HELD.graphs)
    # The members in turn: each is asked of what it has not seen.
    means, _ = ensemble.members_predict(HELD.graphs)
    rows = [np.arange(8), np.arange(6, 12), np.arange(8)]
    z = [(HELD.y - mean)[some] / plain.sigma[some] for mean, some in zip(means, rows, strict=True)]
    expected = widening(np.concatenate(z), (*groups[0], *groups[1], *groups[0]))
    assert found.widening == pytest.approx(expected)
    assert found.members == ensemble.members
    np.testing.assert_array_equal(found.predict(HELD.graphs).mean, plain.mean)
    # What was widened before does not matter.
    assert found.recalibrated(parts, groups).widening == found.widening


def test_members_have_seeds_of_their_own():
    ensemble = train_ensemble([(DATA, HELD)], SIZES, SETTINGS, 7, members=3)
    means, _ = ensemble.members_predict(HELD.graphs)
    assert len({row.tobytes() for row in means}) == 3
    second = train(DATA, HELD, SIZES, SETTINGS, derived_seed(7, "member", 1))
    np.testing.assert_array_equal(second.predict(HELD.graphs)[0], means[1])


def test_members_learn_their_lessons_in_turn():
    lessons = [(DATA, HELD), (HELD, DATA)]
    ensemble = train_ensemble(lessons, SIZES, SETTINGS, 7, members=3)
    means, _ = ensemble.members_predict(HELD.graphs)
    for number, lesson in ((1, lessons[1]), (2, lessons[0])):
        alone = train(*lesson, SIZES, SETTINGS, derived_seed(7, "member", number))
        np.testing.assert_array_equal(alone.predict(HELD.graphs)[0], means[number])


def test_networks_to_go_on_from_are_taken_in_turn():
    starts = [untrained(seed).network for seed in (1, 2)]
    frozen = TrainingSettings(epochs=1, batch=16, lower="frozen")
    found = train_ensemble([(DATA, None)], SIZES, frozen, 0, members=3, start=starts)
    for member, start in zip(found.members, [*starts, starts[0]], strict=True):
        own = member.network.state_dict()["embedding.weight"]
        assert torch.equal(own, start.state_dict()["embedding.weight"])
