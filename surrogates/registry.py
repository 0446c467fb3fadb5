"""Which surrogate a spec asks for."""

from collections.abc import Callable
from typing import Any

from cathode.protocols import Surrogate
from cathode.space import Space
from cathode.spec import CGCNNSpec, GPRNNSpec, GPSpec, SurrogateSpec
from surrogates.cgcnn.surrogate import AugmentationOf, CGCNNSurrogate, without_augmentation
from surrogates.gp.ensemble import EnsembleSurrogate
from surrogates.gp.surrogate import GPSurrogate
from surrogates.gpr_nn.surrogate import GPRNNSurrogate


def _gp(spec: GPSpec, space: Space) -> Surrogate:
    kind = EnsembleSurrogate if spec.transfer == "ensemble" else GPSurrogate
    return kind(spec, space)


_BUILDERS: dict[type[Any], Callable[[Any, Space], Surrogate]] = {
    GPSpec: _gp,
    GPRNNSpec: GPRNNSurrogate,
}


def build_surrogate(
    spec: SurrogateSpec, space: Space, augmentation_of: AugmentationOf = without_augmentation
) -> Surrogate:
    """The surrogate of a spec, over the coordinates of a space.

    Args:
        spec: what is asked for.
        space: what is searched.
        augmentation_of: makes what surrogates of crystals ask for.
    """
    if isinstance(spec, CGCNNSpec):
        return CGCNNSurrogate(spec, space, augmentation_of)
    return _BUILDERS[type(spec)](spec, space)
