"""Do intervals hold what they promise?"""

import numpy as np
from matplotlib.axes import Axes

from cathode.evaluation.metrics import coverage
from cathode.model import HeldOut
from cathode.report.figures.canvas import BLUE, GREY


def draw_calibration(ax: Axes, held_out: HeldOut | None) -> None:
    """Draw the share of measurements inside central intervals against the interval's level.

    The band is where four in five well calibrated models would lie with as few measurements.
    """
    levels = np.arange(5, 100, 5)
    ax.plot([0, 100], [0, 100], color=GREY, linewidth=1)
    if held_out is None:
        ax.text(50, 50, "no held-out data yet", ha="center", color=GREY)
    else:
        from scipy.stats import binom  # loading it takes longer than most commands

        n = len(held_out.y)
        low, high = (100 * binom.ppf(q, n, levels / 100) / n for q in (0.1, 0.9))
        ax.fill_between(levels, low, high, color=GREY, alpha=0.25, linewidth=0)
        inside = [coverage(held_out.y, held_out.prediction, float(level)) for level in levels]
        ax.plot(levels, inside, color=BLUE, marker="o", markersize=4, label=f"{n} left out")
        ax.legend(frameon=False, fontsize=8, loc="lower right")
    ax.set_xlim(0, 100)
    ax.set_ylim(0, 100)
    ax.set_xlabel("level of the interval (%)")
    ax.set_ylabel("measurements inside (%)")
