"""Lattice scaling: cells that are somewhat larger or smaller, as charging makes them.

Source: E. Abenza et al., Regularization strategy for battery materials using lattice scaling
(2026), "Datasets" and the section before it: volumes are drawn within a range, and in anisotropic
scaling the lengths change "independently". From which distribution they do not say.
"""

from dataclasses import dataclass

import numpy as np

from cathode.model import Crystal
from cathode.spec import LatticeScalingSpec


@dataclass(frozen=True)
class LatticeScaling:
    """Scale the cell's vectors; its angles and the fractional positions stay.

    The volume is multiplied with a factor V, uniform between 1 - v and 1 + v. Isotropic: each
    length with the cube root of V. Anisotropic: each length with a factor of its own, the cube root
    of a number uniform in the same range, and then all with what makes the volume the drawn one.
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
        lengths = np.ones(3)
        if self.spec.mode == "anisotropic":
            lengths = np.cbrt(rng.uniform(1 - most, 1 + most, size=3))
        lattice = crystal.lattice * (lengths * np.cbrt(volume / lengths.prod()))[:, None]
        return Crystal(lattice, crystal.positions.copy(), crystal.numbers.copy())
