import copy
import math
from dataclasses import dataclass, field, replace

import numpy as np
import pytest
import torch

from augment.registry import build_augmentation
from cathode.errors import FitError
from cathode.spec import parse_augmentation
from surrogates.cgcnn.batches import batch_of
from surrogates.cgcnn.network import CrystalGraphNetwork, Sizes
from surrogates.cgcnn.trained import Labelled, outputs
from surrogates.cgcnn.training import TrainingSettings, laplace_loss, train
from tests.crystal_worlds import toy

SIZES = Sizes(atom=8, hidden=12, convolutions=2, outputs=2)
QUICK = TrainingSettings(epochs=4, batch=16, rate=1e-2)
CPU = torch.device("cpu")
DATA, HELD, TEST = toy(32, 1), toy(15, 2), toy(40, 3)
SCALING = build_augmentation(parse_augmentation("anisotropic-5"))


def quick(**changes):
    asked = {"data": DATA, "validation": HELD, "sizes": SIZES, "settings": QUICK, "seed": 0}
    return train(**{**asked, "device": CPU, **changes})


def weights(trained):
    return trained.network.state_dict()


def equal(one, other):
    first, second = weights(one), weights(other)
    return (one.mean, one.spread, one.epochs) == (other.mean, other.spread, other.epochs) and all(
        torch.equal(first[name], second[name]) for name in first
    )


@pytest.fixture(scope="module")
def learned():
    settings = TrainingSettings(epochs=40, batch=16, rate=1e-2)
    return train(toy(100, 1), HELD, SIZES, settings, 0, device=CPU)


def test_the_same_seed_gives_the_same_network():
    assert equal(quick(), quick())
    assert not equal(quick(), quick(seed=1))
    with_variants = quick(augmentation=SCALING)
    assert equal(with_variants, quick(augmentation=SCALING))
    assert not equal(with_variants, quick())


def test_it_learns_better_than_the_mean(learned):
    found, noise = learned.predict(TEST.graphs)
    error = np.abs(found - TEST.y).mean()
    assert error < 0.35 * np.abs(TEST.y - TEST.y.mean()).mean()
    assert (noise > 0).all()
    assert noise.mean() < TEST.y.std()


def test_the_best_epoch_is_kept(learned):
    best = min(epoch.mae for epoch in learned.epochs)
    found, _ = learned.predict(HELD.graphs)
    assert np.abs(found - HELD.y).mean() == pytest.approx(best, rel=1e-5)
    assert [epoch.number for epoch in learned.epochs] == list(range(1, len(learned.epochs) + 1))


def test_without_better_validation_it_stops_early():
    noise = np.random.default_rng(0).normal(size=len(HELD))
    patient = replace(QUICK, epochs=50, patience=3)
    found = quick(validation=Labelled(HELD.graphs, noise), settings=patient)
    errors = [epoch.mae for epoch in found.epochs]
    assert len(errors) < 50
    assert int(np.argmin(errors)) + 1 + 3 == len(errors)


def test_without_validation_the_last_epoch_is_taken():
    found = quick(validation=None)
    assert len(found.epochs) == QUICK.epochs
    assert all(math.isnan(epoch.mae) for epoch in found.epochs)


class Interrupted(Exception):
    pass


@dataclass
class Interrupting:
    """An augmentation that dies in the middle of an epoch."""

    after: int
    name: str = SCALING.name
    calls: list = field(default_factory=list)

    def apply(self, crystal, rng):
        self.calls.append(crystal)
        if len(self.calls) > self.after:
            raise Interrupted
        return SCALING.apply(crystal, rng)


@pytest.mark.parametrize("after", [1, 2, 4])
def test_an_interrupted_training_goes_on_as_if_nothing_had_been(tmp_path, after):
    file = tmp_path / "kept" / "member.pt"

    def stop(epoch):
        if epoch.number == after:
            raise Interrupted

    with pytest.raises(Interrupted):
        quick(checkpoint=file, tell=stop, augmentation=SCALING)
    told = []
    found = quick(checkpoint=file, tell=told.append, augmentation=SCALING)
    assert equal(found, quick(augmentation=SCALING))
    assert [epoch.number for epoch in told] == list(range(after + 1, 5))
    assert list(file.parent.iterdir()) == []


def test_so_does_one_that_was_stopped_within_an_epoch(tmp_path):
    file = tmp_path / "member.pt"
    with pytest.raises(Interrupted):
        quick(checkpoint=file, augmentation=Interrupting(75))
    told = []
    found = quick(checkpoint=file, tell=told.append, augmentation=SCALING)
    assert told[0].number == 3
    assert equal(found, quick(augmentation=SCALING))


