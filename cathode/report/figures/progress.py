"""Progress per turn, against random proposals."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from cathode.evaluation.pareto import from_gain, gain
from cathode.evaluation.progress import Progress
from cathode.evaluation.random_search import RandomSearch
from cathode.report.figures.canvas import BLUE, GREY, blank
from cathode.spec import CampaignSpec


def progress_figure(
    spec: CampaignSpec, progress: Sequence[Progress], random: RandomSearch | None
) -> Figure:
    """Best value, or hypervolume, against the number of candidates answered.

    Args:
        spec: the campaign's spec.
        progress: the state after each turn.
        random: what random proposals would have reached at the same numbers, if known.
    """
    figure, (ax,) = blank()
    numbers = [state.candidates for state in progress]
    reached = np.array([_reached(spec, state) for state in progress])
    if random is not None:
        low, median, high = (_read(spec, g) for g in (random.low, random.median, random.high))
        ax.fill_between(numbers, low, high, color=GREY, alpha=0.25, linewidth=0)
        ax.plot(numbers, median, color=GREY, linestyle="--", label="random proposals")
    ax.plot(numbers, reached, color=BLUE, marker="o", label="this campaign")
    for state, number, value in zip(progress, numbers, reached, strict=True):
        ax.annotate(
            f"turn {state.turn}",
            (number, value),
            textcoords="offset points",
            xytext=(0, -13),
            ha="center",
            fontsize=8,
            color=BLUE,
        )
    ax.margins(x=0.08, y=0.12)
    ax.set_xlabel("candidates answered")
    ax.set_ylabel(_label(spec))
    ax.legend(frameon=False, loc="lower right")
    return figure


def _reached(spec: CampaignSpec, state: Progress) -> float:
    """What is drawn of a state: the hypervolume, or the best value."""
    if state.hypervolume is not None:
        return state.hypervolume
    objective = spec.objectives[0]
    if not state.best:
        return np.nan
    best = np.asarray(gain(objective, state.best[objective.property]))
    return float(from_gain(objective, best))


def _read(spec: CampaignSpec, gains: NDArray[np.float64]) -> NDArray[np.float64]:
    """Gains of a single objective as people read them; hypervolumes as they are."""
    return gains if len(spec.objectives) > 1 else from_gain(spec.objectives[0], gains)


def _label(spec: CampaignSpec) -> str:
    if len(spec.objectives) > 1:
        return "hypervolume"
    objective = spec.objectives[0]
    heading = spec.property_named(objective.property).heading
    return f"{heading} from target" if objective.goal == "target" else f"best {heading}"
