"""PostgreSQL's own programs, chosen by their version; what they need goes by the environment."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from cathode.errors import BackupError
from cathode.urls import without_password
from flows.postgres import connected, parameters

PLACES = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql*/bin")

VARIABLES = {
    "host": "PGHOST",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "dbname": "PGDATABASE",
    "sslmode": "PGSSLMODE",
}


def dump(url: str, file: Path) -> None:
    """Write a database into a file, as it is at one moment.

    Raises:
        BackupError: there is no `pg_dump` for it, or it failed.
        ServiceError: the database cannot be reached.
    """
    _run("pg_dump", url, ["--format=custom", "--no-owner", "--no-privileges", f"--file={file}"])


def load(url: str, file: Path) -> None:
    """Make an empty database what a file says, or leave it empty.

    Raises:
        BackupError: there is no `pg_restore` for it, or it failed.
        ServiceError: the database cannot be reached.
    """
    options = ["--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction"]
    name = str(parameters(url)["dbname"])
    _run("pg_restore", url, [*options, f"--dbname={name}", str(file)])


def tables(url: str) -> list[str]:
    """Tables of a database.

    Raises:
        ServiceError: it cannot be reached.
    """
    query = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
    with connected(url) as connection:
        return [str(name) for (name,) in connection.execute(query)]


def empty(url: str) -> None:
    """Take everything out of a database.

    Raises:
        ServiceError: it cannot be reached.
    """
    with connected(url) as connection, connection.transaction():
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")


def tool(name: str, least: int) -> Path:
    """The oldest of the installed programs of a name that knows servers of a version.

    Raises:
        BackupError: there is none.
    """
    found = {major: path for path in _installed(name) if (major := _major(path)) >= least}
    if not found:
        msg = f"PostgreSQL {least} is copied by its own {name}, of version {least} or later, and "
        raise BackupError(f"{msg}there is none here: install postgresql-client-{least}")
    return found[min(found)]


def _installed(name: str) -> Iterator[Path]:
    if found := shutil.which(name):
        yield Path(found)
    for pattern in PLACES:
        yield from Path("/").glob(f"{pattern.lstrip('/')}/{name}")


def _major(program: Path) -> int:
    done = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    found = re.search(r"(\d+)(?:\.\d+)*", done.stdout)
    return int(found.group(1)) if done.returncode == 0 and found else 0


def _run(name: str, url: str, options: list[str]) -> None:
    with connected(url) as connection:
        program = tool(name, connection.info.server_version // 10000)
    given = parameters(url)
    environment = {VARIABLES[key]: str(value) for key, value in given.items() if key in VARIABLES}
    done = subprocess.run(
        [program, *options],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        problem = " ".join(done.stderr.split())[:300]
        msg = f"{name} failed for {without_password(url)} ({problem}): nothing was kept"
        raise BackupError(msg)
