"""Which surrogate a spec asks for."""

from collections.abc import Callable
from typing import Any

from cathode.protocols import Surrogate
from cathode.space import Space
from cathode.spec import GPRNNSpec, GPSpec, SurrogateSpec
from surrogates.gp.surrogate import GPSurrogate
from surrogates.gpr_nn.surrogate import GPRNNSurrogate

_BUILDERS: dict[type[Any], Callable[[Any, Space], Surrogate]] = {
    GPSpec: GPSurrogate,
    GPRNNSpec: GPRNNSurrogate,
}


def build_surrogate(spec: SurrogateSpec, space: Space) -> Surrogate:
    """The surrogate of a spec, over the coordinates of a space."""
    return _BUILDERS[type(spec)](spec, space)
