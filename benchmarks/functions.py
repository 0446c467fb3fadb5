"""Test functions of the unit cube whose values are known.

Definitions: Surjanovic, Bingham, "Virtual library of simulation experiments", Simon Fraser
University 2013; Franke, Naval Postgraduate School report NPS-53-79-003 (1979).
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]


def branin(U: Values) -> Values:
    """Three equal minima in two dimensions."""
    x, y = 15 * U[:, 0] - 5, 15 * U[:, 1]
    valley = (y - 5.1 / (4 * np.pi**2) * x**2 + 5 / np.pi * x - 6) ** 2
    return np.asarray(valley + 10 * (1 - 1 / (8 * np.pi)) * np.cos(x) + 10)


def franke(U: Values) -> Values:
    """Two peaks and a dip in two dimensions."""
    x, y = 9 * U[:, 0], 9 * U[:, 1]
    return np.asarray(
        0.75 * np.exp(-((x - 2) ** 2 + (y - 2) ** 2) / 4)
        + 0.75 * np.exp(-((x + 1) ** 2) / 49 - (y + 1) / 10)
        + 0.5 * np.exp(-((x - 7) ** 2 + (y - 3) ** 2) / 4)
        - 0.2 * np.exp(-((x - 4) ** 2) - (y - 7) ** 2)
    )


def friedman(U: Values) -> Values:
    """A product, a square and two lines in five dimensions (Friedman 1991)."""
    bent = 10 * np.sin(np.pi * U[:, 0] * U[:, 1]) + 20 * (U[:, 2] - 0.5) ** 2
    return np.asarray(bent + 10 * U[:, 3] + 5 * U[:, 4])


def hartmann6(U: Values) -> Values:
    """Four wells in six dimensions."""
    A = np.array(
        [
            [10, 3, 17, 3.5, 1.7, 8],
            [0.05, 10, 17, 0.1, 8, 14],
            [3, 3.5, 1.7, 10, 17, 8],
            [17, 8, 0.05, 10, 0.1, 14],
        ]
    )
    P = 1e-4 * np.array(
        [
            [1312, 1696, 5569, 124, 8283, 5886],
            [2329, 4135, 8307, 3736, 1004, 9991],
            [2348, 1451, 3522, 2883, 3047, 6650],
            [4047, 8828, 8732, 5743, 1091, 381],
        ]
    )
    return np.asarray(-np.exp(-((U[:, None] - P) ** 2 * A).sum(-1)) @ [1, 1.2, 3, 3.2])


def borehole(U: Values) -> Values:
    """Water flow through a borehole, of eight dimensions."""
    low = np.array([0.05, 100, 63070, 990, 63.1, 700, 1120, 9855])
    high = np.array([0.15, 50000, 115600, 1110, 116, 820, 1680, 12045])
    rw, r, Tu, Hu, Tl, Hl, L, Kw = (low + U * (high - low)).T
    log = np.log(r / rw)
    flow = 2 * np.pi * Tu * (Hu - Hl)
    return np.asarray(flow / (log * (1 + 2 * L * Tu / (log * rw**2 * Kw) + Tu / Tl)))


FUNCTIONS: dict[str, tuple[int, Callable[[Values], Values]]] = {
    "branin": (2, branin),
    "franke": (2, franke),
    "friedman": (5, friedman),
    "hartmann6": (6, hartmann6),
    "borehole": (8, borehole),
}
"""By name: number of dimensions and function."""
