"""The redundant coordinates ``y = W x`` in which the model is additive."""

import numpy as np
from numpy.typing import NDArray
from scipy.stats import qmc

Rows = NDArray[np.float64]
"""One row of W per term, shape (terms, d)."""


def directions(d: int, coupling: int) -> Rows:
    """The coordinates themselves, then points of the Sobol sequence, which couple them.

    Without coupling terms this is a first-order additive model.

    Args:
        d: number of coordinates.
        coupling: number of Sobol rows; the sequence is not scrambled and its zero is left out.

    Returns:
        Shape (d + coupling, d).
    """
    power = int(coupling).bit_length()  # 2**power points are more than are wanted
    points = qmc.Sobol(d, scramble=False).random_base2(power)[1 : coupling + 1]
    return np.concatenate([np.eye(d), points])


def spanning(W: Rows, X: NDArray[np.float64]) -> Rows:
    """Rows scaled so that each y_n spans a unit over X, shape (n, d).

    Sums of many coordinates vary less than one; unscaled, one length scale would make the
    coupling terms all but linear. A row that does not vary over X stays as it is.
    """
    extent = np.ptp(X @ W.T, axis=0)
    return W / np.where(extent > 0, extent, 1.0)[:, None]
