"""Coordinates of all atoms swapped between two axes."""

from dataclasses import dataclass

import numpy as np

from cathode.model import Crystal
from cathode.spec import SwapAxesSpec


@dataclass(frozen=True)
class SwapAxes:
    """Swap the fractional coordinates of all atoms between two random axes; the cell stays.

    Source: E. Abenza et al., Regularization strategy for battery materials using lattice scaling
    (2026), section "Datasets". AugLiChem, which they used, swaps Cartesian coordinates. In cubic
    cells along the axes that is the same; in others, Cartesian coordinates can bring two atoms to
    one place, fractional ones cannot.
    """

    spec: SwapAxesSpec

    @property
    def name(self) -> str:
        """Name in tables."""
        return self.spec.name

    def apply(self, crystal: Crystal, rng: np.random.Generator) -> Crystal:
        """A variant with two coordinates swapped."""
        one, other = rng.choice(3, 2, replace=False)
        positions = crystal.positions.copy()
        positions[:, [one, other]] = positions[:, [other, one]]
        return Crystal(crystal.lattice.copy(), positions, crystal.numbers.copy())
