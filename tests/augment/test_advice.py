import pytest

from augment.advice import caution, recommended
from augment.published import IMPROVEMENT
from cathode.model import PROPERTIES
from cathode.spec import parse_augmentation

STUDIED = set(IMPROVEMENT["anisotropic-5"])
CHANGING = [
    *(name for name in IMPROVEMENT if name != "rotation"),
    "anisotropic-2",
    "perturbation-0.01",
]


@pytest.mark.parametrize("name", sorted(STUDIED - {"formation_energy_per_atom"}))
def test_a_property_that_was_studied_has_a_setting_that_was_published_to_help(name):
    spec = recommended(name)
    expected = "isotropic-5" if name == "energy_per_atom" else "anisotropic-5"
    assert spec.name == expected
    assert IMPROVEMENT[spec.name][name] > 0
    assert caution(spec, name) is None


@pytest.mark.parametrize("name", ["formation_energy_per_atom", "bulk_modulus", "retention"])
def test_nothing_is_recommended_where_nothing_was_found_to_help(name):
    assert recommended(name) is None


@pytest.mark.parametrize("method", CHANGING)
def test_formation_energy_is_warned_of_with_the_reason(method):
    sentence = caution(parse_augmentation(method), "formation_energy_per_atom")
    for part in (method, "distances between atoms", "label", "0.6 to 16.9 %", "use oversampling"):
        assert part in sentence


@pytest.mark.parametrize("name", sorted([*PROPERTIES.keys() - STUDIED, "retention"]))
def test_a_property_that_was_not_studied_is_told_of(name):
    sentence = caution(parse_augmentation("anisotropic-5"), name)
    assert sentence.startswith(f"anisotropic-5 with {name}: ")
    assert "not studied" in sentence


@pytest.mark.parametrize("method", ["oversampling", "rotation"])
@pytest.mark.parametrize("name", ["formation_energy_per_atom", "bulk_modulus", "band_gap"])
def test_what_changes_no_distance_needs_no_warning(method, name):
    assert caution(parse_augmentation(method), name) is None
