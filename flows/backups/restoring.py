"""Make a platform again of a backup: all of it is checked before anything is written."""

import os
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from filelock import FileLock, Timeout
from packaging.version import Version

from cathode.errors import BackupError
from cathode.ledger import Ledger, campaigns
from cathode.ledger.health import known_revisions, revision_of
from cathode.ledger.locks import holder_of
from cathode.settings import Settings
from flows.backups.manifest import DATABASES, FILES, NAME, Manifest, copied, safe
from flows.backups.places import LEDGER, TRACKING, databases, file_of
from flows.backups.saving import kind_of

SHOWN = 3
"""Files that a refusal names."""


@dataclass(frozen=True)
class Restored:
    """What has been restored.

    Attributes:
        made_at: when the backup was made.
        databases: names of the databases.
        files: how many files of the home.
        campaigns: names of the campaigns in the ledger.
        before: version of the ledger in the backup.
        now: version that it was brought to.
        moved_from: home that the backup is of, where it is another one.
    """

    made_at: str
    databases: tuple[str, ...]
    files: int
    campaigns: tuple[str, ...]
    before: str | None
    now: str | None
    moved_from: str | None


def restore(settings: Settings, file: Path, *, force: bool = False) -> Restored:
    """Restore a backup into the home and the databases of the settings.

    Args:
        settings: where to.
        file: the backup.
        force: whether to overwrite what is there.

    Raises:
        BackupError: it is no backup, is damaged, was made by newer code or for another kind of
            database, would overwrite something, or the platform is running. Nothing is changed.
    """
    if not file.is_file():
        raise BackupError(f"there is no backup at {file}: give the path of one")
    settings.home.mkdir(parents=True, exist_ok=True)
    # Beside what it becomes, so that each file appears whole.
    with (
        _not_in_use(settings),
        tempfile.TemporaryDirectory(prefix=".restoring-", dir=settings.home) as folder,
    ):
        manifest = _unpacked(file, Path(folder))
        places = databases(settings)
        _refuse_newer(manifest, file)
        _refuse_other_kinds(manifest, places)
        targets = _targets(manifest, settings, places)
        if not force:
            _refuse_to_overwrite(targets, manifest, places)
        _put(Path(folder), targets)
        for name, kind in manifest.kinds.items():
            if kind == "postgresql":
                _load(places[name], Path(folder) / DATABASES / f"{name}.dump")
    return _brought_up_to_date(manifest, settings, places)


@contextmanager
def _not_in_use(settings: Settings) -> Iterator[None]:
    """Keep `cathode up` away, and refuse where somebody is at work.

    Raises:
        BackupError: the platform is up, or a campaign runs.
    """
    try:
        lock = FileLock(settings.home / "up.lock").acquire(timeout=0)
    except Timeout as error:
        msg = f"`cathode up` runs for {settings.home}: stop it, and restore then"
        raise BackupError(msg) from error
    with lock:
        for name, holder in _at_work(settings):
            raise BackupError(f"campaign {name!r} runs ({holder}): stop it, and restore then")
        yield


def _at_work(settings: Settings) -> Iterator[tuple[str, str]]:
    place = file_of(settings.ledger_url)
    if place is not None and not place.exists():
        return
    ledger = Ledger.open(settings.ledger_url, upgrade=False)
    try:
        with ledger.read() as connection:
            if not connection.dialect.has_table(connection, "locks"):
                return
            names = campaigns.names(connection)
        for name in names:
            if holder := holder_of(ledger, name):
                yield name, holder
    finally:
        ledger.close()


def _unpacked(file: Path, folder: Path) -> Manifest:
    """Unpack a backup into a folder, and compare every member with its hash.

    Raises:
        BackupError: it is none, or something is missing, changed, or not in its manifest.
    """
    try:
        with tarfile.open(file, "r:") as archive:
            members = {member.name: member for member in archive}
            found = members.pop(NAME, None)
            source = None if found is None else archive.extractfile(found)
            if source is None:
                raise BackupError(f"{file} is no backup of cathode: it has no {NAME}")
            manifest = Manifest.from_json(source.read(), str(file))
            if odd := sorted(set(members) ^ set(manifest.members)):
                raise BackupError(f"{file} is damaged: {odd[0]} is missing, or too many")
            for name, member in members.items():
                _unpack(archive, member, folder / safe(name, str(file)), manifest, file)
    except (tarfile.TarError, EOFError) as error:
        raise BackupError(f"{file} is no backup, or a part of one ({error})") from error
    return manifest


def _unpack(
    archive: tarfile.TarFile, member: tarfile.TarInfo, to: Path, manifest: Manifest, file: Path
) -> None:
    content = archive.extractfile(member) if member.isreg() else None
    if content is None:  # a link could lead anywhere
        msg = f"{file} has a member {member.name!r} that is no plain file: it was tampered with"
        raise BackupError(f"{msg}, and nothing of it is used")
    to.parent.mkdir(parents=True, exist_ok=True)
    with to.open("xb") as out:
        digest = copied(content, out)
    if digest != manifest.members[member.name]:
        msg = f"{file} is damaged: {member.name} is not what was saved"
        raise BackupError(f"{msg}; use another backup")


