"""How a ledger is, without changing anything in it."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, text

from cathode.ledger.database import WAIT_SECONDS, Ledger, migrations, version_of
from cathode.urls import SQLITE

SHOWN = 5
"""Defects that are told."""


@dataclass(frozen=True)
class Health:
    """How a ledger is.

    Attributes:
        revision: version of its tables; None where it has none, or is damaged.
        head: version of this code.
        pending: versions that opening it would bring it to, the first one first.
        newer: whether newer code has written it.
        damage: what its database finds wrong with itself, in its words; SQLite alone looks.
        skew_seconds: how far its database's clock is ahead of ours; None for SQLite, without one.
    """

    revision: str | None
    head: str
    pending: tuple[str, ...] = ()
    newer: bool = False
    damage: tuple[str, ...] = ()
    skew_seconds: float | None = None


def examine(url: str) -> Health:
    """Look at a ledger.

    Raises:
        LedgerError: it is missing or cannot be reached.
    """
    script = migrations()
    revisions = [revision.revision for revision in script.walk_revisions()][::-1]
    if damage := _damage(url):
        return Health(None, revisions[-1], damage=damage)
    ledger = Ledger.open(url, upgrade=False)
    try:
        with ledger.read() as connection:
            found = version_of(connection)
            skew = _skew(connection)
    finally:
        ledger.close()
    known = found in revisions
    return Health(
        revision=found,
        head=revisions[-1],
        pending=tuple(revisions[revisions.index(found) + 1 :]) if known and found else (),
        newer=found is not None and not known,
        skew_seconds=skew,
    )


def revision_of(url: str) -> str | None:
    """Version of a ledger's tables.

    Raises:
        LedgerError: it is missing or cannot be reached.
    """
    ledger = Ledger.open(url, upgrade=False)
    try:
        with ledger.read() as connection:
            return version_of(connection)
    finally:
        ledger.close()


def known_revisions() -> frozenset[str]:
    """Versions that this code can bring up to date."""
    return frozenset(revision.revision for revision in migrations().walk_revisions())


def _damage(url: str) -> tuple[str, ...]:
    file = Path(url.removeprefix(SQLITE)).absolute()
    if not url.startswith(SQLITE) or not file.exists():
        return ()
    try:
        with closing(
            sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True, timeout=WAIT_SECONDS)
        ) as connection:
            found = [row[0] for row in connection.execute(f"PRAGMA integrity_check({SHOWN})")]
            lost = [
                f"{row[0]} {row[1]} tells of {row[2]} that is gone"
                for row in connection.execute("PRAGMA foreign_key_check")
            ]
    except sqlite3.OperationalError:  # locked, or no rights: opening it says so in words
        return ()
    except sqlite3.DatabaseError as error:  # so damaged that it cannot even be checked
        return (str(error),)
    return tuple(line for line in found if line != "ok") + tuple(lost[:SHOWN])


def _skew(connection: Connection) -> float | None:
    if connection.dialect.name != "postgresql":
        return None
    before = datetime.now(UTC)
    theirs = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
    after = datetime.now(UTC)
    return float((theirs - (before + (after - before) / 2)).total_seconds())
