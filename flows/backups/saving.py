"""Make a backup while the platform runs.

What is derived from the ledger is copied first: MLflow may then lack a turn that the ledger has,
which the next turn logs, but has none that the ledger does not know.
"""

import errno
import hashlib
import io
import os
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from cathode.errors import BackupError
from cathode.files import whole_file
from cathode.ledger import Ledger, campaigns
from cathode.ledger.health import revision_of
from cathode.settings import Settings
from cathode.urls import without_password
from flows.backups.manifest import DATABASES, FILES, NAME, Manifest, copied
from flows.backups.places import LEDGER, databases, file_of, files

SMALL = 1 << 24
"""Bytes of a file that are held in memory."""


class Hashed(io.RawIOBase):
    """A file that hashes what is read of it."""

    def __init__(self, file: IO[bytes]) -> None:
        super().__init__()
        self._file, self._hash = file, hashlib.sha256()

    def read(self, size: int = -1, /) -> bytes:
        """Read, and hash it."""
        chunk = self._file.read(size)
        self._hash.update(chunk)
        return chunk

    @property
    def digest(self) -> str:
        """SHA-256 of what has been read."""
        return self._hash.hexdigest()


@dataclass(frozen=True)
class Saved:
    """What a backup holds.

    Attributes:
        file: the backup.
        bytes: its size.
        databases: names of the databases in it.
        files: how many files of the home.
        outside: files that campaigns name and that lie outside the home; they are not in it.
    """

    file: Path
    bytes: int
    databases: tuple[str, ...]
    files: int
    outside: tuple[str, ...]


def save(settings: Settings, file: Path, *, force: bool = False) -> Saved:
    """Copy the ledger, the databases of MLflow and Prefect, and the files of the home.

    Args:
        settings: what to copy.
        file: where to; it appears whole or not at all, and nobody else may read it.
        force: whether to replace a file that is there.

    Raises:
        BackupError: there is nothing to copy, a database is damaged, the file is there, or its
            disk is full.
    """
    if file.exists() and not force:
        raise BackupError(f"{file} is there already: give another name, or --force to replace it")
    found = {name: url for name, url in databases(settings).items() if _exists(url)}
    if LEDGER not in found:
        msg = f"there is no ledger at {without_password(settings.ledger_url)}, and so nothing to"
        raise BackupError(f"{msg} back up: set CATHODE_HOME to another home")
    try:
        with whole_file(file) as out:
            os.fchmod(out.fileno(), 0o600)
            with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
                members = _fill(archive, settings, found, file)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        raise BackupError(f"the disk of {file} or of temporary files is full: make room") from error
    return Saved(
        file=file,
        bytes=file.stat().st_size,
        databases=tuple(found),
        files=sum(name.startswith(f"{FILES}/") for name in members),
        outside=tuple(_outside(settings)),
    )


def _fill(
    archive: tarfile.TarFile, settings: Settings, found: dict[str, str], file: Path
) -> dict[str, str]:
    """Fill an archive; returns the hashes of its members."""
    members: dict[str, str] = {}
    with tempfile.TemporaryDirectory(prefix="cathode-backup-") as folder:
        for name, url in found.items():
            if name == LEDGER:  # after all that is derived from it
                for each in files(settings):
                    if each != file:
                        _add_file(archive, each, settings.home, members)
            _add_database(archive, name, url, Path(folder), members)
    manifest = Manifest(
        made_at=datetime.now(UTC).isoformat(timespec="seconds"),
        home=str(settings.home),
        revision=revision_of(settings.ledger_url),
        kinds={name: kind_of(url) for name, url in found.items()},
        members=members,
    )
    _add(archive, NAME, io.BytesIO(manifest.to_json()))
    return members


def kind_of(url: str) -> str:
    """What keeps a database."""
    return "sqlite" if file_of(url) is not None else "postgresql"


def _exists(url: str) -> bool:
    file = file_of(url)
    if file is not None:
        return file.exists()
    from flows.postgres_tools import tables

    return bool(tables(url))


def _add_database(
    archive: tarfile.TarFile, name: str, url: str, folder: Path, members: dict[str, str]
) -> None:
    source = file_of(url)
    copy = folder / (f"{name}.db" if source is not None else f"{name}.dump")
    if source is not None:
        snapshot(source, copy)
    else:
        from flows.postgres_tools import dump

        dump(url, copy)
    with copy.open("rb") as content:
        members[f"{DATABASES}/{copy.name}"] = _add(archive, f"{DATABASES}/{copy.name}", content)
    copy.unlink()


def snapshot(source: Path, target: Path) -> None:
    """Copy a SQLite database as it is at one moment, whoever writes to it.

    Raises:
        BackupError: it is damaged, or no SQLite database.
    """
    try:
        with (
            closing(sqlite3.connect(f"{source.as_uri()}?mode=ro", uri=True, timeout=60)) as live,
            closing(sqlite3.connect(target)) as copy,
        ):
            live.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")  # all of it in one file
            (verdict,) = copy.execute("PRAGMA quick_check").fetchone()
    except sqlite3.DatabaseError as error:
        verdict = str(error)
    if verdict != "ok":
        msg = f"{source} is damaged ({verdict}): keep the last good backup"
        raise BackupError(f"{msg}, and see `cathode doctor`")


def _add_file(archive: tarfile.TarFile, file: Path, home: Path, members: dict[str, str]) -> None:
    name = f"{FILES}/{file.relative_to(home).as_posix()}"
    try:
        # Held apart while it is read: others may write to it, and its size has to be known.
        with file.open("rb") as source, tempfile.SpooledTemporaryFile(SMALL) as content:
            copied(source, content)
            content.seek(0)
            members[name] = _add(archive, name, content)
    except FileNotFoundError:  # gone since it was listed
        return


def _add(archive: tarfile.TarFile, name: str, content: IO[bytes]) -> str:
    """Add a member; returns the SHA-256 of its content."""
    content.seek(0, os.SEEK_END)
    member = tarfile.TarInfo(name)
    member.size, member.mode = content.tell(), 0o600
    member.mtime = int(datetime.now(UTC).timestamp())
    content.seek(0)
    hashed = Hashed(content)
    archive.addfile(member, hashed)
    return hashed.digest


def _outside(settings: Settings) -> Iterator[str]:
    """Files that campaigns name and that a backup of the home does not hold."""
    ledger = Ledger.open(settings.ledger_url, upgrade=False)
    with ledger.read() as connection:
        found = campaigns.contents(connection)
    ledger.close()
    for path in sorted(set(_paths(found))):
        if not path.is_relative_to(settings.home):
            yield str(path)


def _paths(content: Any) -> Iterator[Path]:
    if isinstance(content, dict):
        for key, value in content.items():
            if key in ("path", "table", "file", "pretrained") and isinstance(value, str):
                yield Path(value)
            else:
                yield from _paths(value)
    elif isinstance(content, list):
        for each in content:
            yield from _paths(each)