def _refuse_newer(manifest: Manifest, file: Path) -> None:
    if manifest.revision is not None and manifest.revision not in known_revisions():
        msg = f"{file} holds a ledger of version {manifest.revision}, which this code does not know"
        raise BackupError(f"{msg}: update it")
    for package, was in manifest.versions.items():
        if package != "cathode" and Version(was) > Version(version(package)):
            msg = f"{file} was made with {package} {was}, and {version(package)} is installed here"
            raise BackupError(f"{msg}: update it, for databases do not go back")


def _refuse_other_kinds(manifest: Manifest, places: dict[str, str]) -> None:
    for name, kind in manifest.kinds.items():
        if name not in places:
            msg = (
                f"the backup has MLflow's database, and MLFLOW_TRACKING_URI is a server's ({name})"
            )
            raise BackupError(f"{msg}: unset it to restore")
        if kind != kind_of(places[name]):
            have = kind_of(places[name])
            msg = f"the {name} database is saved from {kind}, and the settings say {have}"
            remedy = "set" if kind == "postgresql" else "unset"
            raise BackupError(f"{msg}: {remedy} CATHODE_DATABASE_URL, or its address, to restore")


def _targets(manifest: Manifest, settings: Settings, places: dict[str, str]) -> dict[str, Path]:
    """Where each member goes, as far as it becomes a file."""
    found = {}
    for name in manifest.members:
        path = safe(name, "the backup")
        if path.parts[0] == FILES:
            found[name] = settings.home.joinpath(*path.parts[1:])
        elif path.suffix == ".db":
            place = file_of(places[path.stem])
            assert place is not None  # noqa: S101 - of the same kind, as was looked at
            found[name] = place
    for name, target in found.items():
        _refuse_links(name, target, settings)
    return found


def _refuse_links(name: str, target: Path, settings: Settings) -> None:
    """Refuse to write through a link that leads out of the home."""
    if name.startswith(f"{FILES}/") and not target.parent.resolve().is_relative_to(
        settings.home.resolve()
    ):
        msg = f"{target} lies behind a link that leads out of {settings.home}: take the link away"
        raise BackupError(msg)


def _refuse_to_overwrite(
    targets: dict[str, Path], manifest: Manifest, places: dict[str, str]
) -> None:
    there = [str(target) for target in targets.values() if target.exists()]
    for name, kind in manifest.kinds.items():
        if kind == "postgresql":
            from flows.postgres_tools import tables

            there += [f"the {name} database" for _ in tables(places[name])[:1]]
    if there:
        more = f" and {len(there) - SHOWN} more" if len(there) > SHOWN else ""
        msg = f"restoring would overwrite {', '.join(there[:SHOWN])}{more}: restore into an empty"
        raise BackupError(f"{msg} home (CATHODE_HOME), or give --force")


def _put(folder: Path, targets: dict[str, Path]) -> None:
    # The ledger last: what is derived from it may lag behind, and must not be ahead.
    last = f"{DATABASES}/{LEDGER}.db"
    for name, target in sorted(targets.items(), key=lambda each: each[0] == last):
        target.parent.mkdir(parents=True, exist_ok=True)
        if name.startswith(f"{DATABASES}/"):
            for end in ("-wal", "-shm", "-journal"):  # of the database that was there before
                target.with_name(target.name + end).unlink(missing_ok=True)
        _move(folder / name, target)


def _move(source: Path, target: Path) -> None:
    """Move a file so that it appears whole, to another disk too."""
    try:
        source.replace(target)
    except OSError:
        part = target.with_name(f".{target.name}.part")
        with source.open("rb") as content, part.open("wb") as out:
            copied(content, out)
            out.flush()
            os.fsync(out.fileno())
        part.replace(target)


def _load(url: str, file: Path) -> None:
    from flows.postgres_tools import empty, load, tables

    if tables(url):
        empty(url)
    load(url, file)


def _brought_up_to_date(manifest: Manifest, settings: Settings, places: dict[str, str]) -> Restored:
    home = str(settings.home)
    moved = manifest.home if manifest.home != home else None
    if TRACKING in manifest.kinds:
        from flows.backups.tracking import adopt

        older = manifest.versions["mlflow"] != version("mlflow")
        adopt(places[TRACKING], Path(manifest.home), settings.home, older=older)
    ledger = Ledger.open(settings.ledger_url)
    with ledger.read() as connection:
        names = tuple(campaigns.names(connection))
    ledger.close()
    return Restored(
        made_at=manifest.made_at,
        databases=tuple(manifest.kinds),
        files=sum(name.startswith(f"{FILES}/") for name in manifest.members),
        campaigns=names,
        before=manifest.revision,
        now=revision_of(settings.ledger_url),
        moved_from=moved,
    )
