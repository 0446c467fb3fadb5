"""What a backup says of itself, and what its members may be called."""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import PurePosixPath
from typing import BinaryIO

from cathode.errors import BackupError

NAME = "manifest.json"

FORMAT = 1

FILES, DATABASES = "home", "databases"
"""Folders of an archive: files of the home, and the databases, wherever they are kept."""

CHUNK = 1 << 20

PACKAGES = ("cathode", "mlflow", "prefect")


@dataclass(frozen=True)
class Manifest:
    """What is in a backup.

    Attributes:
        made_at: when, in UTC.
        home: folder that its files were in.
        revision: version of the ledger's tables; None where there was no ledger.
        kinds: ``sqlite`` or ``postgresql``, by name of a database.
        members: SHA-256 by name of a member.
        versions: of the packages that wrote the databases.
        format: of the archive.
    """

    made_at: str
    home: str
    revision: str | None
    kinds: dict[str, str]
    members: dict[str, str]
    versions: dict[str, str] = field(
        default_factory=lambda: {each: version(each) for each in PACKAGES}
    )
    format: int = FORMAT

    def to_json(self) -> bytes:
        """For the archive."""
        return json.dumps(asdict(self), indent=2).encode()

    @classmethod
    def from_json(cls, text: bytes, origin: str) -> "Manifest":
        """Read it.

        Raises:
            BackupError: it is none, or of a format that this code does not know.
        """
        try:
            content = json.loads(text)
            if content["format"] != FORMAT:
                msg = f"{origin} has format {content['format']!r}, and this code knows {FORMAT}"
                raise BackupError(f"{msg}: restore it with the version that made it")
            found = cls(**content)
            for name in found.members:
                safe(name, origin)
        except (ValueError, TypeError, KeyError) as error:
            raise BackupError(f"{origin} is no backup of cathode: its {NAME} is odd") from error
        return found


def safe(name: str, origin: str) -> PurePosixPath:
    """The path of a member, which stays below the folders of an archive.

    Raises:
        BackupError: it leads elsewhere.
    """
    path = PurePosixPath(name)
    odd = path.is_absolute() or ".." in path.parts or "\\" in name or "\0" in name
    if odd or str(path) != name or len(path.parts) < 2 or path.parts[0] not in (FILES, DATABASES):  # noqa: PLR2004
        msg = f"{origin} has a member {name!r}, which leads out of the home: it was tampered with"
        raise BackupError(f"{msg}, and nothing of it is used")
    return path


def copied(source: BinaryIO, target: BinaryIO) -> str:
    """Copy to the end; returns the SHA-256."""
    digest = hashlib.sha256()
    while chunk := source.read(CHUNK):
        digest.update(chunk)
        target.write(chunk)
    return digest.hexdigest()
