"""Improvement of MAD/MAE over oversampling, beside what was published (Tables 3 and 4)."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cathode.report.figures.canvas import BLUE, GREY, ORANGE, RED, blank
from flows.studies.augmentation.figures.spacing import spaced
from flows.studies.augmentation.settings import BASELINE

COLOURS = {"random": BLUE, "framework": ORANGE}

COLUMNS = 3
"""Most panels in a row."""


def improvement_figure(found: Mapping[str, Any]) -> Figure:
    """A panel per property, a bar per method and kind of split with its standard error.

    Args:
        found: the summary of a study.
    """
    properties, splits = found["properties"], found["splits"]
    methods = [name for name in found["methods"] if name != BASELINE]
    columns = min(COLUMNS, len(properties))
    rows = -(-len(properties) // columns)
    high = 1.5 + 0.34 * max(2, len(methods)) * (1.4 if len(splits) > 1 else 1)
    figure, axes = blank(columns, rows, size=(5.2, high), fitted=True)
    spaced(figure)
    for ax, name in zip(axes, properties, strict=False):
        places = [each for each in found["places"] if each["property"] == name]
        _panel(ax, places, methods)
        ax.set_title(name.replace("_", " "), fontsize=10)
    for ax in axes[len(properties) :]:
        ax.set_visible(False)
    handles, labels = axes[0].get_legend_handles_labels()
    kept = dict(zip(labels, handles, strict=True))
    figure.legend(kept.values(), kept.keys(), loc="outside lower center", ncols=3, frameon=False)
    return figure


def _panel(ax: Axes, places: Sequence[Mapping[str, Any]], methods: Sequence[str]) -> None:
    width = 0.7 / len(places)
    for number, place in enumerate(places):
        rows = {row["method"]: row for row in place["methods"]}
        shift = (number - (len(places) - 1) / 2) * width
        known = [i for i, m in enumerate(methods) if rows[m]["improvement_percent"] is not None]
        ax.barh(
            [i + shift for i in known],
            [rows[methods[i]]["improvement_percent"] for i in known],
            height=0.9 * width,
            xerr=[rows[methods[i]]["improvement_error"] or np.nan for i in known],
            color=COLOURS[place["split"]],
            error_kw={"elinewidth": 1, "capsize": 2, "ecolor": "#333"},
            label=f"{place['split']} split",
        )
    said = {row["method"]: row["published_improvement_percent"] for row in places[0]["methods"]}
    marked = [i for i, method in enumerate(methods) if said[method] is not None]
    if marked:
        marks = [said[methods[i]] for i in marked]
        ax.scatter(marks, marked, marker="D", s=26, color=RED, zorder=5, label="published")
    ax.axvline(0, color=GREY, linewidth=1)
    ax.set_yticks(range(len(methods)), methods)
    ax.set_ylim(len(methods) - 0.5, -0.5)
    ax.grid(visible=False, axis="y")
    ax.set_xlabel(f"MAD/MAE above that of {BASELINE} (%)")
