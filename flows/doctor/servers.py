"""Prefect, its worker and runs, and MLflow: whether they answer, and to whom."""

import contextlib
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from typing import Any

from cathode.access import Access
from cathode.errors import CathodeError
from cathode.settings import Settings
from flows.api import UNAUTHORIZED, Refused, ask
from flows.deploying import listed, of_campaigns
from flows.doctor.findings import Finding, ok, problem, warning
from flows.environment import mlflow_at
from flows.parts import POOL

SILENT = timedelta(seconds=90)
"""A worker that was not heard of for so long is gone; it speaks up every 30 s."""

STUCK = {"PENDING": timedelta(minutes=10), "RUNNING": timedelta(days=2)}
"""How long a run may be in a state."""

PAGE = 200


def prefect(settings: Settings) -> Iterator[Finding]:
    """Whether the server answers, is ours, and has everything registered."""
    url = os.environ["PREFECT_API_URL"]
    try:
        theirs = ask(f"{url}/admin/version", settings.access)
    except Refused as error:
        if error.status not in UNAUTHORIZED:
            yield problem("Prefect", str(error), "look into its log")
            return
        words = f"{url} asks for a password, and CATHODE_AUTH is not it"
        yield problem("Prefect", words, "set the one it was started with")
        return
    except OSError:
        words = f"no server answers at {url}"
        yield problem("Prefect", words, "start it with `cathode up`, or set PREFECT_API_URL")
        return
    if theirs != version("prefect"):
        words = f"{url} has version {theirs}, and {version('prefect')} is installed"
        yield problem("Prefect", words, "start the server anew")
    elif settings.access.auth is not None and _open(f"{url}/admin/version"):
        yield problem("Prefect", f"{url} asks for no password", "start it anew with CATHODE_AUTH")
    else:
        yield ok("Prefect", f"{url} answers, version {theirs}")
    told = ask(f"{url}/admin/settings", settings.access)
    if told.get("server", {}).get("analytics_enabled", False):
        words = f"{url} tells its maker how it is used"
        yield warning("Prefect", words, "start it by `cathode up`, which has that switched off")
    yield from _deployments(settings, url)
    yield from _workers(settings, url)
    yield from _runs(settings, url)


def mlflow(settings: Settings) -> Iterator[Finding]:
    """Whether the server answers, and only to those who know the password."""
    url = mlflow_at(settings)
    place = f"{url}/api/2.0/mlflow/experiments/search"
    try:
        ask(place, settings.access, {"max_results": 1})
    except Refused as error:
        refused = error.status in UNAUTHORIZED
        words = f"{url} asks for a password, and CATHODE_AUTH is not it" if refused else str(error)
        yield problem("MLflow", words, "set the one it was started with, or start it anew")
        return
    except OSError:
        yield problem("MLflow", f"no server answers at {url}", "start it with `cathode up`")
        return
    if settings.access.auth is not None and _open(place, {"max_results": 1}):
        yield problem("MLflow", f"{url} asks for no password", "start it anew with CATHODE_AUTH")
    else:
        yield ok("MLflow", f"{url} answers")


def _open(url: str, body: Any = None) -> bool:
    """Whether an address answers without a password."""
    with contextlib.suppress(Refused, OSError):
        ask(url, Access(), body)
        return True
    return False


def _deployments(settings: Settings, url: str) -> Iterator[Finding]:
    known = set()
    while page := ask(
        f"{url}/deployments/filter", settings.access, {"limit": PAGE, "offset": len(known)}
    ):
        known |= {each["name"] for each in page}
        if len(page) < PAGE:
            break
    every = listed()
    wanted = [each.name for each in every]
    with contextlib.suppress(CathodeError):  # said where the ledger is looked at
        wanted += [each.name for each in of_campaigns(settings, every)]
    if missing := [name for name in wanted if name not in known]:
        words = f"missing: {', '.join(missing)}"
        yield problem("deployments", words, "`cathode up` registers them")
    else:
        yield ok("deployments", f"all {len(wanted)} are registered")


def _workers(settings: Settings, url: str) -> Iterator[Finding]:
    try:
        found = ask(f"{url}/work_pools/{POOL}/workers/filter", settings.access, {})
    except Refused:  # no such pool
        found = []
    heard = [datetime.fromisoformat(w["last_heartbeat_time"]) for w in found]
    quiet = datetime.now(UTC) - max(heard, default=datetime.fromtimestamp(0, UTC))
    if not heard:
        yield problem("worker", "there has been none yet", "start one with `cathode up`")
    elif quiet > SILENT:
        words = f"none has asked for work for {quiet.total_seconds() / 60:.0f} minutes"
        yield problem("worker", words, "start one with `cathode up`; its log is in the home")
    else:
        yield ok("worker", f"asked for work {max(0.0, quiet.total_seconds()):.0f} s ago")


def _runs(settings: Settings, url: str) -> Iterator[Finding]:
    def such(**state: Any) -> Any:
        body = {"flow_runs": {"state": state}, "limit": PAGE}
        return ask(f"{url}/flow_runs/filter", settings.access, body)

    late = such(name={"any_": ["Late"]})
    stuck = [
        run["name"]
        for kind, longest in STUCK.items()
        for run in such(type={"any_": [kind]})
        if datetime.now(UTC) - datetime.fromisoformat(run["state"]["timestamp"]) > longest
    ]
    if late:
        words = f"{len(late)} are late: {', '.join(run['name'] for run in late[:3])}"
        yield warning("runs", words, "see that a worker runs, and has room (`cathode up --runs`)")
    if stuck:
        words = f"{len(stuck)} are stuck: {', '.join(stuck[:3])}"
        yield warning("runs", words, "`cathode up` started anew puts them right")
    if not late and not stuck:
        yield ok("runs", "none is late or stuck")
