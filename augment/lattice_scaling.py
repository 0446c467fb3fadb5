"""Lattice scaling: cells that are somewhat larger or smaller, as charging makes them.

Source: E. Abenza et al., Regularization strategy for battery materials using lattice scaling
(2026), section "Datasets". They give the range of volumes and that the lengths change "in
different proportions"; how these are drawn they do not say.
"""

from dataclasses import dataclass

import numpy as np

from cathode.model import Crystal
from cathode.spec import LatticeScalingSpec


@dataclass(frozen=True)
class LatticeScaling:
    """Scale the cell's vectors; its angles and the fractional positions stay.

    The volume is multiplied with a factor V, uniform between 1 - v and 1 + v. Isotropic: each
    length with the cube root of V. Anisotropic: the lengths with V**w, the three weights w uniform
    among those that are not below zero and sum to one (Dirichlet), so that the volume is the drawn
    one exactly and all lengths grow or all shrink, by different amounts.
    """

    spec: LatticeScalingSpec

    @property
    def name(self) -> str:
        """Name in tables."""
        return self.spec.name

    def apply(self, crystal: Crystal, rng: np.random.Generator) -> Crystal:
        """A variant in a scaled cell."""
        most = self.spec.volume / 100
        volume = rng.uniform(1 - most, 1 + most)
        isotropic = self.spec.mode == "isotropic"
        weights = np.full(3, 1 / 3) if isotropic else rng.dirichlet(np.ones(3))
        lattice = crystal.lattice * volume ** weights[:, None]
        return Crystal(lattice, crystal.positions.copy(), crystal.numbers.copy())
