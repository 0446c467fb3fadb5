"""The typed search space: what may be proposed, sampled and rounded without listing it all."""

from cathode.space.build import build_space
from cathode.space.fractions import SiteFractions
from cathode.space.pool import PoolSpace
from cathode.space.search_space import SearchSpace
from cathode.space.space import Points, Space
from cathode.space.variables import Variable

__all__ = [
    "Points",
    "PoolSpace",
    "SearchSpace",
    "SiteFractions",
    "Space",
    "Variable",
    "build_space",
]
