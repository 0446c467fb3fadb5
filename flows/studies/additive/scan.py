"""The scan over length and noise of the additive model, and its optimum.

The paper maximises the mean R² of the test parts and minimises its variance over splits at once.
Here the optimum is where the mean less one standard deviation is largest.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cathode.errors import StudyError

LENGTHSCALES = (0.5, 1.0, 2.0, 3.0, 5.0, 7.0, 10.0, 20.0, 50.0, 100.0, 200.0)
"""Lengths l scanned, in standard deviations of a feature."""

LOG_NOISES = tuple(np.arange(-8.0, 2.01, 0.5).tolist())
"""log10 of the noise scanned, a variance over the amplitude of each term."""

MOST_LENGTHS = 40.0
"""Lengths that a coordinate may span; a function of more would jump from point to point."""

NOISES = tuple((10.0 ** np.array(LOG_NOISES)).tolist())

Grid = NDArray[np.float64]
"""One value per length and noise, shape (lengths, noises)."""


@dataclass(frozen=True, eq=False)
class Surface:
    """What a scan over splits found.

    Attributes:
        mean: mean R² of the test parts, shape (lengths, noises); nan for lengths that some split
            could not be fitted with.
        sd: its standard deviation over splits, of that shape.
    """

    mean: Grid
    sd: Grid

    @classmethod
    def of(cls, grids: Sequence[Grid]) -> "Surface":
        """Over splits; those without any R² are left out.

        Raises:
            StudyError: no split has one.
        """
        known = [grid for grid in grids if np.isfinite(grid).any()]
        if not known:
            msg = "the target does not vary in any test part: give a larger --test-share"
            raise StudyError(msg)
        return cls(np.mean(known, axis=0), np.std(known, axis=0))

    @property
    def best(self) -> tuple[int, int]:
        """Place of the optimum in the grid."""
        place = np.unravel_index(np.nanargmax(self.mean - self.sd), self.mean.shape)
        return int(place[0]), int(place[1])

    @property
    def lengthscale(self) -> float:
        """Length at the optimum."""
        return LENGTHSCALES[self.best[0]]

    @property
    def noise(self) -> float:
        """Noise at the optimum."""
        return float(NOISES[self.best[1]])

    @property
    def edges(self) -> tuple[str, ...]:
        """Sides of the grid that the optimum lies on, in words; a wider grid might do better."""
        i, j = self.best
        sides = {
            "shortest length": i == 0,
            "longest length": i == len(LENGTHSCALES) - 1,
            "lowest noise": j == 0,
            "highest noise": j == len(NOISES) - 1,
        }
        return tuple(side for side, there in sides.items() if there)
