"""Where the databases of a platform are, and which files of its home are kept."""

import os
from collections.abc import Iterator
from pathlib import Path

from cathode.settings import Settings
from cathode.urls import SQLITE
from flows.environment import PREFECT_URLS
from flows.mlflow_access import book

LEDGER, TRACKING, ORCHESTRATION, USERS = "ledger", "mlflow", "prefect", "users"

PASSING = (".lock", ".log", ".part", ".pid", "-wal", "-shm", "-journal")
"""Ends of names of files that mean nothing to anybody later."""

LEFT_OUT = ("backups", "logs", "up.json", "prefect/concurrency_leases", "prefect/memo_store.toml")

SECRET = ("mlflow/access.ini", "mlflow/secret.key")
"""Made anew where they are missing: a backup holds no secrets but hashes of passwords."""


def databases(settings: Settings) -> dict[str, str]:
    """Addresses of the databases, by name.

    The ledger comes last: what is copied before it may lack what it has, but has nothing more.
    """
    found = {ORCHESTRATION: _orchestration(settings)}
    if not settings.tracked_elsewhere:
        found[TRACKING] = settings.tracking_url
    found[USERS] = f"{SQLITE}{book(settings)}"
    return found | {LEDGER: settings.ledger_url}


def file_of(url: str) -> Path | None:
    """The file of a database, None where it is on a server."""
    place = url.split("?", maxsplit=1)[0]
    for prefix in (SQLITE, "sqlite+aiosqlite:///", "sqlite+pysqlite:///"):
        if place.startswith(prefix):
            return Path(place.removeprefix(prefix))
    return None


def files(settings: Settings) -> Iterator[Path]:
    """Files of the home that are kept, in the order of their names; links are not followed."""
    kept = {file for url in databases(settings).values() if (file := file_of(url)) is not None}
    for folder, inner, names in os.walk(settings.home):
        place = Path(folder)
        inner[:] = sorted(name for name in inner if not _left_out(place / name, settings))
        for name in sorted(names):
            file = place / name
            passing = name.endswith(PASSING) or _left_out(file, settings)
            if not passing and file not in kept and file.is_file() and not file.is_symlink():
                yield file


def _left_out(path: Path, settings: Settings) -> bool:
    return path.relative_to(settings.home).as_posix() in (*LEFT_OUT, *SECRET)


def _orchestration(settings: Settings) -> str:
    for name in PREFECT_URLS:
        if url := os.environ.get(name):
            return url
    folder = os.environ.get("PREFECT_HOME") or settings.home / "prefect"
    return f"{SQLITE}{Path(folder) / 'prefect.db'}"
