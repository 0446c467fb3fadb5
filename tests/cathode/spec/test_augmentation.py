import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from cathode.errors import SpecError
from cathode.spec import (
    AugmentationSpec,
    LatticeScalingSpec,
    OversamplingSpec,
    PerturbationSpec,
    RotationSpec,
    SwapAxesSpec,
    TranslationSpec,
    parse_augmentation,
)

distances = st.floats(0, 2, exclude_min=True)

any_spec = st.one_of(
    st.builds(
        LatticeScalingSpec,
        kind=st.just("lattice_scaling"),
        mode=st.sampled_from(["isotropic", "anisotropic"]),
        volume=st.floats(0, 50, exclude_min=True) | st.integers(1, 50),
    ),
    st.builds(PerturbationSpec, kind=st.just("perturbation"), distance=distances | st.just(0.5)),
    st.builds(
        TranslationSpec,
        kind=st.just("translation"),
        distance=distances | st.just(0.5),
        share=st.floats(0, 1, exclude_min=True) | st.just(0.3),
    ),
    st.just(RotationSpec(kind="rotation")),
    st.just(SwapAxesSpec(kind="swap_axes")),
    st.just(OversamplingSpec(kind="oversampling")),
)


@given(any_spec)
def test_a_name_stands_for_one_spec(spec):
    assert parse_augmentation(spec.name) == spec


@given(any_spec)
def test_a_spec_comes_back_from_plain_data(spec):
    assert TypeAdapter(AugmentationSpec).validate_python(spec.model_dump()) == spec


@pytest.mark.parametrize(
    ("spec", "name"),
    [
        (LatticeScalingSpec(kind="lattice_scaling"), "anisotropic-5"),
        (LatticeScalingSpec(kind="lattice_scaling", mode="isotropic", volume=30), "isotropic-30"),
        (LatticeScalingSpec(kind="lattice_scaling", volume=2.5), "anisotropic-2.5"),
        (PerturbationSpec(kind="perturbation"), "perturbation"),
        (PerturbationSpec(kind="perturbation", distance=0.2), "perturbation-0.2"),
        (TranslationSpec(kind="translation"), "translation"),
        (TranslationSpec(kind="translation", distance=1), "translation-1"),
        (TranslationSpec(kind="translation", share=0.1), "translation-0.5-0.1"),
        (RotationSpec(kind="rotation"), "rotation"),
        (SwapAxesSpec(kind="swap_axes"), "swap-axes"),
        (OversamplingSpec(kind="oversampling"), "oversampling"),
    ],
)
def test_names(spec, name):
    assert spec.name == name
    assert parse_augmentation(name) == spec


@pytest.mark.parametrize(
    "text",
    [
        "",
        "anisotropic",
        "anisotropic-",
        "anisotropic--5",
        "swap_axes",
        "Rotation",
        "rotation-5",
        "perturbation-x",
        "perturbation-0.2\n",
        "isotropic-nan",
        "isotropic-٥",
    ],
)
def test_unknown_names_are_refused_with_the_known_ones(text):
    with pytest.raises(SpecError) as caught:
        parse_augmentation(text)
    message = str(caught.value)
    assert message.startswith(f"unknown augmentation {text!r}: known are ")
    for known in (
        "isotropic-V",
        "anisotropic-V",
        "perturbation",
        "translation",
        "rotation",
        "swap-axes",
        "oversampling",
    ):
        assert known in message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("anisotropic-80", "'anisotropic-80': volume=80: .*less than or equal to 50"),
        ("isotropic-0", "volume=0: .*greater than 0"),
        ("perturbation-3", "distance=3: .*less than or equal to 2"),
        ("translation-0.5-1.5", "share=1.5: .*less than or equal to 1"),
        ("isotropic-1e999", "volume=1e999: .*finite"),
    ],
)
def test_numbers_that_cannot_be_are_refused(text, message):
    with pytest.raises(SpecError, match=message):
        parse_augmentation(text)


def test_unknown_keys_are_refused():
    with pytest.raises(ValidationError, match="unknown key 'volumes': did you mean 'volume'"):
        LatticeScalingSpec(kind="lattice_scaling", volumes=5)
