"""``cathode run``: run or continue a campaign."""

import itertools
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.cli.options import AsJson, Runner
from flows.cli.output import best_rows, messages, print_best, print_json, results
from flows.cli.signals import stopping_on_signals

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rich.console import Console

    from cathode.ledger import Ledger
    from cathode.protocols import Evaluator
    from cathode.report.view import CampaignView
    from cathode.settings import Settings
    from cathode.spec import CampaignSpec

INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells have it."""

TRIES = 3
"""How often a turn is taken up again after the Prefect server was lost."""


def run(
    spec: Annotated[Path, typer.Argument(help="YAML file of a campaign.")],
    amend: Annotated[
        bool, typer.Option("--amend", help="Go on with a spec that changed since the start.")
    ] = False,
    turns: Annotated[
        int | None,
        typer.Option("--turns", min=0, help="Stop after so many turns; 0 only enters the spec."),
    ] = None,
    runner: Runner = None,  # noqa: ARG001 - its callback has it looked at
    as_json: AsJson = False,
) -> None:
    """Run a campaign until its budget is spent; the same command continues a stopped one."""
    from cathode.ledger import Ledger, lock
    from cathode.settings import Settings
    from cathode.spec import load_spec
    from flows.checking import check_spec
    from flows.environment import prepare
    from flows.postgres import ensure_databases

    settings = Settings.from_environment()
    prepare(settings)
    campaign = load_spec(spec)
    evaluators = check_spec(campaign, settings).evaluators
    ensure_databases(settings)
    ledger = Ledger.open(settings.ledger_url, create=True)
    console = messages()
    try:
        with stopping_on_signals(), lock(ledger, campaign.name):
            _register(ledger, campaign, amend=amend)
            if turns != 0:
                _take_turns(ledger, settings, campaign, console, evaluators, turns)
    except KeyboardInterrupt:
        console.print("Interrupted; nothing is lost. The same command continues.")
        raise typer.Exit(INTERRUPTED) from None
    _conclude(ledger, settings, campaign.name, console, as_json=as_json)


def _register(ledger: "Ledger", campaign: "CampaignSpec", *, amend: bool) -> None:
    from cathode.ledger import campaigns
    from flows.identity import identity

    with ledger.write() as connection:
        campaigns.register(connection, campaign, identity(), amend=amend)


def _take_turns(
    ledger: "Ledger",
    settings: "Settings",
    campaign: "CampaignSpec",
    console: "Console",
    evaluators: "Mapping[str | None, Evaluator]",
    turns: int | None,
) -> None:
    """Start what is needed, all at once, and run so many turns, or until none is left."""
    from flows.server import prefect_server
    from flows.workers import Workers

    with Workers.open(), prefect_server(settings) as wait_until_ready:
        for name, evaluator in evaluators.items():
            if evaluator.isolated:
                Workers.for_campaign(campaign, settings, name)
        with console.status("starting Prefect, MLflow and the evaluator"):
            import flows.turn  # noqa: F401 - takes seconds, while the server starts

            _prepare_tracking(settings, campaign.name)
            wait_until_ready()
        from flows.cli.progress import showing_progress
        from flows.housekeeping import close_abandoned_runs

        close_abandoned_runs(campaign.name)
        pages = os.environ["PREFECT_API_URL"].removesuffix("/api")
        console.print(f"{campaign.name} runs; watch it at {pages}", soft_wrap=True)
        all_deferred = all(evaluator.deferred for evaluator in evaluators.values())
        with showing_progress(ledger, campaign, console) as lines:
            for _ in itertools.count() if turns is None else range(turns):
                result = _run_turn(campaign.name, wait_until_ready)
                if result is None:  # ended, or waiting for others
                    break
                lines.print(_line(ledger, campaign.name, result), soft_wrap=True)
                if not _goes_on(ledger, campaign.name) or all_deferred:
                    break


def _run_turn(campaign: str, wait_until_ready: "Callable[[], None]") -> dict[str, Any] | None:
    """Run a turn, and go on with it when the Prefect server was lost and came back.

    Raises:
        ServiceError: it does not come back, or is lost again and again.
    """
    from httpx import HTTPError

    from cathode.errors import ServiceError
    from flows.housekeeping import close_abandoned_runs
    from flows.turn import run_turn

    for _ in range(TRIES):
        try:
            return run_turn(campaign)
        except HTTPError as error:
            lost = error
            wait_until_ready()
            close_abandoned_runs(campaign)
    msg = (
        f"the Prefect server at {os.environ['PREFECT_API_URL']} was lost {TRIES} times in one turn "
        f"({lost}): nothing else is lost, and the same command continues"
    )
    raise ServiceError(msg)


def _goes_on(ledger: "Ledger", campaign: str) -> bool:
    from cathode.loop.schedule import ended_because
    from cathode.report.view import view_of

    view = view_of(ledger, campaign)
    return ended_because(view.spec, view.turns, len(view.seen.orders)) is None


def _prepare_tracking(settings: "Settings", campaign: str) -> None:
    """Make MLflow's database while the server starts: it takes seconds the first time."""
    import contextlib

    with contextlib.suppress(Exception):  # the first turn's log says what is wrong
        from flows.experiment import Tracker

        Tracker.open(settings, campaign)


