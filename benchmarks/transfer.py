"""What an earlier family of materials saves: error against measurements, with it and without.

Average voltages of lithium electrodes (``benchmarks/transfer_table.py``). Learned is the family
with Mn or Fe, and neither Ni nor Co; known beforehand is that with Ni or Co, and neither Mn nor Fe.
What has metals of both, or of none of them, is left out. 40 % of the frameworks of the new family
are predicted by what some of the others say; the same rows by all methods. As a framework names its
metals, none is in both families; with --unlike, hosts that differ from those predicted by their 3d
metals alone are taken from the history, too, and never parted between training and test.
Finished splits are kept: a stopped benchmark goes on where it was.
"""

import argparse
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track

from agents.evaluators.cache import ContentCache
from benchmarks.publish import publish
from benchmarks.transfer_methods import METHODS, Split, Task
from benchmarks.transfer_table import FAMILIES, Electrodes, electrodes
from cathode.errors import SourceError
from cathode.evaluation.metrics import score
from cathode.report.figures.canvas import BLUE, GREEN, GREY, ORANGE, RED, blank, png
from cathode.settings import REPOSITORY, Settings
from flows.backtesting import code_digest
from flows.processes import Processes

SIZES = (0, 5, 10, 20, 40, 70, 100, 150, 200)
"""Measurements of the new family."""

LEVEL = 100
"""Measurements without transfer whose error is to be reached with fewer."""

TEST_SHARE = 0.4
SHOWN = ("mae", "rmse", "crps")
HISTORY = "Ni/Co"
SOURCES = ("transfer.py", "transfer_methods.py", "transfer_table.py")
DRAWN = dict(
    zip(
        ("GP alone", "GP multitask", "GP ensemble", "history only", "mean"),
        (BLUE, RED, GREEN, ORANGE, GREY),
        strict=True,
    )
)
"""Methods in the picture."""


@dataclass(frozen=True)
class Question:
    """What is compared.

    Attributes:
        target: the new family.
        unlike: whether hosts of the test are kept out of the history, whatever their metals.
    """

    target: str = "Mn/Fe"
    unlike: bool = False


def split(table: Electrodes, question: Question, seed: int) -> Split:
    """Part the frameworks, or the hosts, of the new family."""
    groups = np.array(table.hosts if question.unlike else table.frameworks)
    rng = np.random.default_rng(seed)
    target, history = table.of(question.target), table.of(HISTORY)
    names = np.array(sorted(set(groups[target])))
    rng.shuffle(names)
    out = set(names[: round(TEST_SHARE * len(names))])
    tested = np.array([group in out for group in groups])
    others = rng.permutation(target[~tested[target]])
    return Split(table, history[~tested[history]], others, target[tested[target]], seed)


def once(question: Question, method: str, seed: int) -> dict[str, dict[str, float]]:
    """Scores of a method on one split by number of measurements, kept under all that decides."""
    table, asked = electrodes(), METHODS[method]

    def compute() -> dict[str, dict[str, float]]:
        parts, found = split(table, question, seed), {}
        for n in SIZES:
            if n >= asked.least:
                started = time.perf_counter()
                scores = score(table.y[parts.test], asked.predict(Task(parts, n)))
                found[str(n)] = {**scores, "seconds": time.perf_counter() - started}
        return found

    here = REPOSITORY / "benchmarks"
    key = {
        "question": [question.target, question.unlike],
        "method": method,
        "seed": seed,
        "X": table.X.tolist(),
        "y": table.y.tolist(),
        "code": code_digest(),
        "benchmark": [(here / name).read_text(encoding="utf-8") for name in SOURCES],
    }
    folder = Settings.from_environment().home / "benchmarks" / "transfer"
    return dict(ContentCache(folder).get(key, compute))


def needed(sizes: Sequence[int], errors: Sequence[float], level: float) -> float:
    """Measurements at which a curve first comes down to a level; infinite where it never does."""
    for i, error in enumerate(errors):
        if error <= level:
            if i == 0 or np.isnan(errors[i - 1]):
                return float(sizes[i])
            share = (errors[i - 1] - level) / (errors[i - 1] - error)
            return float(sizes[i - 1] + share * (sizes[i] - sizes[i - 1]))
    return float("inf")


Curves = Mapping[str, Sequence[Mapping[str, Mapping[str, float]]]]
"""By method, of each split, the scores by number of measurements."""


def curve(splits: Sequence[Mapping[str, Mapping[str, float]]], metric: str) -> NDArray[np.float64]:
    """A score of each split at each number of measurements, nan where there is none."""
    return np.array([[s.get(str(n), {}).get(metric, np.nan) for n in SIZES] for s in splits])


