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
    said = caution(spec, name)
    if name in ("volumetric_capacity", "energy_density"):
        assert "per volume" in said
        assert "made the prediction worse" not in said
    else:
        assert said is None


@pytest.mark.parametrize(
    ("method", "name", "figure"),
    [
        ("swap-axes", "minimum_voltage", "12.8 %"),
        ("perturbation", "gravimetric_capacity", "7.8 %"),
        ("isotropic-30", "average_voltage", "3.0 %"),
        ("isotropic-30", "energy_density", "1.5 %"),
    ],
)
def test_what_was_published_to_make_it_worse_is_said_with_the_figure(method, name, figure):
    said = caution(parse_augmentation(method), name)
    assert said.startswith(f"{method} with {name}: ")
    assert f"made the prediction worse, by {figure}" in said


def test_nothing_is_said_where_it_helped_or_no_figure_is_known():
    for method in ("perturbation", "perturbation-0.2", "anisotropic-12"):
        assert caution(parse_augmentation(method), "specific_energy") is None


def test_only_a_scaled_cell_has_another_volume():
    said = caution(parse_augmentation("isotropic-12"), "energy_density")
    assert "changes with the volume" in said
    assert "the label is kept all the same" in said
    assert caution(parse_augmentation("perturbation"), "energy_density") is None


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
