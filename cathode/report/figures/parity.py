"""Predicted against measured."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from numpy.typing import NDArray

from cathode.evaluation.metrics import SHOWN, reach
from cathode.evaluation.outcomes import Outcome
from cathode.model import HeldOut, Property
from cathode.report.figures.canvas import BLUE, GREY, ORANGE

Series = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]
"""Measured values, predicted means, predicted sigmas."""

MARGIN = 0.05
"""Of the range of values, left free about them."""


def draw_parity(
    ax: Axes, prop: Property, held_out: HeldOut | None, found: Sequence[Outcome]
) -> None:
    """Draw two honest tests in one picture; bars are the intervals that tables show.

    Both axes have one range and one scale. Bars that would squeeze the points are cut.

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
            y,
            mean,
            yerr=reach(SHOWN) * sigma,
            fmt="o",
            color=colour,
            ecolor=to_rgba(colour, 0.45),
            markersize=3.5,
            linewidth=0.8,
            label=label,
        )
    if series:
        ends = _ends([points for _, _, points in series])
        ax.plot(ends, ends, color=GREY, linewidth=1)
        ax.set(xlim=ends, ylim=ends, aspect="equal")
        ax.legend(
            loc="lower right",
            frameon=False,
            fontsize=8,
            title=f"bars: {SHOWN} % intervals",
            title_fontsize=8,
        )
    else:
        ax.text(0.5, 0.5, "no prediction yet", ha="center", transform=ax.transAxes, color=GREY)
    ax.set_xlabel(f"measured {prop.heading}")
    ax.set_ylabel(f"predicted {prop.heading}")


def _ends(series: Sequence[Series]) -> tuple[float, float]:
    """A range for both axes: all points, and bars as far as points fill a third of it at least."""
    points = np.concatenate([np.concatenate([y, mean]) for y, mean, _ in series])
    bars = np.concatenate(
        [mean + side * reach(SHOWN) * sigma for _, mean, sigma in series for side in (-1, 1)]
    )
    low, high = points.min(), points.max()
    span = high - low
    low, high = max(bars.min(), low - span), min(bars.max(), high + span)
    low, high = min(low, points.min()), max(high, points.max())
    margin = MARGIN * ((high - low) or abs(high) or 1.0)
    return float(low - margin), float(high + margin)


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