@pytest.mark.parametrize(
    "changes",
    [
        {"seed": 5},
        {"settings": replace(QUICK, rate=2e-2)},
        {"sizes": replace(SIZES, atom=6)},
        {"sizes": replace(SIZES, outputs=1)},
        {"data": toy(32, 7)},
        {"data": Labelled(DATA.graphs, DATA.y[::-1].copy())},
        {"validation": Labelled(HELD.graphs, HELD.y + 1)},
        {"validation": None},
        {"augmentation": SCALING},
        {"start": CrystalGraphNetwork(SIZES)},
    ],
    ids=["seed", "rate", "sizes", "outputs", "data", "y", "held", "no held", "augmented", "start"],
)
def test_a_checkpoint_of_another_training_is_not_taken(tmp_path, changes):
    file = tmp_path / "member.pt"

    def stop(epoch):
        raise Interrupted

    with pytest.raises(Interrupted):
        quick(checkpoint=file, tell=stop)
    assert equal(quick(checkpoint=file, **changes), quick(**changes))


def test_a_torn_checkpoint_is_told_and_training_begins_anew(tmp_path, caplog):
    file = tmp_path / "member.pt"
    file.write_bytes(b"PK\x03\x04 torn")
    assert equal(quick(checkpoint=file), quick())
    assert "is damaged: training begins anew" in caplog.text


@pytest.fixture(scope="module")
def start(learned):
    return learned.network


def lower(state):
    return {k: v for k, v in state.items() if k.startswith(("embedding.", "convs."))}


def test_frozen_layers_stay_as_they_are_with_all_their_statistics(start):
    before = copy.deepcopy(start.state_dict())
    found = quick(start=start, settings=replace(QUICK, lower="frozen"))
    after = weights(found)
    assert any("running_var" in name for name in lower(after))
    for name, value in lower(after).items():
        assert torch.equal(value, before[name]), name
    assert not torch.equal(after["conv_to_fc.weight"], before["conv_to_fc.weight"])
    # The network that was started from is nobody's to change.
    assert all(torch.equal(v, before[k]) for k, v in start.state_dict().items())


def test_slow_layers_move_less_than_free_ones(start):
    def moved(kind):
        after = weights(quick(start=start, settings=replace(QUICK, lower=kind)))
        before = start.state_dict()
        names = [name for name, _ in start.named_parameters() if name in lower(before)]
        return sum(float((after[name] - before[name]).norm()) for name in names)

    assert 0 < moved("slow") < 0.5 * moved("free")


def test_a_start_of_other_sizes_is_refused(start):
    with pytest.raises(FitError, match="the network to go on from has"):
        quick(start=start, sizes=replace(SIZES, hidden=16))
    one_output = quick(start=start, sizes=replace(SIZES, outputs=1))
    assert one_output.predict(TEST.graphs)[1].tolist() == [0] * len(TEST)


def test_a_loss_that_is_no_number_is_an_error():
    y = DATA.y.copy()
    y[3] = math.nan
    with pytest.raises(FitError, match="the loss is nan in epoch 1"):
        quick(data=Labelled(DATA.graphs, y))


def test_one_crystal_is_too_few_and_two_are_enough():
    with pytest.raises(FitError, match="1 crystals: a network needs 2"):
        quick(data=DATA.take(np.array([0])))
    two = quick(data=DATA.take(np.array([0, 1])), validation=None)
    assert np.isfinite(two.predict(TEST.graphs)[0]).all()


def test_a_constant_is_learned():
    found = quick(data=Labelled(DATA.graphs, np.full(len(DATA), 4.0)), validation=None)
    np.testing.assert_allclose(found.predict(TEST.graphs)[0], 4.0, atol=1e-3)


def test_randomness_outside_is_left_alone():
    torch.manual_seed(3)
    np.random.seed(3)  # noqa: NPY002 - the global state is what is looked at
    state, before = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    quick(augmentation=SCALING)
    assert torch.equal(torch.get_rng_state(), state)
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


def test_the_loss_is_that_of_a_laplace_density():
    target, value, scale = torch.tensor([0.0, 1, -2]), torch.tensor([0.5, 1, 1]), 0.7
    out = torch.stack([value, torch.full((3,), math.log(scale))], dim=1)
    density = torch.distributions.Laplace(value, scale)
    expected = -density.log_prob(target).mean() - math.log(2)
    torch.testing.assert_close(laplace_loss(out, target), expected)
    torch.testing.assert_close(laplace_loss(out[:, :1], target), torch.tensor(3.5 / 3))


def test_outputs_come_in_order_and_without_crystals_there_are_none(start):
    found = outputs(start, TEST.graphs)
    with torch.no_grad():
        expected = start(batch_of(TEST.graphs)).double().numpy()
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
    assert outputs(start, []).shape == (0, 2)


def test_atoms_that_no_crystal_has_cannot_be_read_apart():
    with pytest.raises(FitError, match="atomic number 92, which is to be read apart"):
        train(DATA, None, replace(SIZES, focus=92), TrainingSettings(epochs=1), 0)
