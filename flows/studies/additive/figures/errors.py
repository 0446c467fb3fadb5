"""Errors of linear regression, networks and the additive model (Fig. 4 of the paper)."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from cathode.report.figures.canvas import BLUE, RED, blank
from flows.studies.additive.models import ChosenInside, Linear, SmallNetwork
from flows.studies.additive.study import Study

WIDE = 20.0
"""A logarithmic axis is used where the largest test error is this many times the least."""

LEAST = 1e-6
"""Errors of less than this share of the largest are nothing; a logarithmic axis ends there."""


def errors_figure(study: Study) -> Figure:
    """Training errors filled, test errors empty, a point per split beside each box."""
    networks = {str(n): SmallNetwork(n).name for n in study.settings.nodes}
    models = {"linear": Linear().name, **networks, "additive": ChosenInside.name}
    figure, (ax,) = blank(size=(1.6 + 0.78 * len(models), 4.2), fitted=True)
    errors = {
        part: [study.values(name, f"{part}_rmse") for name in models.values()]
        for part in ("train", "test")
    }
    for shift, part, colour, filled in ((-0.2, "train", BLUE, True), (0.2, "test", RED, False)):
        _boxes(ax, errors[part], shift, colour, filled=filled)
    every = np.concatenate([*errors["train"], *errors["test"]])
    tested = np.concatenate(errors["test"])
    if tested.max() > WIDE * tested.min():
        ax.set_yscale("log")
        ax.set_ylim(bottom=max(0.7 * every.min(), LEAST * every.max()))
    else:
        ax.set_ylim(bottom=0)
    ax.set_xticks(range(len(models)), list(models))
    ax.set_xlabel("linear regression, nodes of a network, additive model")
    ax.set_ylabel(f"RMSE of {study.data.target}")
    ax.grid(visible=False, axis="x")
    handles = [
        ax.scatter([], [], edgecolor=c, color=f, s=20) for c, f in ((BLUE, BLUE), (RED, "w"))
    ]
    ax.legend(
        handles,
        ["training", "test"],
        frameon=False,
        ncols=2,
        loc="lower right",
        bbox_to_anchor=(1, 1),
    )
    return figure


def _boxes(
    ax: Axes, errors: list[NDArray[np.float64]], shift: float, colour: str, *, filled: bool
) -> None:
    """A box per model with its whiskers, and the splits themselves on its outer side."""
    style: Any = {"color": colour, "linewidth": 1.2}
    ax.boxplot(
        errors,
        positions=np.arange(len(errors)) + 0.5 * shift,
        widths=0.18,
        showfliers=False,
        patch_artist=True,
        boxprops={"facecolor": colour if filled else "white", "edgecolor": colour},
        medianprops={"color": "white" if filled else colour, "linewidth": 1.6},
        whiskerprops=style,
        capprops=style,
        manage_ticks=False,
    )
    face = colour if filled else "none"
    for i, values in enumerate(errors):
        spread = np.linspace(-0.06, 0.06, len(values)) + i + 1.5 * shift
        ax.scatter(
            spread, values, s=7, facecolors=face, edgecolors=colour, alpha=0.6, linewidth=0.6
        )
