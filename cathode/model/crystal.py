"""A crystal: atoms that repeat in space."""

import hashlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Crystal:
    """Atoms in a cell that repeats.

    Attributes:
        lattice: the cell's vectors as rows, in Å, shape (3, 3).
        positions: places of the atoms in units of those vectors, shape (n, 3).
        numbers: atomic numbers, shape (n,).
    """

    lattice: NDArray[np.float64]
    positions: NDArray[np.float64]
    numbers: NDArray[np.int16]

    def __len__(self) -> int:
        """Number of atoms in the cell."""
        return len(self.numbers)

    @property
    def volume(self) -> float:
        """Of the cell, in Å³."""
        return abs(float(np.linalg.det(self.lattice)))

    @cached_property
    def digest(self) -> str:
        """A hash of the content: equal for equal cells, with atoms in the same order."""
        content = hashlib.sha256()
        for part, kind in (
            (self.lattice, "<f8"),
            (self.positions, "<f8"),
            (self.numbers, "<i2"),
        ):
            content.update(np.ascontiguousarray(part, dtype=kind).tobytes())
        return content.hexdigest()
