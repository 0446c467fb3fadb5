"""What cheaper answers save: the product with and without them, and BoTorch's entropy search.

Tables whose rows have two answers, the wanted and a cheaper one: ``benchmarks/fidelity_tables.py``.
All methods begin with results of the same ten rows, and cheaper answers of them where they ask for
such, and ask for one answer a step until results of 80 % of the best twentieth are in. Random
results alone would cost 0.8 of the rows.
Finished replays are kept: a stopped benchmark goes on where it was.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import track

from agents.evaluators.cache import ContentCache
from benchmarks.fidelity_replays import LEVEL, METHODS, START, replay
from benchmarks.fidelity_tables import TABLES
from benchmarks.publish import publish
from cathode.errors import SourceError
from cathode.settings import REPOSITORY, Settings
from flows.backtesting import code_digest
from flows.processes import Processes

HERE = REPOSITORY / "benchmarks"


def once(table: str, method: str, cost: float, seed: int) -> dict[str, float]:
    """What one replay cost, kept under all that decides it."""
    known = TABLES[table]()

    def compute() -> dict[str, float]:
        started = time.perf_counter()
        done = replay(known, cost, METHODS[method], seed, LEVEL)
        return {
            "cost": done.spent,
            "results": len(done.rows(quick=False)),
            "cheaper": len(done.rows(quick=True)),
            "until_best": done.until_best,
            "seconds": (time.perf_counter() - started) / (len(done.asked) - START),
        }

    key = {
        "method": method,
        "cost": cost,
        "seed": seed,
        "X": known.X.tolist(),
        "own": known.own.tolist(),
        "quick": known.quick.tolist(),
        "code": code_digest(),
        "replays": (HERE / "fidelity_replays.py").read_text(encoding="utf-8"),
    }
    folder = Settings.from_environment().home / "benchmarks" / "fidelities"
    return dict(ContentCache(folder).get(key, compute))


def main(tables: Sequence[str], costs: Sequence[float], seeds: int) -> Path | None:
    """Measure, print and write; returns the file written."""
    console, rows, details = Console(stderr=True), [], {}
    for name in tables:
        try:
            known = TABLES[name]()
        except SourceError as error:
            console.print(f"{name} skipped: {error}", soft_wrap=True)
            continue
        for cost in costs:
            for method in METHODS:
                found = _replays(name, method, cost, seeds, console)
                rows.append(
                    {
                        "table": f"{name} (r = {known.correlation:.2f})",
                        "cheaper answer costs": cost,
                        "method": method,
                        **summary(found),
                    }
                )
                details[f"{name} {cost:g} {method}"] = found
    if not rows:
        return None
    title = f"Cost until 80 % of the best twentieth is found, a result costing 1; {seeds} seeds"
    return publish("fidelities", title, rows, details=details)


def _replays(
    table: str, method: str, cost: float, seeds: int, console: Console
) -> list[dict[str, float]]:
    with Processes(min(seeds, Settings.from_environment().workers)) as pool:
        work = [pool.submit(once, table, method, cost, seed) for seed in range(seeds)]
        bar = track(work, f"{table} {method}, {cost:g}", console=console)
        return [each.result() for each in bar]


def summary(found: Sequence[dict[str, float]]) -> dict[str, Any]:
    """Mean and spread over seeds."""
    column = {name: np.array([each[name] for each in found]) for name in found[0]}
    low, high = np.quantile(column["cost"], (0.25, 0.75))
    return {
        "cost, mean": float(column["cost"].mean()),
        "quartiles": f"{low:.1f} to {high:.1f}",
        "results": float(column["results"].mean()),
        "cheaper answers": float(column["cheaper"].mean()),
        "cost until the best row, median": float(np.median(column["until_best"])),
        "s a decision": float(column["seconds"].mean()),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tables", nargs="+", choices=list(TABLES), default=list(TABLES))
    parser.add_argument("--costs", nargs="+", type=float, default=[0.1], help="of a cheaper answer")
    parser.add_argument("--seeds", type=int, default=8, help="replays of each, seeds 0, 1, ...")
    parser.add_argument("--json", action="store_true", help="print the file written instead")
    asked = parser.parse_args()
    with redirect_stdout(sys.stderr if asked.json else sys.stdout):
        file = main(asked.tables, asked.costs, asked.seeds)
    if asked.json and file is not None:
        print(file.read_text())
