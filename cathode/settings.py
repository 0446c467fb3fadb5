"""Where the platform keeps its files; read from the environment, never from a file of its own."""

import os
from dataclasses import dataclass
from pathlib import Path

import cathode
from cathode.errors import SettingsError

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
        runner: where they run (``CATHODE_RUNNER``): ``processes`` of this machine, or
            ``dask://HOST:PORT``.
    """

    home: Path
    ledger_url: str
    tracking_url: str
    workers: int
    runner: str = PROCESSES

    @classmethod
    def at(cls, home: Path, workers: int = 1) -> "Settings":
        """Everything in one folder; nothing is created."""
        return cls(
            home, f"sqlite:///{home / 'ledger.db'}", f"sqlite:///{home / 'mlflow.db'}", workers
        )

    @classmethod
    def from_environment(cls) -> "Settings":
        """Read the settings; nothing is created.

        Raises:
            SettingsError: a variable says something that cannot be.
        """
        home = Path(os.environ.get("CATHODE_HOME") or REPOSITORY / "cathode-home").resolve()
        default = cls.at(home, os.cpu_count() or 1)
        return cls(
            home=home,
            ledger_url=os.environ.get("CATHODE_LEDGER_URL") or default.ledger_url,
            tracking_url=os.environ.get("MLFLOW_TRACKING_URI") or default.tracking_url,
            workers=_whole_number("CATHODE_WORKERS", default.workers),
            runner=_runner(os.environ.get("CATHODE_RUNNER") or PROCESSES),
        )

    @property
    def inbox(self) -> Path:
        """Folder in which people name tables to be read."""
        return self.home / "inbox"

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
