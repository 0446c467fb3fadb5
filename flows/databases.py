"""The SQLite files of Prefect and MLflow, made whole or not at all.

Both make their tables by scores of migrations, which take many seconds, and a kill amid them
leaves behind what is of no use ever after. So they run on a file aside; and set-up runs them
beforehand (``python -m flows.databases``), so that a fresh home needs only a copy.
"""

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import closing
from importlib.metadata import version
from pathlib import Path

from filelock import FileLock

from cathode.settings import Settings
from cathode.urls import SQLITE
from flows.environment import PREFECT_URLS, prepare
from flows.postgres import ensure_mlflow_tables


def ensure_prefect() -> None:
    """Make the database of the Prefect server in ``PREFECT_HOME``; leave every other alone."""
    if not any(os.environ.get(name) for name in PREFECT_URLS):
        _ensure(Path(os.environ["PREFECT_HOME"]) / "prefect.db", "prefect")


def ensure_mlflow(url: str) -> None:
    """Make MLflow's database; leave every address that is no SQLite file alone."""
    if url.startswith(SQLITE):
        _ensure(Path(url.removeprefix(SQLITE)), "mlflow")


def ensure_tracking(settings: Settings) -> None:
    """Make MLflow's database, where it is ours to make.

    Raises:
        ServiceError: it is on a PostgreSQL server of ours, which cannot be reached.
    """
    if settings.databases is not None and settings.tracking_url == settings.databases.tracking:
        ensure_mlflow_tables(settings.tracking_url)
    else:
        ensure_mlflow(settings.tracking_url)


def template(package: str) -> Path:
    """An empty database of the installed version, in the environment that set-up made."""
    return Path(sys.prefix) / "share" / "cathode" / f"{package}-{version(package)}.db"


def _ensure(file: Path, package: str) -> None:
    if file.exists():
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{file}.lock"), tempfile.TemporaryDirectory(dir=file.parent) as folder:
        if file.exists():  # another run made it while we waited
            return
        part = Path(folder) / file.name
        if template(package).exists():
            shutil.copyfile(template(package), part)
        else:
            MIGRATIONS[package](part)
            with closing(sqlite3.connect(part)) as connection:
                # All of it in one file, for that alone is moved.
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        part.replace(file)


def _migrate_prefect(file: Path) -> None:
    environment = os.environ | {"PREFECT_HOME": str(file.parent)}
    environment |= dict.fromkeys(PREFECT_URLS, f"sqlite+aiosqlite:///{file}")
    command = [sys.executable, "-m", "prefect", "server", "database", "upgrade", "--yes"]
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)


def _migrate_mlflow(file: Path) -> None:
    from mlflow.tracking import MlflowClient

    MlflowClient(f"{SQLITE}{file}").search_experiments(max_results=1)


MIGRATIONS: dict[str, Callable[[Path], None]] = {
    "prefect": _migrate_prefect,
    "mlflow": _migrate_mlflow,
}


def make_templates() -> None:
    """Make both databases, to be copied into every new home."""
    for package in MIGRATIONS:
        _ensure(template(package), package)


if __name__ == "__main__":
    prepare(Settings.from_environment())
    make_templates()
