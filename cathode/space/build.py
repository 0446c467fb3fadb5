"""The space a spec describes, of whichever kind."""

from cathode.space.pool import PoolSpace
from cathode.space.search_space import SearchSpace
from cathode.space.space import Space
from cathode.spec import PoolSpec, SpaceSpec


def build_space(spec: SpaceSpec | PoolSpec) -> Space:
    """Build a space.

    Raises:
        SpecError: the spec says something that cannot be, or the space is empty.
        SourceError: the table of a pool cannot be read.
    """
    if isinstance(spec, PoolSpec):
        return PoolSpace.from_spec(spec)
    return SearchSpace.from_spec(spec)
