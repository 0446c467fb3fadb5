"""Which surrogate a spec asks for."""

from collections.abc import Callable

from cathode.protocols import Surrogate
from cathode.space import Space
from cathode.spec import GPSpec, SurrogateSpec
from surrogates.gp.surrogate import GPSurrogate

_BUILDERS: dict[type[SurrogateSpec], Callable[[SurrogateSpec, Space], Surrogate]] = {
    GPSpec: GPSurrogate,
}


def build_surrogate(spec: SurrogateSpec, space: Space) -> Surrogate:
    """The surrogate of a spec, over the coordinates of a space."""
    return _BUILDERS[type(spec)](spec, space)
