"""Which augmentation suits a property, after what was published.

Source: E. Abenza et al., Regularization strategy for battery materials using lattice scaling
(2026), Tables 3 and 4 and their discussion (see ``augment.published``).
"""

from augment.published import IMPROVEMENT
from cathode.spec import (
    AugmentationSpec,
    LatticeScalingSpec,
    OversamplingSpec,
    RotationSpec,
    parse_augmentation,
)

FORMATION = "formation_energy_per_atom"

PER_VOLUME = ("volumetric_capacity", "energy_density")

_RECOMMENDED = {
    "average_voltage": "anisotropic-5",
    "maximum_voltage": "anisotropic-5",
    "minimum_voltage": "anisotropic-5",
    "gravimetric_capacity": "anisotropic-5",
    "volumetric_capacity": "anisotropic-5",
    "specific_energy": "anisotropic-5",
    "energy_density": "anisotropic-5",
    "energy_per_atom": "isotropic-5",
    "fermi_energy": "anisotropic-5",
    "band_gap": "anisotropic-5",
}
"""The setting that the paper recommends, though another has the highest figure for some.

Energy per atom is the exception: isotropic scaling improves it by 3.8 %, anisotropic by 0.2 %.
"""


def recommended(property_name: str) -> AugmentationSpec | None:
    """What to learn a property with.

    Returns:
        None for formation energy, which every augmentation made worse, and for a property that the
        paper did not study.
    """
    name = _RECOMMENDED.get(property_name)
    return None if name is None else parse_augmentation(name)


def caution(augmentation: AugmentationSpec, property_name: str) -> str | None:
    """Why not to learn a property with an augmentation, or what is not known of it.

    Returns:
        A sentence; None where nothing speaks against it. Nothing does where distances stay: then
        the property is that of the crystal itself.
    """
    if isinstance(augmentation, OversamplingSpec | RotationSpec):
        return None
    if property_name == FORMATION:
        figures = [figure[FORMATION] for figure in IMPROVEMENT.values()]
        return (
            f"{augmentation.name} with {FORMATION}: formation energy depends on the distances "
            "between atoms, so that a variant no longer has the label of its original; published, "
            f"every augmentation made its prediction worse, by {-max(figures):.1f} to "
            f"{-min(figures):.1f} % (Abenza et al., 2026): use oversampling, or none"
        )
    if property_name not in _RECOMMENDED:
        return (
            f"{augmentation.name} with {property_name}: whether variants keep this property was "
            "not studied (Abenza et al., 2026), and one that depends on the distances between "
            "atoms they do not keep: compare it with oversampling on held-out data"
        )
    reasons = []
    if property_name in PER_VOLUME and isinstance(augmentation, LatticeScalingSpec):
        reasons.append(
            "it is per volume, so that the label of a scaled cell changes with the volume; "
            "published, the label is kept all the same"
        )
    figure = IMPROVEMENT.get(augmentation.name, {}).get(property_name, 0.0)
    if figure < 0:
        reasons.append(
            f"published, it made the prediction worse, by {-figure:.1f} % (Abenza et al., 2026): "
            "compare it with oversampling on held-out data"
        )
    return f"{augmentation.name} with {property_name}: {'; '.join(reasons)}" if reasons else None
