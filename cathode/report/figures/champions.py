"""How surrogates did over the turns, and which of them served."""

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter, StrMethodFormatter

from cathode.evaluation.baselines import BASELINES
from cathode.model import Property, Skill
from cathode.report.figures.canvas import BLUE, GREEN, GREY, ORANGE, RED, blank

COLOURS = (BLUE, ORANGE, GREEN, RED, "#cc79a7", "#56b4e9")


def champions_figure(prop: Property, skills: Mapping[int, Sequence[Skill]]) -> Figure | None:
    """CRPS on held-out folds, turn by turn, as a share of the mean predictor's.

    Args:
        prop: the property.
        skills: per turn the skills measured in it.

    Returns:
        One panel; None where the property was never scored.
    """
    shares, served = _shares(prop.name, skills)
    if not shares:
        return None
    figure, (ax,) = blank(fitted=True)
    ax.axhline(1, color=GREY, linestyle="--", linewidth=1, label="mean (baseline)")
    surrogates = sorted(shares.keys() - BASELINES.keys())
    for i, name in enumerate(surrogates):
        line = zip(*shares[name].items(), strict=True)
        ax.plot(
            *line, ".-" if i < len(COLOURS) else ".--", color=COLOURS[i % len(COLOURS)], label=name
        )
    for name in sorted(shares.keys() & BASELINES.keys()):
        line = zip(*shares[name].items(), strict=True)
        ax.plot(*line, ".:", color=GREY, label=f"{name} (baseline)")
    turns, values = list(served), list(served.values())
    ax.plot(turns, values, "o", markersize=11, color="black", fillstyle="none", label="serves")
    ax.set_yscale("log")
    ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    ax.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    ax.yaxis.set_minor_formatter(NullFormatter())
    ax.xaxis.set_major_locator(MaxNLocator(nbins=8, integer=True))
    ax.margins(x=0.08, y=0.12)
    low, high = ax.get_ylim()
    ax.set_ylim(min(low, 0.45), max(high, 1.2))  # two ticks at least
    ax.set_xlabel("turn")
    ax.set_ylabel("CRPS (mean predictor: 1)")
    ax.set_title(prop.label, fontsize="medium")
    figure.legend(loc="outside lower center", ncols=2, frameon=False, fontsize=8)
    return figure


def _shares(
    name: str, skills: Mapping[int, Sequence[Skill]]
) -> tuple[dict[str, dict[int, float]], dict[int, float]]:
    """Shares of each surrogate and of the linear baseline, and those of the champions."""
    shares: dict[str, dict[int, float]] = {}
    served: dict[int, float] = {}
    for turn, found in sorted(skills.items()):
        mine = {s.surrogate: s for s in found if s.property == name and "crps" in s.metrics}
        mean = mine.pop("mean", None)
        if mean is None:
            continue
        for surrogate, skill in mine.items():
            share = skill.metrics["crps"] / mean.metrics["crps"]
            shares.setdefault(surrogate, {})[turn] = share
            if skill.champion:
                served[turn] = share
    return shares, served
