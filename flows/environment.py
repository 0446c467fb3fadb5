"""What Prefect and MLflow read from the environment; set before either is imported."""

import os

from cathode.settings import Settings

DEFAULT_API = "http://127.0.0.1:4200/api"
"""Address of the local Prefect server, unless ``PREFECT_API_URL`` names another."""


def prepare(settings: Settings) -> None:
    """Fill in what the user has not set: our home, loopback, quiet, and no telemetry."""
    defaults = {
        "PREFECT_HOME": str(settings.home / "prefect"),
        "PREFECT_API_URL": DEFAULT_API,
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
        # In memory, a crashed server would keep its slots taken.
        "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": (
            "prefect.server.concurrency.lease_storage.filesystem"
        ),
    }
    for name, value in defaults.items():
        os.environ.setdefault(name, value)
