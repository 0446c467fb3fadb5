"""The typed search space: what may be proposed, sampled and rounded without listing it all."""

from cathode.space.fractions import SiteFractions
from cathode.space.search_space import SearchSpace

__all__ = ["SearchSpace", "SiteFractions"]
