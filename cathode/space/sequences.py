"""Low-discrepancy points of the unit cube."""

import numpy as np
from numpy.typing import NDArray


def sobol_points(dimensions: int, n: int, seed: int, skip: int = 0) -> NDArray[np.float64]:
    """Points ``skip`` to ``skip + n`` of a scrambled Sobol sequence, shape (n, dimensions)."""
    from scipy.stats import qmc

    sequence = qmc.Sobol(dimensions, scramble=True, rng=np.random.default_rng(seed))
    # A power of two is drawn and cut, as the sequence is balanced only over powers of two.
    points: NDArray[np.float64] = sequence.random_base2(max(skip + n - 1, 1).bit_length())
    return points[skip : skip + n]
