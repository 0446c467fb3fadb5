"""What trials of calibration amount to, as tables and as a picture."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from benchmarks.calibration_trials import NOMINAL
from cathode.evaluation.baselines import BASELINES
from cathode.evaluation.metrics import LEVELS
from cathode.report.figures.canvas import BLUE, GREEN, GREY, ORANGE, RED, blank

ALLOWED = 7.0
"""Points by which coverage may miss its level."""

SERVING = "what serves"
"""Stands in tables for the surrogate that the folds choose, whichever it is."""

COLOURS = (ORANGE, GREEN, BLUE, RED)

Row = dict[str, Any]
"""One surrogate in one trial at one time, as ``calibration_trials.trial`` has it."""


def with_serving(rows: Iterable[Row]) -> list[Row]:
    """Rows that hold predictions, and those that serve a second time, as such."""
    usable = [row for row in rows if "fresh" in row]
    return usable + [row | {"surrogate": SERVING} for row in usable if row["serves"]]


def grouped(rows: Iterable[Row], *names: str) -> dict[tuple[Any, ...], list[Row]]:
    """Rows by what they have under these names, in the order they first appear."""
    found: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        found.setdefault(tuple(row[name] for name in names), []).append(row)
    return found


def mean(rows: Sequence[Row], score: str, of: str = "fresh") -> float:
    """Mean of a score on fresh candidates, or on folds."""
    return float(np.mean([row[of][score] for row in rows]))


def error(rows: Sequence[Row], score: str) -> float:
    """Standard error of that mean over seeds, nan where there is but one."""
    values = [row["fresh"][score] for row in rows]
    return float(np.std(values, ddof=1) / np.sqrt(len(values))) if len(values) > 1 else np.nan


def results(rows: Sequence[Row]) -> float:
    """How many results the models learned from, on average."""
    return float(np.mean([row["results"] for row in rows]))


def miss(rows: Sequence[Row]) -> float:
    """The most (points) by which coverage, averaged over rows, misses its level; with its sign."""
    off = [mean(rows, f"coverage_{level}") - level for level in LEVELS]
    return max(off, key=abs)


def details(rows: Sequence[Row]) -> list[Row]:
    """Every model after every turn of every training set: means of all scores over seeds."""
    names = ("example", "property", "training", "turn", "surrogate")
    found = []
    for key, group in grouped(rows, *names).items():
        scores = [name for name in group[0]["fresh"] if name not in ("covered", "n")]
        found.append(
            dict(zip(names, key, strict=True))
            | {"results": results(group), "seeds": len(group)}
            | {"fresh": {name: mean(group, name) for name in scores if _in_all(group, name)}}
            | {"error": {f"coverage_{x}": error(group, f"coverage_{x}") for x in LEVELS}}
            | {"folds": {f"coverage_{x}": mean(group, f"coverage_{x}", "folds") for x in LEVELS}}
        )
    return found


def _in_all(group: Sequence[Row], score: str) -> bool:
    return all(score in row["fresh"] for row in group)


def by_training(rows: Sequence[Row]) -> list[Row]:
    """One line per example, property and training set: what serves, beside the baselines."""
    found = []
    names = ("example", "property", "training", "turn")
    for (example, name, training, _), group in grouped(rows, *names).items():
        models = {model: each for (model,), each in grouped(group, "surrogate").items()}
        served = models[SERVING]
        found.append(
            {"example": _words(example), "property": _words(name)}
            | {"results": f"{training} {results(served):.0f}"}
            | {
                f"{level} %": f"{mean(served, score):.0f} ± {error(served, score):.0f}"
                for level in LEVELS
                for score in [f"coverage_{level}"]
            }
            | {"80 % by folds": f"{mean(served, 'coverage_80', 'folds'):.0f}"}
            | {"80 % is wide": mean(served, "width_80"), "MAE": mean(served, "mae")}
            | {"NLPD": mean(served, "nlpd"), "CRPS": mean(served, "crps")}
            | {
                f"CRPS, {model}": mean(models[model], "crps")
                for model in BASELINES
                if model in models
            }
        )
    return found


def by_model(rows: Sequence[Row]) -> list[Row]:
    """One line per example and model: all its training sets together, and which it misses most."""
    found = []
    for (example, model), group in grouped(rows, "example", "surrogate").items():
        sets = grouped(group, "property", "training", "turn")
        worst = max(sets, key=lambda key: abs(miss(sets[key])))
        holding = sum(abs(miss(each)) <= ALLOWED for each in sets.values())
        found.append(
            {"example": _words(example), "model": model}
            | {f"{level} %": f"{mean(group, f'coverage_{level}'):.0f}" for level in LEVELS}
            | {"misses by": f"{miss(group):+.0f}", "sets that hold": f"{holding} of {len(sets)}"}
            | {"at worst by": f"{miss(sets[worst]):+.0f}"}
            | {"that is": f"{_words(worst[0])}, {worst[1]} {results(sets[worst]):.0f}"}
            | {"80 % by folds": f"{mean(group, 'coverage_80', 'folds'):.0f}"}
        )
    return sorted(found, key=lambda row: str(row["example"]))


def _words(name: str) -> str:
    """A name that a narrow column of a table may break."""
    return name.replace("_", " ")


def picture(rows: Sequence[Row]) -> Figure:
    """Observed against nominal coverage of what serves: a panel per example, a line per turn."""
    panels = grouped([row for row in rows if row["surrogate"] == SERVING], "example")
    drawn, axes = blank(len(panels), fitted=True)
    ends = np.array([0, 100])
    for ax, ((example,), panel) in zip(axes, panels.items(), strict=True):
        ax.plot(ends, ends, color=GREY, linewidth=1)
        ax.fill_between(ends, ends - ALLOWED, ends + ALLOWED, color=GREY, alpha=0.25, linewidth=0)
        for i, then in enumerate(grouped(panel, "turn").values()):
            covered = np.mean([row["fresh"]["covered"] for row in then], axis=0)
            colour, label = COLOURS[i % len(COLOURS)], f"{results(then):.0f} results"
            ax.plot(NOMINAL, covered, color=colour, marker="o", markersize=3, label=label)
        ax.set_title(example, fontsize=10)
        ax.set_xlim(0, 100)
        ax.set_ylim(0, 100)
        ax.set_xlabel("level of the interval (%)")
        ax.set_ylabel("fresh answers inside (%)")
        ax.legend(frameon=False, fontsize=8)
    return drawn
