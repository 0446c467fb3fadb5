"""Predicted against true values of the test parts: oversampling, and the best other method."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from cathode.report.figures.canvas import BLUE, GREY, blank
from flows.studies.augmentation.figures.spacing import spaced
from flows.studies.augmentation.settings import BASELINE
from flows.studies.augmentation.study import Study
from flows.studies.digits import digits

MARGIN = 0.03
"""Of the range of values, left free about them."""


def parity_figure(study: Study, place: Mapping[str, Any]) -> Figure:
    """Points of all replicates, oversampling beside the method of the least MAE.

    Args:
        study: a finished study.
        place: a property and a kind of split, as the summary has it.
    """
    rows = {row["method"]: row for row in place["methods"] if row["network"]}
    others = sorted((n for n in rows if n != BASELINE), key=lambda n: rows[n]["mae"]["mean"])
    methods = [BASELINE, *others[:1]]
    where = (place["property"], place["split"])
    truths = [study.truth(where, r) for r in range(study.settings.replicates)]
    points = {
        name: np.concatenate([each["predictions"] for each in study.results[where][name]])
        for name in methods
    }
    true = np.concatenate(truths)
    every = np.concatenate([true, *points.values()])
    margin = MARGIN * np.ptp(every)
    ends = (every.min() - margin, every.max() + margin)
    figure, axes = blank(len(methods), size=(4.3, 4.4), fitted=True)
    spaced(figure)
    heading = f"{place['property'].replace('_', ' ')}" + (
        f" ({place['unit']})" if place["unit"] else ""
    )
    for ax, name in zip(axes, methods, strict=True):
        ax.plot(ends, ends, color=GREY, linewidth=1)
        ax.scatter(true, points[name], s=9, color=BLUE, alpha=0.5, linewidth=0)
        ax.set(xlim=ends, ylim=ends, aspect="equal")
        ax.set_xlabel(f"true {heading}")
        ax.set_ylabel(f"predicted {heading}")
        ax.set_title(
            f"{name}: MAE {digits(rows[name]['mae']['mean'])} {place['unit']}", fontsize=10
        )
    return figure
