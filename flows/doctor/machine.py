"""The machine: versions, places, rights, what leaves it, and who may come in."""

import os
import re
import tempfile
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil

from cathode.settings import REPOSITORY, Settings
from flows.doctor.findings import Finding, ok, problem, warning
from flows.mlflow_access import folder

LOCK = REPOSITORY / "requirements.lock"

VITAL = ("fastapi", "mlflow", "prefect", "SQLAlchemy")
"""Packages whose other versions are known to break servers."""

SCARCE, TOO_LITTLE = 5e9, 1e9
"""Bytes left on a disk."""

SHOWN = 3

OTHERS, WRITING = 0o077, 0o022
"""Rights of all but the owner, and those of them to write."""


def versions(_: Settings, lock: Path = LOCK) -> Iterator[Finding]:
    """Installed packages against those that were tested together."""
    lines = lock.read_text(encoding="utf-8").splitlines()
    pins = dict(found.groups() for line in lines if (found := re.match(r"^(\S+)==(\S+)$", line)))
    other, missing = {}, []
    for name, pinned in pins.items():
        try:
            installed = version(name).partition("+")[0]
        except PackageNotFoundError:
            missing.append(name)
        else:
            if installed != pinned:
                other[name] = f"{name} {installed} instead of {pinned}"
    remedy = "install what requirements.lock says (`make test` does)"
    if vital := [other[name] for name in VITAL if name in other]:
        yield problem("versions", ", ".join(vital), remedy)
    elif other or missing:
        words = [*other.values(), *(f"{name} is missing" for name in missing)]
        more = f" and {len(words) - SHOWN} more" if len(words) > SHOWN else ""
        yield warning("versions", ", ".join(words[:SHOWN]) + more, remedy)
    else:
        yield ok("versions", f"all {len(pins)} packages are those of requirements.lock")


def home(settings: Settings) -> Iterator[Finding]:
    """Whether the home can be written, and has room."""
    place = settings.home
    while not place.exists():
        place = place.parent
    try:
        with tempfile.TemporaryFile(dir=place):
            pass
    except OSError as error:
        words = f"{place} cannot be written ({error.strerror})"
        yield problem("home", words, "give it to this user, or set CATHODE_HOME")
        return
    free = psutil.disk_usage(str(place)).free
    words = f"{settings.home} can be written; {free / 1e9:.1f} GB are free"
    if free < TOO_LITTLE:
        yield problem("home", words, "make room there before a turn fails")
    elif free < SCARCE:
        yield warning("home", words, "make room there soon")
    else:
        yield ok("home", words)


def temporary(_: Settings) -> Iterator[Finding]:
    """Whether temporary files can be written, by us alone."""
    place = Path(tempfile.gettempdir())
    mine = place / f"cathode-{os.getuid()}"
    if not os.access(place, os.W_OK | os.X_OK):
        yield problem("temporary files", f"{place} cannot be written", "set TMPDIR")
    elif mine.exists() and (mine.stat().st_uid != os.getuid() or mine.stat().st_mode & WRITING):
        words = f"{mine} belongs to others, or may be written by them"
        yield problem("temporary files", words, "take it away, or set TMPDIR to your own folder")
    else:
        yield ok("temporary files", f"{place} can be written")


def telemetry(_: Settings) -> Iterator[Finding]:
    """Whether Prefect and MLflow keep to themselves what is done with them."""
    wanted = {
        "DO_NOT_TRACK": ("1", "true"),
        "MLFLOW_DISABLE_TELEMETRY": ("true", "1"),
        "PREFECT_SERVER_ANALYTICS_ENABLED": ("false", "0"),
    }
    odd = [name for name, off in wanted.items() if os.environ.get(name, "").lower() not in off]
    if odd:
        words = ", ".join(f"{name}={os.environ.get(name)!r}" for name in odd)
        yield warning("telemetry", f"{words}: what is done here is told to others", "unset it")
    else:
        yield ok("telemetry", "off")


def access(settings: Settings) -> Iterator[Finding]:
    """Where servers listen, who may use them, and who may read the secrets."""
    found = settings.access
    where = f"servers listen at {found.host}"
    asked = "a password is asked for" if found.auth else "no password is asked for"
    if found.local or found.allowed_hosts:
        yield ok("access", f"{where}; {asked}")
    else:
        words = f"{where}; {asked}; MLflow answers to private addresses alone"
        remedy = "name the host in CATHODE_ALLOWED_HOSTS, and have a proxy add TLS"
        yield warning("access", words, remedy)
    named = [os.environ.get(f"{name}_FILE") for name in ("CATHODE_AUTH", "CATHODE_DATABASE_URL")]
    own = [folder(settings) / "access.ini", folder(settings) / "secret.key"]
    for file in (*(Path(each) for each in named if each), *own):
        if file.exists() and file.stat().st_mode & OTHERS:
            words = f"{file} may be read by others"
            yield warning("secrets", words, f"chmod 600 {file}")
