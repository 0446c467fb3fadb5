"""Which augmentation a spec asks for."""

from collections.abc import Callable
from typing import Any

from augment.displacement import Perturbation, Translation
from augment.lattice_scaling import LatticeScaling
from augment.oversampling import Oversampling
from augment.rotation import Rotation
from augment.swap_axes import SwapAxes
from cathode.protocols import Augmentation
from cathode.spec import (
    AugmentationSpec,
    LatticeScalingSpec,
    OversamplingSpec,
    PerturbationSpec,
    RotationSpec,
    SwapAxesSpec,
    TranslationSpec,
)

_BUILDERS: dict[type[Any], Callable[[Any], Augmentation]] = {
    LatticeScalingSpec: LatticeScaling,
    OversamplingSpec: Oversampling,
    PerturbationSpec: Perturbation,
    RotationSpec: Rotation,
    SwapAxesSpec: SwapAxes,
    TranslationSpec: Translation,
}


def build_augmentation(spec: AugmentationSpec) -> Augmentation:
    """The augmentation of a spec."""
    return _BUILDERS[type(spec)](spec)
