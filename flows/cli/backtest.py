"""``cathode backtest``: how fast strategies find the best rows of a known table."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.cli.options import AsJson, Runner
from flows.cli.output import messages, print_json, results

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from cathode.evaluation.backtest import Goal
    from cathode.sources.numeric_table import NumericTable
    from flows.backtesting import Replay, Strategy

LEVEL = 0.8
"""Share of the best rows at which strategies are compared."""


class Proposers(StrEnum):
    """Proposers that may be compared; ``bayesian`` is the default of campaigns over tables."""

    bayesian = "bayesian"
    best = "best"
    log_ei = "log_ei"
    ucb = "ucb"
    thompson = "thompson"
    variance = "variance"
    sobol = "sobol"
    random = "random"


class Surrogates(StrEnum):
    """Surrogates that may be compared."""

    gp = "gp"
    linear = "gp-linear"


class Wanted(StrEnum):
    """Whether large or small values are good."""

    max = "max"
    min = "min"


def backtest(
    table: Annotated[Path, typer.Argument(help="CSV file of numbers with a heading.")],
    target: Annotated[str, typer.Option(help="Column of what was measured.")],
    goal: Annotated[Wanted, typer.Option(help="Whether large or small values are good.")],
    proposer: Annotated[
        list[Proposers] | None,
        typer.Option(help="Who proposes; give it again to compare. Bayesian and random if none."),
    ] = None,
    surrogate: Annotated[
        list[Surrogates] | None,
        typer.Option(help="What it learns with; give it again to compare. gp if none."),
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, help="Replays of each, seeds 0, 1, ...")] = 24,
    runner: Runner = None,  # noqa: ARG001 - its callback has it looked at
    as_json: AsJson = False,
) -> None:
    """Replay strategies on a table, one experiment at a time, and compare them with chance."""
    from cathode.report.figures.backtest import backtest_figure
    from cathode.report.figures.canvas import png
    from cathode.settings import Settings
    from cathode.sources.numeric_table import read_numeric_table
    from flows.backtesting import curves

    known = read_numeric_table(table, target)
    settings = Settings.from_environment()
    found, rows = {}, []
    asked = strategies(
        proposer or [Proposers.bayesian, Proposers.random], surrogate or [Surrogates.gp]
    )
    for strategy in asked:
        replays = _replayed(known, goal.value, strategy, seeds, settings)
        found[strategy.name] = curves(replays, known, goal.value)
        faults = [fault for done in replays for fault in done.faults]
        rows.append({**_row(strategy.name, found[strategy.name], known), "faults": len(faults)})
        if faults:
            messages().print(
                f"{strategy.name}: a Sobol design chose {len(faults)} rows, first for {faults[0]}"
            )
    picture = settings.home / "backtests" / f"{table.stem}-{target.replace('/', ' ')}.png"
    picture.parent.mkdir(parents=True, exist_ok=True)
    picture.write_bytes(png(backtest_figure(found, len(known))))
    facts = {"table": str(table), "rows": len(known), "target": target, "goal": goal.value}
    facts |= {"seeds": seeds, "picture": str(picture)}
    _log(settings, facts, rows, found, picture)
    if as_json:
        curves_by_name = {name: each.mean(axis=0).tolist() for name, each in found.items()}
        print_json({**facts, "strategies": rows, "mean_top_share": curves_by_name})
    else:
        _print(facts, rows)


def strategies(proposers: list[Proposers], surrogates: list[Surrogates]) -> list["Strategy"]:
    """Every proposer with every surrogate; designs, which learn nothing, once."""
    from cathode.spec import BayesianSpec, GPSpec, RandomSpec, SobolSpec
    from flows.backtesting import Strategy

    learners = {
        Surrogates.gp: GPSpec(kind="gp"),
        Surrogates.linear: GPSpec(kind="gp", kernel="linear"),
    }
    found = []
    for name in dict.fromkeys(proposers):
        if name in (Proposers.sobol, Proposers.random):
            blind = (
                SobolSpec(kind="sobol") if name == Proposers.sobol else RandomSpec(kind="random")
            )
            found.append(Strategy(blind, GPSpec(kind="gp")))
            continue
        if name == Proposers.bayesian:
            spec = BayesianSpec()
        elif name == Proposers.best:
            spec = BayesianSpec(share=None)
        else:
            spec = BayesianSpec(acquisition=name.value, share=None)
        found += [Strategy(spec, learners[each]) for each in dict.fromkeys(surrogates)]
    return found


def _log(
    settings: Any,
    facts: dict[str, Any],
    rows: list[dict[str, Any]],
    found: "dict[str, NDArray[np.float64]]",
    picture: Path,
) -> None:
    """Log to MLflow; a tracking server that is down does not cost the backtest."""
    from flows.environment import prepare

    prepare(settings)
    try:
        from flows.backtest_tracking import log_backtest

        log_backtest(settings, facts, rows, found, picture)
    except Exception as error:  # noqa: BLE001 - whatever MLflow raises
        messages().print(f"MLflow did not take it ({type(error).__name__}: {error})")


def _replayed(
    table: "NumericTable", goal: "Goal", strategy: "Strategy", seeds: int, settings: Any
) -> list["Replay"]:
    """A replay per seed, with a bar while it takes."""
    from rich.progress import track

    from flows.backtesting import Backtest

    work = Backtest(table, goal, strategy, settings.home / "backtests")
    replays = dict(
        track(
            work.replays(range(seeds), settings.workers),
            description=strategy.name,
            total=seeds,
            console=messages(),
            transient=True,
        )
    )
    return [replays[seed] for seed in range(seeds)]


def _row(name: str, curves: "NDArray[np.float64]", table: "NumericTable") -> dict[str, Any]:
    """What a strategy achieved: the mean curve, and quartiles over seeds."""
    import numpy as np

    from cathode.evaluation.backtest import acceleration, enhancement, experiments_until
    from flows.backtesting import START

    n = len(table)
    until = np.array([experiments_until(curve, LEVEL) for curve in curves])
    first = np.array([experiments_until(curve, 1e-9) for curve in curves])
    mean = curves.mean(axis=0)
    return {
        "strategy": name,
        "acceleration": acceleration(mean, LEVEL, n),
        "acceleration_quartiles": [LEVEL * n / x for x in np.quantile(until, (0.75, 0.25))],
        "experiments_to_80_percent": float(experiments_until(mean, LEVEL)),
        # A hit among the random starts would outdo all that a strategy decides afterwards.
        "largest_enhancement": float(enhancement(mean, n)[START:].max()),
        "first_hit_median": float(np.median(first)),
    }


def _print(facts: dict[str, Any], rows: list[dict[str, Any]]) -> None:
    from rich import box
    from rich.table import Table

    table = Table(
        title=f"{facts['table']}: {facts['goal']} {facts['target']}, {facts['rows']} rows, "
        f"{facts['seeds']} seeds",
        box=box.SIMPLE_HEAD,
    )
    table.add_column("strategy", no_wrap=True)
    for heading in (
        "AF at 80 %\n(x random)",
        "quartiles of\nsingle seeds",
        "experiments\nto 80 %",
        "largest EF\n(x random)",
        "first hit\n(median)",
    ):
        table.add_column(heading, justify="right")
    for row in rows:
        low, high = row["acceleration_quartiles"]
        table.add_row(
            row["strategy"],
            f"{row['acceleration']:.2f}",
            f"{low:.2f} to {high:.2f}",
            f"{row['experiments_to_80_percent']:.0f}",
            f"{row['largest_enhancement']:.1f}",
            f"{row['first_hit_median']:.0f}",
        )
    results().print(table)
    results().print(f"Picture: {facts['picture']}", soft_wrap=True)
