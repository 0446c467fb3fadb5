"""Rotation of the crystal as a whole."""

from dataclasses import dataclass

import numpy as np

from cathode.model import Crystal
from cathode.spec import RotationSpec


@dataclass(frozen=True)
class Rotation:
    """Turn the cell by 0 to 360° about a random axis; fractional positions stay.

    All distances stay as they are. To a network of distances, such as CGCNN, rotation is
    oversampling, but that of neighbours equally far away another may be taken for the twelfth.

    Published figures of rotation differ from those of oversampling (see ``augment.published``).
    They were made with AugLiChem (R. Magar et al., Mach. Learn.: Sci. Technol. 3, 045015 (2022)),
    whose ``RotationTransformation`` has pymatgen rotate fractional coordinates. That turns cell and
    atoms differently, so that distances between atoms change, even in a cubic cell.
    """

    spec: RotationSpec

    @property
    def name(self) -> str:
        """Name in tables."""
        return self.spec.name

    def apply(self, crystal: Crystal, rng: np.random.Generator) -> Crystal:
        """A variant that is turned."""
        axis = rng.standard_normal(3)
        x, y, z = axis / np.linalg.norm(axis)
        angle = rng.uniform(0, 2 * np.pi)
        # Rodrigues' formula, from the matrix of the cross product with the axis.
        cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
        turn = np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross
        return Crystal(crystal.lattice @ turn.T, crystal.positions.copy(), crystal.numbers.copy())
