"""How fast the product and its peers find the best rows of published tables."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track

from benchmarks.data import VARIABLE, data_folder
from benchmarks.peer_replays import PeerBacktest
from cathode.evaluation.backtest import Goal, acceleration, enhancement, experiments_until
from cathode.settings import REPOSITORY, Settings
from cathode.sources.numeric_table import NumericTable, read_numeric_table
from flows.backtesting import START, Backtest, Replay, Strategy, curves
from flows.cli.backtest import LEVEL, Proposers, Surrogates, strategies

SCRIPTS = REPOSITORY / "benchmarks" / "peers"


@dataclass(frozen=True)
class Known:
    """A published table whose answers are known.

    Attributes:
        file: in the folder of the data.
        target: column of what was measured.
        goal: whether large or small values are good.
    """

    file: str
    target: str
    goal: Goal

    @property
    def path(self) -> Path:
        """Where it lies; it need not exist."""
        return data_folder() / "bo_benchmark" / self.file


TABLES = {
    "AgNP": Known("AgNP_dataset.csv", "loss", "min"),
    "P3HT": Known("P3HT_dataset.csv", "Conductivity (measured) (S/cm)", "max"),
}
"""Of Liang et al., npj Comput. Mater. 7, 188 (2021)."""


@dataclass(frozen=True)
class Peer:
    """Another tool behind the line protocol.

    Attributes:
        script: module in ``benchmarks/peers``.
        arguments: of the script.
    """

    script: str
    arguments: tuple[str, ...] = ()

    def command(self, python: Path) -> tuple[str | Path, ...]:
        """What starts it, in the repository's root."""
        return (python, "-m", f"benchmarks.peers.{self.script}", *self.arguments)

    @property
    def sources(self) -> tuple[Path, ...]:
        """All that decides what it suggests."""
        return tuple(
            SCRIPTS / name for name in (f"{self.script}.py", "protocol.py", "requirements.txt")
        )


PEERS = {
    "BoTorch": Peer("botorch_suggest"),
    "Ax": Peer("ax_suggest", ("acquisition",)),
    "Ax-nearest": Peer("ax_suggest", ("nearest",)),
    "BayBE": Peer("baybe_suggest"),
}


def product_strategies() -> list[Strategy]:
    """The product as ``cathode backtest`` has it by default, and its two designs."""
    return strategies(
        [Proposers.bayesian, Proposers.best, Proposers.sobol, Proposers.random], [Surrogates.gp]
    )


def skill(names: Sequence[str], peers: Sequence[str], seeds: int, python: Path | None) -> Any:
    """Replay all methods on all tables.

    Returns:
        Rows for a table, and details per table and method: experiments of each seed until the
        level is reached, and the mean curve.
    """
    settings = Settings.from_environment()
    rows, details = [], {}
    for name in names:
        known = TABLES[name]
        if not known.path.exists():
            said = f"{name} skipped: no file {known.path}; set {VARIABLE} to the folder of the data"
            Console(stderr=True).print(said, soft_wrap=True)
            continue
        table = read_numeric_table(known.path, known.target)
        for method, finished in _methods(table, known.goal, peers, range(seeds), settings, python):
            replays = _shown(f"{name} {method}", finished, seeds)
            found = curves(replays, table, known.goal)
            rows.append({"table": name, "method": method, **summary(found)})
            details[f"{name} {method}"] = {
                "experiments": experiments(found, LEVEL).tolist(),
                "mean_top_share": found.mean(axis=0).tolist(),
                "faults": sum(len(done.faults) for done in replays),
            }
    return rows, details


def _methods(
    table: NumericTable,
    goal: Goal,
    peers: Sequence[str],
    seeds: Sequence[int],
    settings: Settings,
    python: Path | None,
) -> Iterator[tuple[str, Iterator[tuple[int, Replay]]]]:
    for strategy in product_strategies():
        product = Backtest(table, goal, strategy, settings.home / "backtests")
        yield strategy.name, product.replays(seeds, settings.workers)
    for peer in peers:
        known = PEERS[peer]
        folder = settings.home / "benchmarks" / "peers"
        other = PeerBacktest(table, goal, known.command(python), known.sources, folder)
        yield peer, other.replays(seeds)


def _shown(name: str, finished: Iterator[tuple[int, Replay]], seeds: int) -> list[Replay]:
    """Replays in the order of their seeds, with a bar while they take."""
    console = Console(stderr=True)
    found = dict(track(finished, description=name, total=seeds, console=console))
    return [found[seed] for seed in range(seeds)]


def experiments(found: NDArray[np.float64], level: float) -> NDArray[np.float64]:
    """Experiments that each replay, shape (replays, rows), needs until Top% is at the level."""
    return np.array([experiments_until(curve, level) for curve in found])


def summary(found: NDArray[np.float64]) -> dict[str, Any]:
    """What a method achieved: AF and EF of the mean curve, spread over seeds.

    Args:
        found: Top%(i) of each replay, shape (replays, rows).
    """
    n_rows = found.shape[1]
    mean, until = found.mean(axis=0), experiments(found, LEVEL)
    low, middle, high = np.quantile(until, (0.25, 0.5, 0.75))
    return {
        "seeds": len(found),
        f"AF at {LEVEL:.0%}": float(acceleration(mean, LEVEL, n_rows)),
        f"experiments to {LEVEL:.0%}, median": float(middle),
        "quartiles": f"{low:.1f} to {high:.1f}",
        # A hit among the random starts, which all methods share, would outdo all that follows.
        "largest EF": float(enhancement(mean, n_rows)[START:].max()),
        "first hit, median": float(np.median(experiments(found, 1e-9))),
    }