def _line(ledger: "Ledger", campaign: str, result: dict[str, Any]) -> str:
    from cathode.report.view import view_of

    view = view_of(ledger, campaign)
    state = view.progress[-1] if view.progress else None
    best = ", ".join(
        f"best {name} {value:.4g} {view.spec.property_named(name).unit}"
        for name, value in (state.best.items() if state else ())
    )
    volume = f", hypervolume {state.hypervolume:.4g}" if state and state.hypervolume else ""
    failed = f", {result['failed']} of them failed" if result["failed"] else ""
    so_far = f"{best or 'none counts yet'}{volume}"
    orders = f", {result['open']} open" if result["open"] else ""
    return f"turn {result['turn']}: {result['answered']} answered{failed}{orders}; {so_far}"


def _conclude(
    ledger: "Ledger", settings: "Settings", campaign: str, console: "Console", *, as_json: bool
) -> None:
    from cathode.loop.costs import cost_so_far
    from cathode.loop.schedule import ended_because
    from cathode.report.view import view_of
    from cathode.urls import without_password
    from flows.environment import mlflow_at
    from flows.reporting import write_report
    from flows.running import addresses

    view = view_of(ledger, campaign)
    untracked = _catch_up(view, settings)
    from flows.tracking import page_of

    server = mlflow_at(settings)
    mlflow = server if untracked else f"{server}/{page_of(settings, campaign)}"
    with console.status("drawing the report"):
        file = write_report(ledger, settings, campaign, settings.report(campaign))
    prefect = os.environ["PREFECT_API_URL"].removesuffix("/api")
    if as_json:
        print_json(
            {
                "campaign": campaign,
                "turns": len(view.turns),
                "candidates": len(view.outcomes),
                "failed": len(view.failed),
                "best": best_rows(view.ranked[:10], view.spec),
                "cost": cost_so_far(view.turns),
                "cheaper_answers": {
                    name: len(view.seen.answers_of(name)) for name in view.spec.cheaper
                },
                "open_orders": len(view.seen.open_orders(view.spec)),
                "report": str(file),
                "prefect": prefect,
                "mlflow": without_password(settings.tracking_url),
                "tracking_error": untracked,
            }
        )
    else:
        print_best(view.ranked, view.spec, 10)
        results().print(f"Report: {file}", soft_wrap=True)
        results().print(
            f"Prefect and MLflow: `cathode up` serves them at {prefect} and {mlflow}",
            soft_wrap=True,
        )
    ended = ended_because(view.spec, view.turns, len(view.seen.orders))
    if ended is not None:
        console.print(
            f"{campaign} has ended: {ended}. A larger budget in its spec makes it go on.",
            soft_wrap=True,
        )
    _say_what_is_open(view, console, ended=ended is not None)
    if addresses(settings) and view.seen.open_orders(view.spec):
        page = f"{prefect}/artifacts/key/{campaign}-orders"
        console.print(f"Their pages, with a form for results: {page}", soft_wrap=True)
    if untracked:
        console.print(f"MLflow did not take all turns ({untracked}): the next run logs them.")


def _say_what_is_open(view: "CampaignView", console: "Console", *, ended: bool) -> None:
    """Orders that people have to answer, by evaluator, and those that nobody answers any more."""
    spec, campaign = view.spec, view.spec.name
    orders = view.seen.open_orders(spec)
    for name in (None, *spec.cheaper):
        mine = [order for order in orders if order.evaluator == name]
        if not mine or spec.evaluator_named(name).kind != "lab":
            continue
        to = f" to {name}" if name else ""
        option = f" --evaluator {name}" if name else ""
        goes_on = "" if ended else ", and the same command goes on then"
        console.print(
            f"{len(mine)} work orders{to} are open: `cathode orders {campaign}{option}` lists "
            f"them, `cathode ingest {campaign} TABLE.csv{option}` enters results{goes_on}.",
            soft_wrap=True,
        )
    if withdrawn := view.seen.withdrawn(spec):
        names = ", ".join(sorted({order.evaluator or "" for order in withdrawn}))
        console.print(
            f"{len(withdrawn)} open orders to {names} are withdrawn: the spec has no such cheaper "
            "evaluator any more.",
            soft_wrap=True,
        )


def _catch_up(view: Any, settings: "Settings") -> str | None:
    """Log to MLflow what it missed, a kill or an outage; returns what went wrong."""
    from flows.tracking import sync

    try:
        sync(view, settings)
    except Exception as error:  # noqa: BLE001 - a view that is down must not fail a finished run
        return f"{type(error).__name__}: {error}"
    return None
