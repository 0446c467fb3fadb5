"""One lock per campaign, freed at once when its holder is dead."""

import os
import socket
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import timedelta
from typing import Any

import psutil
from sqlalchemy import Row, select

from cathode.errors import CampaignLockedError
from cathode.ledger.database import Ledger, now
from cathode.ledger.tables import locks

LEASE = timedelta(seconds=120)
"""A lock held on another machine counts as abandoned when not renewed for this long."""

RENEWAL_SECONDS = 20.0

_held: ContextVar[frozenset[str]] = ContextVar("held", default=frozenset())
"""Campaigns whose lock this thread of work holds: it may enter again."""


@contextmanager
def lock(ledger: Ledger, campaign: str) -> Iterator[None]:
    """Hold a campaign's lock; the same thread of work may enter twice.

    Raises:
        CampaignLockedError: another process, or another thread of work, holds it.
    """
    if campaign in _held.get():
        yield
        return
    holder = uuid.uuid4().hex
    _acquire(ledger, campaign, holder)
    stop = threading.Event()
    renewal = threading.Thread(
        target=_renew, args=(ledger, campaign, holder, stop), name=f"lock-{campaign}", daemon=True
    )
    renewal.start()
    token = _held.set(_held.get() | {campaign})
    try:
        yield
    finally:
        _held.reset(token)
        stop.set()
        renewal.join()
        with ledger.write() as connection:
            connection.execute(
                locks.delete().where(locks.c.campaign == campaign, locks.c.holder == holder)
            )


def holder_of(ledger: Ledger, campaign: str) -> str | None:
    """Who holds a campaign's lock in words, None if nobody living does."""
    with ledger.read() as connection:
        row = connection.execute(select(locks).where(locks.c.campaign == campaign)).one_or_none()
    return None if row is None or _abandoned(row) else _in_words(row)


def _acquire(ledger: Ledger, campaign: str, holder: str) -> None:
    own = {
        "campaign": campaign,
        "holder": holder,
        "host": socket.gethostname(),
        "pid": os.getpid(),
        "process_started": psutil.Process().create_time(),
        "acquired_at": now(),
        "renewed_at": now(),
    }
    with ledger.write() as connection:
        query = select(locks).where(locks.c.campaign == campaign).with_for_update()
        row = connection.execute(query).one_or_none()
        if row is None:
            connection.execute(locks.insert().values(own))
        elif _abandoned(row):
            connection.execute(locks.update().where(locks.c.campaign == campaign).values(own))
        else:
            msg = (
                f"campaign {campaign!r} is locked by {_in_words(row)}: "
                "wait for it to end, or stop it"
            )
            raise CampaignLockedError(msg)


def _renew(ledger: Ledger, campaign: str, holder: str, stop: threading.Event) -> None:
    while not stop.wait(RENEWAL_SECONDS):
        with ledger.write() as connection:
            connection.execute(
                locks.update()
                .where(locks.c.campaign == campaign, locks.c.holder == holder)
                .values(renewed_at=now())
            )


def _abandoned(row: Row[Any]) -> bool:
    if row.host != socket.gethostname():
        return bool(now() - row.renewed_at > LEASE)
    try:
        # A process id is used again some day; its start tells the two apart.
        return bool(abs(psutil.Process(row.pid).create_time() - row.process_started) > 1)
    except psutil.NoSuchProcess:
        return True


def _in_words(row: Row[Any]) -> str:
    return f"process {row.pid} on {row.host} since {row.acquired_at:%Y-%m-%d %H:%M} UTC"
