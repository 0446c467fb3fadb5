"""CGCNN as a surrogate: the contract, and what it alone promises."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from cathode.errors import FitError, SpecError
from cathode.space import SearchSpace
from cathode.spec import CGCNNSpec, SpaceSpec
from flows.augmenting import augmentation_of
from surrogates.cgcnn.surrogate import CGCNNSurrogate
from tests.contracts.surrogate import SurrogateContract, training_data
from tests.surrogates.cgcnn.networks import saved
from tests.surrogates.cgcnn.pools import TINY


def built(space, **options):
    options = {"augmentation": "none", **TINY, **options}
    if "pretrained" in options:
        options = {k: v for k, v in options.items() if k not in ("atom", "hidden", "convolutions")}
    return CGCNNSurrogate(CGCNNSpec(kind="cgcnn", **options), space, augmentation_of)


class TestContract(SurrogateContract):
    def surrogate(self, space):
        return built(space)


def lower_weights(fitted):
    ensemble = fitted.model.reader.__closure__
    (reading,) = (c.cell_contents for c in ensemble if callable(c.cell_contents))
    (found,) = (c.cell_contents for c in reading.__closure__)
    return [member.network.convs[0].fc_full.weight for member in found.members]


def test_frozen_layers_stay_and_others_go_on_from_a_file(small_space, tmp_path):
    file = saved(tmp_path)
    data = training_data(small_space)
    frozen = built(small_space, pretrained=file, lower="frozen", epochs=2)
    start = [m.network.convs[0].fc_full.weight for m in frozen.pretrained.ensemble.members]
    fitted = frozen.fit(data, seed=1)
    for one, other in zip(lower_weights(fitted), start, strict=True):
        torch.testing.assert_close(one, other.detach())
    assert fitted.name == "cgcnn-none-pretrained-frozen"
    assert "goes on from networks that learned specific_energy" in fitted.notes
    free = built(small_space, pretrained=file, epochs=2).fit(data, seed=1)
    assert not torch.equal(lower_weights(free)[0], start[0])
    # More members than the file has go round.
    three = built(small_space, pretrained=file, lower="frozen", epochs=1, members=3)
    weights = lower_weights(three.fit(data, seed=1))
    torch.testing.assert_close(weights[2], weights[0])


def test_process_variables_are_not_seen_and_it_says_so():
    spec = {
        "prototype": "layered",
        "sites": {"M": {"step": 0.1, "fractions": {"Ni": {}, "Mn": {}, "Co": {}}}},
        "variables": {
            "temperature": {"kind": "stepped", "min": 700, "max": 900, "step": 100, "unit": "degC"}
        },
    }
    space = SearchSpace.from_spec(SpaceSpec.model_validate(spec))
    X = space.coordinates_of(space.sample(12, np.random.default_rng(0)))
    data = training_data(space.__class__.from_spec(SpaceSpec(**{**spec, "variables": {}})), n=12)
    fitted = built(space, epochs=2).fit(replace(data, X=np.column_stack([data.X, X[:, 3]])), 0)
    assert "does not see temperature" in " ".join(fitted.notes)
    hot = X.copy()
    hot[:, 3] = 900
    np.testing.assert_array_equal(fitted.predict(hot).mean, fitted.predict(X).mean)
    # Equal crystals are one value of the function.
    both = torch.as_tensor(np.stack([X[0], hot[0]]))
    covariance = fitted.model.posterior(both).covariance_matrix
    torch.testing.assert_close(covariance[0, 1], covariance[0, 0])


@pytest.mark.parametrize("wanted", ["auto", "anisotropic-5", "perturbation"])
def test_variants_are_learned_from(small_space, wanted):
    data = training_data(small_space)
    plain, varied = (
        built(small_space, augmentation=each, epochs=2).fit(data, 1).predict(data.X)
        for each in ("none", wanted)
    )
    assert not np.array_equal(plain.mean, varied.mean)


def test_what_speaks_against_variants_is_said(small_space):
    data = replace(training_data(small_space), property_name="formation_energy_per_atom")
    fitted = built(small_space, augmentation="anisotropic-5", epochs=1).fit(data, 1)
    assert "made its prediction worse" in fitted.notes[0]
    assert built(small_space, augmentation="auto", epochs=1).fit(data, 1).notes == ()


def test_without_anyone_to_make_variants_they_are_refused(small_space):
    surrogate = CGCNNSurrogate(CGCNNSpec(kind="cgcnn"), small_space)
    with pytest.raises(SpecError, match="augmentation='auto'"):
        surrogate.fit(training_data(small_space), 0)


def test_bounds_are_left_out_and_one_member_says_that_it_is_alone(small_space):
    data = training_data(small_space)
    limits = tuple(None if i % 3 else "<" for i in range(len(data)))
    stated = replace(data, limits=limits, sigma=np.full(len(data), 0.5))
    notes = " ".join(built(small_space, members=1, epochs=1).fit(stated, 0).notes)
    assert "8 bounds left out" in notes
    assert "stated uncertainties are not read" in notes
    assert "one member" in notes


def test_equal_values_are_refused(small_space):
    data = training_data(small_space)
    with pytest.raises(FitError, match="specific_energy are all equal"):
        built(small_space).fit(replace(data, y=np.full(len(data), 3.0)), 0)


def test_many_values_tell_when_to_stop(small_space, monkeypatch):
    seen = []
    import surrogates.cgcnn.surrogate as module

    def watched(lessons, *rest):
        seen.append([(len(data), validation and len(validation)) for data, validation in lessons])
        return plain(lessons, *rest)

    plain = module.train_ensemble
    monkeypatch.setattr(module, "train_ensemble", watched)
    few = training_data(small_space)
    many = few.take(np.arange(60) % len(few))
    many = replace(many, groups=tuple(map(str, range(60))))
    for data in (few, many):
        built(small_space, epochs=1).fit(data, 0)
    assert seen == [[(24, None)], [(54, 6)] * 10]


def test_lithium_can_be_read_apart(small_space):
    data = training_data(small_space, 12)
    X = small_space.coordinates_of(small_space.sample(3, np.random.default_rng(0)))
    apart, plain = (built(small_space, focus=f).fit(data, 1).predict(X) for f in ("Li", None))
    assert np.isfinite(apart.mean).all()
    assert (np.abs(apart.mean - plain.mean) > 1e-6).all()
