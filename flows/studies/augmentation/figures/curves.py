"""Learning curves: the validation error epoch by epoch."""

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from cathode.report.figures.canvas import BLUE, GREEN, GREY, ORANGE, RED, blank
from flows.crystals.properties import described
from flows.studies.augmentation.figures.spacing import spaced
from flows.studies.augmentation.settings import PLAIN
from flows.studies.augmentation.study import Study

COLOURS = (BLUE, ORANGE, GREEN, RED, "#cc79a7", "#56b4e9", "#000000", "#b8a900", "#7f5f3f", GREY)

COLUMNS = 3
"""Most panels in a row."""

HIGHEST = 3.0
"""First epochs can err wildly: an axis ends at this many times the median error."""


def curves_figure(study: Study) -> Figure:
    """A panel per property and kind of split, a line per method: the mean over replicates."""
    columns = min(COLUMNS, len(study.places))
    rows = -(-len(study.places) // columns)
    figure, axes = blank(columns, rows, size=(4.6, 3.4), fitted=True)
    spaced(figure)
    for ax, place in zip(axes, study.places, strict=False):
        every = []
        for number, name in enumerate(study.settings.compared):
            curves: list[Any] = [each["validation_maes"] for each in study.results[place][name]]
            shortest = min(map(len, curves))
            mean = np.mean([curve[:shortest] for curve in curves], axis=0)
            every.append(mean)
            style = "--" if name == PLAIN else "-"
            colour = COLOURS[number % len(COLOURS)]
            epochs = range(1, shortest + 1)
            mark = "o" if shortest == 1 else None
            ax.plot(epochs, mean, style, color=colour, marker=mark, linewidth=1.4, label=name)
        values = np.concatenate(every)
        low, high = values.min(), min(values.max(), HIGHEST * float(np.median(values)))
        ax.set_ylim(low - 0.06 * (high - low or 1), high + 0.06 * (high - low or 1))
        ax.xaxis.set_major_locator(MaxNLocator(5, integer=True))
        ax.set_xlabel("epoch")
        ax.set_ylabel(f"validation MAE ({described(place[0]).unit})")
        ax.set_title(f"{place[0].replace('_', ' ')}, {place[1]} split", fontsize=10)
    for ax in axes[len(study.places) :]:
        ax.set_visible(False)
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3 * columns, frameon=False)
    return figure
