"""Oversampling: the baseline that augmentations are compared with."""

from dataclasses import dataclass

import numpy as np

from cathode.model import Crystal
from cathode.spec import OversamplingSpec


@dataclass(frozen=True)
class Oversampling:
    """Leave the crystal as it is, so that copies only make the training set as large."""

    spec: OversamplingSpec

    @property
    def name(self) -> str:
        """Name in tables."""
        return self.spec.name

    def apply(self, crystal: Crystal, rng: np.random.Generator) -> Crystal:  # noqa: ARG002
        """A copy; nothing is drawn."""
        return Crystal(crystal.lattice.copy(), crystal.positions.copy(), crystal.numbers.copy())
