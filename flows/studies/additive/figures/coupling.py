"""Errors against the number of coupling terms (Fig. 10 of the paper)."""

from dataclasses import dataclass

from matplotlib.figure import Figure

from cathode.report.figures.canvas import BLUE, GREY, RED, blank
from flows.studies.additive.models import Linear
from flows.studies.additive.study import Study
from flows.studies.digits import digits
from flows.studies.statistics import Spread

WIDTH = 0.55
"""Of a box, in steps of the axis."""


@dataclass(frozen=True)
class Panel:
    """One of the four pictures: a score of a part."""

    key: str
    label: str
    colour: str


PANELS = (
    Panel("train_rmse", "RMSE of the training parts", BLUE),
    Panel("test_rmse", "RMSE of the test parts", RED),
    Panel("train_r2", "R² of the training parts", BLUE),
    Panel("test_r2", "R² of the test parts", RED),
)


def coupling_figure(study: Study) -> Figure:
    """Boxes of one standard deviation about the mean, whiskers to the extremes.

    The mean of linear regression stands above each picture, and is a dashed line where it fits in.
    """
    figure, axes = blank(2, 2, size=(5.2, 3.2), fitted=True)
    numbers = study.settings.coupling
    for ax, panel in zip(axes, PANELS, strict=True):
        spreads = [Spread.of(study.values(model.name, panel.key)) for model in study.terms]
        ax.bxp(
            [
                {
                    "med": s.mean,
                    "q1": s.mean - s.sd,
                    "q3": s.mean + s.sd,
                    "whislo": s.min,
                    "whishi": s.max,
                }
                for s in spreads
            ],
            positions=range(len(numbers)),
            widths=WIDTH,
            showfliers=False,
            patch_artist=True,
            boxprops={"facecolor": "white", "edgecolor": panel.colour},
            medianprops={"color": panel.colour, "linewidth": 1.6},
            whiskerprops={"color": panel.colour},
            capprops={"color": panel.colour},
            manage_ticks=False,
        )
        straight = Spread.of(study.values(Linear().name, panel.key)).mean
        ax.set_ylim(ax.get_ylim())  # a poor linear regression must not flatten the boxes
        ax.axhline(straight, color=GREY, linestyle="--", linewidth=1)
        ax.set_title(f"linear regression {digits(straight)}", color=GREY, fontsize=9, loc="right")
        ax.set_xticks(range(len(numbers)), [str(n) for n in numbers])
        ax.grid(visible=False, axis="x")
        ax.set_ylabel(panel.label)
        ax.set_xlabel("coupling terms")
    return figure
