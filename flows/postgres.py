"""Databases on a PostgreSQL server: made where they are missing, filled by one at a time."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from typing import TYPE_CHECKING

from cathode.errors import ServiceError
from cathode.settings import Settings
from cathode.urls import without_password

if TYPE_CHECKING:
    import psycopg
    from sqlalchemy.engine import URL

MAINTENANCE = ("postgres", "template1")
"""Databases that every server has, from which others are made."""

FILLING = 4712
"""Number of the lock of whoever fills a database with MLflow's tables."""

CONNECT_SECONDS = 10


def ensure_databases(settings: Settings) -> None:
    """Make the platform's databases on the server of ``CATHODE_DATABASE_URL``, where it is set.

    Raises:
        ServiceError: the server does not answer, or one is missing and may not be made.
    """
    if settings.databases is None:
        return
    found = settings.databases
    for url in (found.ledger, found.tracking, found.orchestration):
        _ensure(url)


@cache
def ensure_mlflow_tables(url: str) -> None:
    """Fill an empty database with MLflow's tables, one process at a time.

    Two that do it at once leave behind what is of no use to either.
    """
    with connected(url) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (FILLING,))
        # The last table of its migrations' own bookkeeping: there once they are through.
        row = connection.execute("SELECT to_regclass('alembic_version')").fetchone()
        if row is not None and row[0] is not None:
            return
        from mlflow.tracking import MlflowClient

        MlflowClient(url).search_experiments(max_results=1)


@contextmanager
def connected(url: str) -> Iterator["psycopg.Connection[tuple[object, ...]]"]:
    """A connection that commits each statement by itself.

    Raises:
        ServiceError: the database cannot be reached.
    """
    import psycopg

    try:
        connection = psycopg.connect(
            **parameters(url), autocommit=True, connect_timeout=CONNECT_SECONDS
        )
    except psycopg.OperationalError as error:
        raise ServiceError(f"{_cannot(url, error)}: see that it runs, and check the URL") from error
    try:
        yield connection
    finally:
        connection.close()


def _ensure(url: str) -> None:
    import psycopg

    try:
        with connected(url):
            return
    except ServiceError as error:
        if not isinstance(error.__cause__, psycopg.OperationalError) or not _missing(url):
            raise
    name = _parsed(url).database
    with _maintenance(url) as connection:
        try:
            connection.execute(f'CREATE DATABASE "{name}"')
        except (psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
            return  # somebody else made it meanwhile
        except psycopg.Error as error:
            msg = (
                f"{_cannot(url, error)}, and the platform needs it: have its administrator run "
                f"CREATE DATABASE {name} OWNER {_parsed(url).username}"
            )
            raise ServiceError(msg) from error


def _missing(url: str) -> bool:
    """Whether the server answers, and has no such database."""
    with _maintenance(url) as connection:
        query = "SELECT 1 FROM pg_database WHERE datname = %s"
        return connection.execute(query, (_parsed(url).database,)).fetchone() is None


@contextmanager
def _maintenance(url: str) -> Iterator["psycopg.Connection[tuple[object, ...]]"]:
    """A connection to the first of the databases that every server has.

    Raises:
        ServiceError: none of them can be reached.
    """
    others = [_parsed(url).set(database=name) for name in MAINTENANCE]
    with ExitStack() as stack:
        for last, other in enumerate(others, 1 - len(others)):
            try:
                address = other.render_as_string(hide_password=False)
                connection = stack.enter_context(connected(address))
                break
            except ServiceError:
                if last == 0:
                    raise
        yield connection


def _parsed(url: str) -> "URL":
    from sqlalchemy.engine import make_url

    return make_url(url)


def parameters(url: str) -> dict[str, object]:
    """What libpq has to be told to reach a database, whatever driver its address names."""
    parsed = _parsed(url)
    query = {{"ssl": "sslmode"}.get(key, key): value for key, value in parsed.query.items()}
    found = {
        "host": parsed.host,
        "port": parsed.port,
        "user": parsed.username,
        "password": parsed.password,
        "dbname": parsed.database,
        **query,
    }
    return {key: value for key, value in found.items() if value is not None}


def _cannot(url: str, error: Exception) -> str:
    problem = " ".join(str(error).split())
    return f"the database {without_password(url)} cannot be opened or made ({problem})"
