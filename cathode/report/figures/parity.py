"""Predicted against measured."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from cathode.evaluation.outcomes import Outcome
from cathode.model import HeldOut, Property
from cathode.report.figures.canvas import BLUE, GREY, ORANGE

Series = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]
"""Measured values, predicted means, predicted sigmas."""


def draw_parity(
    ax: Axes, prop: Property, held_out: HeldOut | None, found: Sequence[Outcome]
) -> None:
    """Draw two honest tests in one picture.

    Args:
        ax: where to draw.
        prop: the property.
        held_out: predictions for measurements left out of the fit.
        found: outcomes; those with a prediction made when they were proposed are drawn too.
    """
    series: list[tuple[str, str, Series]] = []
    if held_out is not None:
        left_out = (held_out.y, held_out.prediction.mean, held_out.prediction.sigma)
        series.append(("left out of the fit", BLUE, left_out))
    if (ahead := _ahead(prop, found)) is not None:
        series.append(("predicted before measured", ORANGE, ahead))
    for label, colour, (y, mean, sigma) in series:
        ax.errorbar(
            y, mean, yerr=sigma, fmt="o", color=colour, markersize=4, linewidth=0.8, label=label
        )
    if series:
        values = np.concatenate([np.concatenate(points[:2]) for _, _, points in series])
        ends = (values.min(), values.max())
        ax.plot(ends, ends, color=GREY, linewidth=1)
        ax.legend(frameon=False, fontsize=8)
    else:
        ax.text(0.5, 0.5, "no prediction yet", ha="center", transform=ax.transAxes, color=GREY)
    ax.set_xlabel(f"measured {prop.heading}")
    ax.set_ylabel(f"predicted {prop.heading}")


def _ahead(prop: Property, found: Sequence[Outcome]) -> Series | None:
    """What was predicted at the time of proposing, for candidates measured since."""
    rows = [
        (outcome.values[prop.name], expected["mean"], expected["sigma"])
        for outcome in found
        if outcome.proposal is not None
        and prop.name in outcome.values
        and (expected := outcome.proposal.predictions.get(prop.name)) is not None
    ]
    if not rows:
        return None
    y, mean, sigma = np.array(rows, dtype=float).T
    return y, mean, sigma
