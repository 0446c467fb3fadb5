"""The typed search space: what may be proposed, sampled and rounded without listing it all."""

from cathode.space.fractions import SiteFractions
from cathode.space.pool import PoolSpace
from cathode.space.search_space import SearchSpace
from cathode.space.space import Space

__all__ = ["PoolSpace", "SearchSpace", "SiteFractions", "Space"]
