"""``cathode up``: the whole platform on one machine."""

import json
import os
import sys
import time
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.output import messages
from flows.cli.signals import stopping_on_signals

if TYPE_CHECKING:
    from collections.abc import Callable

    from cathode.settings import Settings
    from flows.upkeep import Platform


def up(
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Port of the Prefect server, or 4200.")
    ] = None,
    mlflow_port: Annotated[
        int, typer.Option(min=1, max=65535, help="Port of the MLflow server.")
    ] = 5000,
    runs: Annotated[int, typer.Option(min=1, help="Flow runs that the worker has at once.")] = 4,
    worker: Annotated[
        bool, typer.Option("--worker/--no-worker", help="Whether this machine runs flows.")
    ] = True,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one line of JSON when everything is ready.")
    ] = False,
) -> None:
    """Run the platform on this machine until Ctrl-C: Prefect, MLflow, a worker, all deployments."""
    from cathode.settings import Settings
    from flows.environment import api_at, prepare
    from flows.postgres import ensure_databases
    from flows.running import known_as
    from flows.upkeep import platform

    started = time.monotonic()
    settings = Settings.from_environment()
    if port is not None:
        os.environ["PREFECT_API_URL"] = api_at(settings, port)
    prepare(settings)
    settings.inbox.mkdir(parents=True, exist_ok=True)  # where people look for it
    console = messages()

    def say(line: str) -> None:
        console.print(line, soft_wrap=True, highlight=False)

    with stopping_on_signals():
        try:
            ensure_databases(settings)
            with platform(settings, mlflow_port, runs if worker else None, say) as whole:
                with console.status("starting Prefect, MLflow and the worker"):
                    whole.start()
                took = time.monotonic() - started
                with known_as(settings, whole.addresses):  # before anybody is told that it is
                    _tell(whole, settings, took, say, as_json=as_json)
                    whole.keep()
        except KeyboardInterrupt:
            say("stopped")


def _tell(
    whole: "Platform",
    settings: "Settings",
    seconds: float,
    say: "Callable[[str], None]",
    *,
    as_json: bool,
) -> None:
    """Where everything is, and how it ends."""
    if as_json:
        found = whole.addresses | {
            "home": str(settings.home),
            "logs": str(settings.logs),
            "pids": whole.pids,
            "seconds": round(seconds, 1),
        }
        sys.stdout.write(json.dumps(found) + "\n")
        sys.stdout.flush()
        return
    say(f"Prefect: {whole.addresses['prefect']}")
    say(f"MLflow:  {whole.addresses['mlflow']} (choose 'Model training' at the top left)")
    if whole.worker is None:
        say("No worker: runs wait until one is started.")
    say(f"Ready after {seconds:.0f} s; logs are in {settings.logs}. Ctrl-C stops all of it.")
