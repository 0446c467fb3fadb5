"""Objectives against each other, with the Pareto front."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Literal

import numpy as np
from matplotlib.figure import Figure

from cathode.evaluation.outcomes import Outcome
from cathode.evaluation.pareto import non_dominated
from cathode.report.figures.canvas import BLUE, GREY, RED, blank
from cathode.spec import CampaignSpec

Corner = Literal["upper right", "lower right", "upper left", "lower left"]

BEYOND: Mapping[tuple[bool, ...], Corner] = {
    (False, False): "upper right",
    (False, True): "lower right",
    (True, False): "upper left",
    (True, True): "lower left",
}
"""Where nothing lies, by whether each of two objectives is to be small: beyond the front."""


def pareto_figure(spec: CampaignSpec, found: Sequence[Outcome]) -> Figure | None:
    """One panel per pair of objectives; None with one objective or nothing to show."""
    pairs = list(combinations(range(len(spec.objectives)), 2))
    known = [outcome for outcome in found if outcome.gains(spec) is not None]
    if not pairs or not known:
        return None
    counts = np.array([outcome.counts(spec) for outcome in known])
    gains = np.array([outcome.gains(spec) for outcome in known], dtype=float)
    front = np.zeros(len(known), dtype=bool)
    front[counts] = non_dominated(gains[counts])
    figure, axes = blank(len(pairs))
    for ax, (i, j) in zip(axes, pairs, strict=True):
        names = [spec.objectives[k].property for k in (i, j)]
        x, y = (np.array([outcome.values[name] for outcome in known]) for name in names)
        kinds = (
            (~counts, {"marker": "x", "color": GREY, "label": "breaks a constraint"}),
            (counts & ~front, {"color": BLUE, "alpha": 0.5, "label": "dominated"}),
            (front, {"color": RED, "zorder": 3, "label": "Pareto front"}),
        )
        for which, style in kinds:
            if which.any():
                ax.scatter(x[which], y[which], **style)
        for k, axis in ((i, ax.axvline), (j, ax.axhline)):
            if (target := spec.objectives[k].target) is not None:
                axis(target, color=GREY, linewidth=0.8, linestyle=":")
        ax.set_xlabel(spec.property_named(names[0]).heading)
        ax.set_ylabel(spec.property_named(names[1]).heading)
        goals = tuple(spec.objectives[k].goal == "min" for k in (i, j))
        ax.legend(frameon=False, fontsize=8, loc=BEYOND[goals])
    return figure
