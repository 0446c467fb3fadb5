"""Open the ledger's database, at the version of this code."""

import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, Table, create_engine, event, inspect, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError

from cathode.errors import LedgerError, NoLedgerError
from cathode.urls import without_password

if TYPE_CHECKING:
    from alembic.script import ScriptDirectory

RETRY_SECONDS = 0.02

WAIT_SECONDS = 60
"""How long a writer waits for another one to finish."""

REMEDIES = {
    "locked": "somebody else has been writing for a minute: try again",
    "full": "make room on its disk, and try again",
    "readonly": "its file may not be written: look at its rights",
}
"""By a word of what the database says."""

REMEDY = "see that its database runs, and try again"


class Ledger:
    """The database of a group's campaigns, SQLite or PostgreSQL.

    Open it with :meth:`open`; reads and writes go through :meth:`read` and :meth:`write`, each
    one transaction.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._writer = engine.execution_options(writes=True)

    @classmethod
    def open(cls, url: str, *, create: bool = False, upgrade: bool = True) -> "Ledger":
        """Open a ledger, bringing an older one up to date.

        Args:
            url: SQLAlchemy URL.
            create: whether to make the database where it is missing.
            upgrade: whether to bring it up to date; without, it is only to be looked at.

        Raises:
            LedgerError: it is missing, cannot be reached, or was written by newer code.
        """
        try:
            parsed = make_url(url)
        except ArgumentError as error:
            msg = (
                f"ledger URL {without_password(url)!r} is not understood: write sqlite:///FILE or "
                "postgresql+psycopg://..."
            )
            raise LedgerError(msg) from error
        shown = parsed.render_as_string(hide_password=True)
        _require_file(parsed, create=create)
        try:
            ledger = cls(_engine(parsed))
        except ImportError as error:
            msg = f"no driver for the ledger at {shown} ({error}): use sqlite or postgresql+psycopg"
            raise LedgerError(msg) from error
        try:
            if upgrade:
                _bring_up_to_date(ledger._engine, shown, create=create)
            else:
                ledger._engine.connect().close()
        except LedgerError:
            ledger.close()
            raise
        except DBAPIError as error:
            ledger.close()
            problem = " ".join(str(error.orig).split())
            msg = f"cannot open the ledger at {shown} ({problem}): check CATHODE_LEDGER_URL"
            raise LedgerError(msg) from error
        return ledger

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that sees one state of the ledger."""
        with _told_in_words(), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that commits as a whole, or not at all on any exception.

        Raises:
            LedgerError: the database is locked for too long, its disk is full, or it cannot be
                reached; nothing was written.
        """
        with _told_in_words(), self._writer.begin() as connection:
            yield connection

    def close(self) -> None:
        """Give the connections back."""
        self._engine.dispose()


@contextmanager
def _told_in_words() -> Iterator[None]:
    """Say what an operating database cannot do; a defect of ours stays one.

    Raises:
        LedgerError: what it was, and that nothing was written.
    """
    try:
        yield
    except OperationalError as error:
        problem = " ".join(str(error.orig).split())
        remedy = next((each for word, each in REMEDIES.items() if word in problem), REMEDY)
        msg = f"the ledger could not be used ({problem}): nothing was written; {remedy}"
        raise LedgerError(msg) from error


def now() -> datetime:
    """The present, as the ledger records it."""
    return datetime.now(UTC)


def insert_new(
    connection: Connection, table: Table, key: str, rows: Sequence[dict[str, Any]]
) -> int:
    """Insert rows, leaving out those whose ``key`` column holds a value that is there already.

    Returns:
        How many were new.
    """
    if connection.dialect.name == "postgresql":  # loading both takes longer than most commands
        from sqlalchemy.dialects.postgresql import insert
    else:
        from sqlalchemy.dialects.sqlite import insert  # type: ignore[assignment]
    added = 0
    for row in rows:
        statement = insert(table).values(row)
        quiet = statement.on_conflict_do_nothing(index_elements=[key])
        # Asked for by RETURNING, as drivers do not count inserted rows reliably.
        added += connection.execute(quiet.returning(table.c[key])).first() is not None
    return added


def _require_file(url: URL, *, create: bool) -> None:
    """Refuse a missing SQLite file before SQLite makes an empty one."""
    if url.get_backend_name() != "sqlite":
        return
    if not url.database or url.database == ":memory:":
        msg = "a ledger in memory would be lost: write sqlite:///FILE"
        raise LedgerError(msg)
    file = Path(url.database)
    if not file.exists():
        if not create:
            msg = f"there is no ledger at {file}: `cathode run SPEC` makes one"
            raise NoLedgerError(msg)
        file.parent.mkdir(parents=True, exist_ok=True)


def _write_ahead(connection: Any) -> None:
    """Have a SQLite file written ahead; SQLite does not wait for others who do the same."""
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(RETRY_SECONDS)
        else:
            return


def _engine(url: URL) -> Engine:
    if url.get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True)
    engine = create_engine(url, connect_args={"timeout": WAIT_SECONDS})

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # transactions are begun below, not by the driver
        _write_ahead(connection)
        for pragma in ("foreign_keys=ON", "synchronous=FULL"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # A writer takes its place at once: a reader that turns writer can only be refused.
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


_migrating = threading.Lock()
"""Alembic keeps its context in module globals: one migration at a time in a process."""


MIGRATIONS = Path(__file__).parent / "migrations"


def newest_version() -> str:
    """The latest version of this code, by the names of its files: loading Alembic takes longer."""
    return max(file.name.partition("_")[0] for file in MIGRATIONS.glob("versions/*.py"))


def migrations() -> "ScriptDirectory":
    """The versions of the ledger that this code knows."""
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return ScriptDirectory.from_config(config)


def _bring_up_to_date(engine: Engine, shown: str, *, create: bool) -> None:
    with engine.begin() as connection:
        if version_of(connection) == newest_version():
            return
    from alembic import command
    from alembic.config import Config

    script = migrations()
    config = Config()
    config.set_main_option("script_location", script.dir)
    with _migrating, engine.execution_options(writes=True).begin() as connection:
        if engine.dialect.name == "postgresql":  # SQLite's BEGIN IMMEDIATE does the same
            connection.execute(text("SELECT pg_advisory_xact_lock(4711)"))
        # Looked at again, as others may have made it while we waited.
        found = version_of(connection)
        if found is None:
            _refuse_to_fill(connection, shown, create=create)
        elif found not in {revision.revision for revision in script.walk_revisions()}:
            msg = (
                f"the ledger at {shown} has version {found}, newer than "
                f"{script.get_current_head()} of this code: update it"
            )
            raise LedgerError(msg)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _refuse_to_fill(connection: Connection, shown: str, *, create: bool) -> None:
    """Refuse a database of somebody else's, and an empty one that we were not asked to fill."""
    foreign = sorted(inspect(connection).get_table_names())
    if foreign:
        msg = f"the database at {shown} is no ledger (it holds {foreign[0]!r}): give another URL"
        raise LedgerError(msg)
    if not create:
        msg = f"the ledger at {shown} is empty: `cathode run SPEC` fills one"
        raise NoLedgerError(msg)


def version_of(connection: Connection) -> str | None:
    """Version of a ledger's tables; None where it has none."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    version: str | None = connection.execute(
        text("SELECT version_num FROM alembic_version")
    ).scalar()
    return version
