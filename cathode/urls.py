"""Addresses of databases: the three that follow from one, and how an address may be shown."""

import re
from dataclasses import dataclass
from pathlib import Path

from cathode.errors import SettingsError

SQLITE = "sqlite:///"

EXAMPLE = "postgresql+psycopg://USER:PASSWORD@HOST:5432"

PASSWORD = re.compile(r"(?<=://)([^/@]*?):[^/]*@")
"""User and password of an address, up to the host."""


@dataclass(frozen=True)
class Databases:
    """Databases of one PostgreSQL server, with the drivers that each part brings along.

    Attributes:
        ledger: of the ledger.
        tracking: of MLflow.
        orchestration: of the Prefect server.
    """

    ledger: str
    tracking: str
    orchestration: str


def without_password(url: str) -> str:
    """An address as it may be shown and logged."""
    return PASSWORD.sub(r"\1:***@", url)


def absolute(url: str) -> str:
    """The address of a SQLite file seen from everywhere; every other address as it is."""
    place = url.removeprefix(SQLITE)
    if place == url or place.startswith(":memory:") or not place:
        return url
    return f"{SQLITE}{Path(place).resolve()}"


def databases_at(server: str) -> Databases:
    """The platform's databases on a PostgreSQL server: ``cathode``, ``mlflow`` and ``prefect``.

    Args:
        server: ``postgresql+psycopg://USER:PASSWORD@HOST:PORT``, with ``?sslmode=…`` if need be.

    Raises:
        SettingsError: it is no such address, or names a database itself.
    """
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    shown = without_password(server)
    try:
        url = make_url(server)
        port = url.port
    except (ArgumentError, ValueError) as error:
        msg = f"CATHODE_DATABASE_URL={shown!r} is not understood: write {EXAMPLE}"
        raise SettingsError(msg) from error
    if url.drivername not in ("postgresql", "postgresql+psycopg") or not url.host:
        msg = f"CATHODE_DATABASE_URL={shown!r} is no PostgreSQL server: write {EXAMPLE}"
        raise SettingsError(msg)
    if url.database:
        msg = (
            f"CATHODE_DATABASE_URL={shown!r} names the database {url.database!r}: leave it out, "
            "for the platform has three of its own, cathode, mlflow and prefect"
        )
        raise SettingsError(msg)
    if unknown := sorted(set(url.query) - {"sslmode"}):
        msg = f"CATHODE_DATABASE_URL has the option {unknown[0]!r}: only sslmode goes for all three"
        raise SettingsError(f"{msg}; set CATHODE_LEDGER_URL and the others one by one")
    plain = url.set(drivername="postgresql+psycopg", port=port or 5432)
    mode = url.query.get("sslmode", "")
    # asyncpg calls the same option by another name.
    asynchronous = plain.set(
        drivername="postgresql+asyncpg", query=dict.fromkeys(["ssl"][: len(url.query)], mode)
    )

    def of(base: object, name: str) -> str:
        assert isinstance(base, type(url))  # noqa: S101 - what make_url gave
        return base.set(database=name).render_as_string(hide_password=False)

    return Databases(of(plain, "cathode"), of(plain, "mlflow"), of(asynchronous, "prefect"))