def saved(curves: Curves, method: str, metric: str) -> dict[str, Any]:
    """How many measurements fewer a method needs to do as well as the GP alone with LEVEL."""
    alone, other = curve(curves["GP alone"], metric), curve(curves[method], metric)
    at = SIZES.index(LEVEL)
    middle = needed(SIZES, other.mean(axis=0).tolist(), alone[:, at].mean())
    each = [
        needed(SIZES, row.tolist(), level) for row, level in zip(other, alone[:, at], strict=True)
    ]
    shares = 100 * (1 - np.minimum(each, 2 * LEVEL) / LEVEL)  # never is twice as many at least
    low, half, high = np.quantile(shares, (0.25, 0.5, 0.75))
    return {
        "method": method,
        "score": metric,
        f"measurements for what {LEVEL} give alone": middle,
        "saved (%)": 100 * (1 - middle / LEVEL),
        "saved, median of splits (%)": float(half),
        "quartiles (%)": f"{low:.0f} to {high:.0f}",
        "splits that save 30 %": f"{int((shares >= 30).sum())} of {len(shares)}",
    }


def main(question: Question, splits: int) -> Path | None:
    """Measure, print and write; returns the file written."""
    console = Console(stderr=True)
    try:
        table = electrodes()
    except SourceError as error:
        console.print(f"transfer skipped: {error}", soft_wrap=True)
        return None
    curves = {}
    for method in METHODS:
        with Processes(min(splits, Settings.from_environment().workers)) as pool:
            work = [pool.submit(once, question, method, seed) for seed in range(splits)]
            curves[method] = [each.result() for each in track(work, method, console=console)]
    rows = []
    for metric in (*SHOWN, "coverage_80"):
        for method in METHODS:
            values = curve(curves[method], metric)
            shown = {str(n): _cell(values[:, i]) for i, n in enumerate(SIZES)}
            rows.append({"score": metric, "method": method, **shown})
    others = [name for name in METHODS if METHODS[name].least == 0]
    savings = [saved(curves, method, metric) for metric in SHOWN for method in others]
    name = "transfer" + ("_unlike" if question.unlike else "")
    name += "" if question == Question(unlike=question.unlike) else f"_{question.target}"
    name = name.replace("/", "")
    sizes = f"{len(table.of(question.target))} of {question.target}, history {HISTORY}"
    title = f"Test error (V) by measurements, mean ± spread over {splits} splits; {sizes}"
    picture = Settings.from_environment().home / "benchmarks" / f"{name}.png"
    picture.parent.mkdir(parents=True, exist_ok=True)
    picture.write_bytes(drawn(curves))
    publish(f"{name}_savings", f"Saved by a history, {splits} splits", savings)
    print(f"Left out of the data: {dict(table.left_out)}\nDrawn: {picture}")
    facts = {"splits": splits, "families": {f: len(table.of(f)) for f in FAMILIES}}
    return publish(name, title, rows, **facts, savings=savings, details=curves)


def _cell(values: NDArray[np.float64]) -> str:
    if np.isnan(values).any():
        return "–"
    digits = 0 if values.mean() > 10 else 3
    return f"{values.mean():.{digits}f} ± {values.std(ddof=1):.{digits}f}"


def drawn(curves: Curves) -> bytes:
    """Error against measurements, with the spread over splits."""
    figure, axes = blank(2, fitted=True)
    for ax, metric in zip(axes, ("mae", "crps"), strict=True):
        for method, colour in DRAWN.items():
            values = curve(curves[method], metric)
            mean, spread = values.mean(axis=0), values.std(axis=0)
            ax.plot(SIZES, mean, "o-", color=colour, label=method, markersize=3)
            ax.fill_between(SIZES, mean - spread, mean + spread, color=colour, alpha=0.12)
        ax.set_xlabel("measurements of the new family")
        ax.set_ylabel(f"{metric.upper()} of unseen frameworks (V)")
    axes[0].legend(frameon=False)
    return png(figure)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--splits", type=int, default=10, help="seeds 0, 1, ...")
    parser.add_argument("--target", choices=[f for f in FAMILIES if f != HISTORY], default="Mn/Fe")
    parser.add_argument("--unlike", action="store_true", help="no hosts of the test in the history")
    parser.add_argument("--json", action="store_true", help="print the file written instead")
    asked = parser.parse_args()
    with redirect_stdout(sys.stderr if asked.json else sys.stdout):
        file = main(Question(asked.target, asked.unlike), asked.splits)
    if asked.json and file is not None:
        print(file.read_text())
