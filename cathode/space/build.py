"""The space a spec describes, of whichever kind."""

from pathlib import Path

from cathode.space.pool import PoolSpace
from cathode.space.search_space import SearchSpace
from cathode.space.space import Space
from cathode.spec import PoolSpec, SpaceSpec


def build_space(spec: SpaceSpec | PoolSpec, cache: Path | None = None) -> Space:
    """Build a space.

    Args:
        spec: describes it.
        cache: folder where crystals of a pool are kept that were parsed once; nowhere if None.

    Raises:
        SpecError: the spec says something that cannot be, or the space is empty.
        SourceError: the table of a pool cannot be read.
    """
    if isinstance(spec, PoolSpec):
        return PoolSpace.from_spec(spec, cache)
    return SearchSpace.from_spec(spec)
