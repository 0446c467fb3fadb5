"""How fast a strategy finds the best rows of a table whose answers are known.

The protocol of Liang et al., "Benchmarking the performance of Bayesian optimization across
multiple experimental materials science domains", npj Comput. Mater. 7, 188 (2021).
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

TOP_SHARE = 0.05
"""The best twentieth of a table is what there is to find."""

Goal = Literal["max", "min"]


def top_rows(y: NDArray[np.float64], goal: Goal, share: float = TOP_SHARE) -> NDArray[np.intp]:
    """Row numbers of the best share of a table, at least one, the best first."""
    count = max(1, round(share * len(y)))
    order: NDArray[np.intp] = np.argsort(-y if goal == "max" else y, kind="stable")
    return order[:count]


def found_share(
    tested: Sequence[int], y: NDArray[np.float64], goal: Goal, share: float = TOP_SHARE
) -> NDArray[np.float64]:
    """Top%(i): the share of the best rows among the first i tested, for i = 1 ... len(tested)."""
    top = top_rows(y, goal, share)
    return np.cumsum(np.isin(np.asarray(tested), top)) / len(top)


def enhancement(found: NDArray[np.float64], n_rows: int) -> NDArray[np.float64]:
    """EF(i) = Top%(i) / (i / N): how many times more of the best were found than by chance."""
    steps = np.arange(1, found.shape[-1] + 1)
    return found * n_rows / steps


def experiments_until(found: NDArray[np.float64], level: float) -> float:
    """The least i with Top%(i) >= level; infinite where that was not reached."""
    reached = found >= level - 1e-12
    return float(np.argmax(reached) + 1) if reached.any() else float("inf")


def acceleration(found: NDArray[np.float64], level: float, n_rows: int) -> float:
    """AF(level): experiments that random search needs, over those that were needed.

    Random search finds in proportion to what it tests: Top% = level after level x N.
    """
    return level * n_rows / experiments_until(found, level)
