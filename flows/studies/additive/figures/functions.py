"""The functions of the features, beside a correlation plot (Figs. 8 and 9 of the paper)."""

import math

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cathode.report.figures.canvas import BLUE, GREY, RED, blank
from flows.studies.additive.models import Additive, Scale, correlation
from flows.studies.additive.study import Study
from flows.studies.digits import digits

COLUMNS = 4

MOST_PANELS = 24
"""Panels of a picture that one can still read; the functions of least magnitude go without."""

POINTS = 200
"""Points of a curve."""

LONGEST_NAME = 42
"""Characters of a name above a panel."""


def functions_figure(study: Study, model: Additive) -> Figure:
    """Predicted against exact, then f_n(x_n) in the order of decaying magnitude.

    All of one representative split, that of the median R² of the test part. Training rows are
    blue, test rows red; a feature's function is shown over its range in the table.
    """
    number = representative(study, model.name)
    data, split = study.data, study.splits[number]
    scale, unit = Scale.of(data.X[split.train]), Scale.of(data.y[split.train])
    fit = model.regression(scale.apply(data.X[split.train]), unit.apply(data.y[split.train]))
    magnitudes = study.values(model.name, "magnitudes")[number] * unit.sd
    order = np.argsort(-magnitudes, kind="stable")[: MOST_PANELS - 1]
    rows = math.ceil((1 + len(order)) / COLUMNS)
    figure, axes = blank(min(COLUMNS, 1 + len(order)), rows, size=(2.75, 2.35), fitted=True)
    parts = ((split.train, BLUE, "training"), (split.test, RED, "test"))
    _correlation(
        axes[0],
        study,
        [
            (rows, fit.predict(scale.apply(data.X[rows])) * unit.sd + unit.mean, *style)
            for rows, *style in parts
        ],
    )
    grid = np.linspace(data.X.min(axis=0), data.X.max(axis=0), POINTS)
    curves = fit.functions(scale.apply(grid)) * unit.sd
    for ax, n in zip(axes[1:], order, strict=False):
        ax.plot(grid[:, n], curves[:, n], color=GREY, linewidth=1)
        for which, colour, _ in parts:
            values = fit.functions(scale.apply(data.X[which]))[:, n] * unit.sd
            ax.scatter(data.X[which, n], values, color=colour, s=6, linewidth=0, alpha=0.7)
        _small(ax)
        name = shorten_name(data.features[n])
        ax.set_title(f"{name}\n{digits(float(magnitudes[n]))}", fontsize=8)
    for ax in axes[1 + len(order) :]:
        ax.set_axis_off()
    figure.suptitle(_title(study, model, len(order)), fontsize="medium")
    return figure


def representative(study: Study, model: str) -> int:
    """The split whose test R² is nearest to the median over splits."""
    scores = study.values(model, "test_r2")
    return int(np.nanargmin(np.abs(scores - np.nanmedian(scores))))


def shorten_name(name: str) -> str:
    """A name that fits above a panel."""
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1].rstrip() + "…"


def _correlation(ax: Axes, study: Study, parts: list[tuple]) -> None:  # type: ignore[type-arg]
    lines = []
    for rows, mean, colour, label in parts:
        y = study.data.y[rows]
        ax.scatter(y, mean, color=colour, s=8, linewidth=0, alpha=0.7)
        lines.append((f"{label} r = {correlation(y, mean):.3f}", colour))
    ends = (study.data.y.min(), study.data.y.max())
    ax.plot(ends, ends, color=GREY, linewidth=1, zorder=0)
    for i, (text, colour) in enumerate(lines):
        ax.text(
            0.04, 0.95 - 0.11 * i, text, color=colour, transform=ax.transAxes, fontsize=8, va="top"
        )
    _small(ax)
    ax.set_xlabel("exact", fontsize=8)
    ax.set_ylabel("predicted", fontsize=8)
    ax.set_title(shorten_name(study.data.target), fontsize=8)


def _small(ax: Axes) -> None:
    ax.tick_params(labelsize=7)
    ax.locator_params(nbins=4)
    ax.ticklabel_format(scilimits=(-3, 5))
    for axis in (ax.xaxis, ax.yaxis):
        axis.get_offset_text().set_fontsize(7)


def _title(study: Study, model: Additive, shown: int) -> str:
    text = f"l = {model.lengthscale:g}, log10 noise = {math.log10(model.noise):g}"
    text += f": f(x) in the unit of {study.data.target}, magnitudes above"
    more = len(study.data.features) - shown
    return text + (f"; {more} of less magnitude not shown" if more else "")
