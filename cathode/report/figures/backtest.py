"""Share of the best rows found, per strategy, against random search."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from cathode.report.figures.canvas import BLUE, GREEN, GREY, ORANGE, RED, blank

COLOURS = (BLUE, ORANGE, GREEN, RED)


def backtest_figure(found: Mapping[str, NDArray[np.float64]], n_rows: int) -> Figure:
    """Median and quartiles of Top%(i) over seeds.

    Args:
        found: per strategy Top%(i) of each seed, shape (seeds, n_rows).
        n_rows: rows in the table.
    """
    figure, (ax,) = blank()
    steps = np.arange(1, n_rows + 1)
    ax.plot(steps, 100 * steps / n_rows, color=GREY, linestyle="--", label="random search")
    for i, (name, curves) in enumerate(found.items()):
        colour = COLOURS[i % len(COLOURS)]
        low, median, high = 100 * np.quantile(curves, (0.25, 0.5, 0.75), axis=0)
        ax.plot(steps, median, color=colour, label=name)
        ax.fill_between(steps, low, high, color=colour, alpha=0.2, linewidth=0)
    ax.set_xlabel("experiments")
    ax.set_ylabel("of the best twentieth found (%)")
    ax.set_ylim(0, 103)
    ax.legend(frameon=False, loc="lower right")
    return figure
