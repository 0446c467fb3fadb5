"""Where the platform keeps its files; read from the environment, never from a file of its own."""

import os
from dataclasses import dataclass, field
from pathlib import Path

import cathode
from cathode.access import Access, secret
from cathode.errors import SettingsError
from cathode.urls import SQLITE, Databases, absolute, databases_at

PROCESSES, DASK = "processes", "dask://"
"""Where work is done side by side."""

REPOSITORY = Path(cathode.__file__).resolve().parents[1]


@dataclass(frozen=True)
class Settings:
    """Places and sizes that differ between machines.

    Attributes:
        home: folder of everything written (``CATHODE_HOME``; ``cathode-home`` in the
            repository by default, so that it does not depend on where a command is run).
        ledger_url: SQLAlchemy URL of the ledger (``CATHODE_LEDGER_URL``; SQLite in ``home``).
        tracking_url: where MLflow keeps its runs (``MLFLOW_TRACKING_URI``; SQLite in ``home``).
        workers: processes that evaluate (``CATHODE_WORKERS``; one per core).
        access: where servers listen, and who may use them.
        databases: those on the PostgreSQL server of ``CATHODE_DATABASE_URL``, which the URLs above
            follow where they are not set themselves; None without such a server.
        runner: where they run (``CATHODE_RUNNER``): ``processes`` of this machine, or
            ``dask://HOST:PORT``.
    """

    home: Path
    # Addresses of databases have passwords in them.
    ledger_url: str = field(repr=False)
    tracking_url: str = field(repr=False)
    workers: int
    access: Access = field(default_factory=Access)
    databases: Databases | None = field(default=None, repr=False)
    runner: str = PROCESSES

    @classmethod
    def at(cls, home: Path, workers: int = 1, access: Access | None = None) -> "Settings":
        """Everything in one folder; nothing is created."""
        ledger, tracking = (f"{SQLITE}{home / name}" for name in ("ledger.db", "mlflow.db"))
        return cls(home, ledger, tracking, workers, access or Access())

    @classmethod
    def from_environment(cls) -> "Settings":
        """Read the settings; nothing is created.

        Raises:
            SettingsError: a variable says something that cannot be.
        """
        home = Path(os.environ.get("CATHODE_HOME") or REPOSITORY / "cathode-home").resolve()
        default = cls.at(home, os.cpu_count() or 1)
        server = secret("CATHODE_DATABASE_URL")
        databases = databases_at(server) if server else None
        ledger = databases.ledger if databases else default.ledger_url
        tracking = databases.tracking if databases else default.tracking_url
        return cls(
            home=home,
            ledger_url=absolute(os.environ.get("CATHODE_LEDGER_URL") or ledger),
            tracking_url=absolute(os.environ.get("MLFLOW_TRACKING_URI") or tracking),
            workers=_whole_number("CATHODE_WORKERS", default.workers),
            access=Access.from_environment(),
            databases=databases,
            runner=_runner(os.environ.get("CATHODE_RUNNER") or PROCESSES),
        )

    @property
    def inbox(self) -> Path:
        """Folder in which people name tables to be read."""
        return self.home / "inbox"

    @property
    def logs(self) -> Path:
        """Folder in which services write what they have to say."""
        return self.home / "logs"

    @property
    def artifacts(self) -> Path:
        """Folder of the files of MLflow's runs."""
        return self.home / "mlartifacts"

    @property
    def tracked_elsewhere(self) -> bool:
        """Whether a server that is not ours keeps MLflow's runs."""
        return self.tracking_url.startswith(("http://", "https://"))

    @property
    def cache(self) -> Path:
        """Folder of evaluators' kept results."""
        return self.home / "cache"

    def report(self, campaign: str) -> Path:
        """File of a campaign's report."""
        return self.home / "reports" / f"{campaign}.html"


def _runner(text: str) -> str:
    host, _, port = text.removeprefix(DASK).rpartition(":")
    if text == PROCESSES or (text.startswith(DASK) and host and port.isdecimal()):
        return text
    msg = f"CATHODE_RUNNER={text!r}: write {PROCESSES}, or {DASK}HOST:PORT of a Dask scheduler"
    raise SettingsError(msg)


def _whole_number(name: str, default: int) -> int:
    text = os.environ.get(name) or str(default)
    if not text.isdecimal() or int(text) < 1:
        msg = f"{name}={text!r}: write a whole number of at least 1, or unset it"
        raise SettingsError(msg)
    return int(text)
