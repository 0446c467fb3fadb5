"""What Prefect and MLflow read from the environment; set before either is imported."""

import os
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

from cathode.errors import SettingsError
from cathode.settings import Settings
from flows.running import addresses

PREFECT_PORT, MLFLOW_PORT = 4200, 5000

DEFAULT_API = f"http://127.0.0.1:{PREFECT_PORT}/api"
"""Address of the local Prefect server, unless ``PREFECT_API_URL`` names another."""

PREFECT_URLS = ("PREFECT_SERVER_DATABASE_CONNECTION_URL", "PREFECT_API_DATABASE_CONNECTION_URL")
"""Where a user may have told Prefect to use a database of another place."""

SECRETS = ("PREFECT_SERVER_API_AUTH_STRING", "PREFECT_API_AUTH_STRING")
"""What Prefect's server asks for, and what its clients bring along."""


def prepare(settings: Settings) -> None:
    """Fill in what the user has not set: our home, loopback, quiet, and no telemetry.

    The Prefect server is that of the platform which runs for the home, if one does.

    Raises:
        SettingsError: Prefect was given another secret than ``CATHODE_AUTH``.
    """
    defaults = {
        "PREFECT_HOME": str(settings.home / "prefect"),
        "PREFECT_API_URL": addresses(settings).get("api") or api_at(settings, PREFECT_PORT),
        # Nothing leaves the machine.
        "DO_NOT_TRACK": "1",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_UI_V2_ENABLED": "false",  # the V2 pages call an outside address
        "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
        # Runs log to the server's pages; in the terminal the command speaks for itself.
        "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL",
        "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
        "MLFLOW_LOGGING_LEVEL": "WARNING",
        "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",  # where --json writes
        # A server that is down would be waited for for minutes; the next turn logs what it missed.
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
        # In memory, a crashed server would keep its slots taken.
        "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": (
            "prefect.server.concurrency.lease_storage.filesystem"
        ),
        # Any page that a browser shows could use the server otherwise.
        "PREFECT_SERVER_API_CORS_ALLOWED_ORIGINS": ",".join(_origins(settings)),
        # Every ten seconds otherwise: people wait for answers to their forms.
        "PREFECT_WORKER_QUERY_SECONDS": "2",
        **_secrets(settings),
    }
    if settings.databases is not None and not any(os.environ.get(name) for name in PREFECT_URLS):
        defaults[PREFECT_URLS[0]] = settings.databases.orchestration
    if not settings.access.local:
        # Seen from another machine, the server's pages are not at the address it calls itself.
        defaults["PREFECT_UI_API_URL"] = "/api"
    for name, value in defaults.items():
        os.environ.setdefault(name, value)


def api_at(settings: Settings, port: int) -> str:
    """Address of the API of a Prefect server of this machine."""
    return f"http://{settings.access.reachable}:{port}/api"


def mlflow_at(settings: Settings, port: int | None = None) -> str:
    """Address of the MLflow server that `cathode up` has, or of the one that is elsewhere."""
    if settings.tracked_elsewhere:
        return settings.tracking_url.rstrip("/")
    if port is None and (running := addresses(settings)):
        return str(running["mlflow"])
    return f"http://{settings.access.reachable}:{port or MLFLOW_PORT}"


def for_children(settings: Settings) -> dict[str, str]:
    """The environment of processes that work elsewhere: the same places, seen from everywhere."""
    places = {
        "CATHODE_LEDGER_URL": settings.ledger_url,
        "MLFLOW_TRACKING_URI": settings.tracking_url,
    }
    for name in ("CATHODE_AUTH_FILE", "CATHODE_DATABASE_URL_FILE"):
        places[name] = str(Path(os.environ.get(name, "")).resolve())
    given = {name: value for name, value in places.items() if os.environ.get(name)}
    return os.environ | {"CATHODE_HOME": str(settings.home)} | given


def origins(names: Iterable[str], port: int) -> list[str]:
    """Where pages come from that are served by hosts of these names, with the port or without."""
    hosts = dict.fromkeys(each for name in names for each in (name, f"{name}:{port}"))
    return [f"{scheme}://{host}" for host in hosts for scheme in ("http", "https")]


def _origins(settings: Settings) -> list[str]:
    """Where pages come from that may use the Prefect server."""
    try:
        port = urlsplit(os.environ.get("PREFECT_API_URL", "")).port or PREFECT_PORT
    except ValueError:  # whoever uses the address says so
        port = PREFECT_PORT
    access = settings.access
    return origins(["127.0.0.1", "localhost", access.reachable, *access.allowed_hosts], port)


def _secrets(settings: Settings) -> dict[str, str]:
    access = settings.access
    if access.auth is None or access.credentials is None:
        return {}
    for name in SECRETS:
        if os.environ.get(name) not in (None, access.auth):
            msg = f"{name} is set to another secret than CATHODE_AUTH: unset it"
            raise SettingsError(msg)
    user, password = access.credentials
    mlflow = {"MLFLOW_TRACKING_USERNAME": user, "MLFLOW_TRACKING_PASSWORD": password}
    return dict.fromkeys(SECRETS, access.auth) | mlflow
