"""A local Prefect server that lives as long as somebody uses it.

The server runs under a supervisor of its own (``python -m flows.server``), which stops it when
no user is left alive. So a killed run leaves no server behind, two runs share one, and neither
takes it away from the other.
"""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psutil
from filelock import FileLock

from cathode.access import LOOPBACK, Access
from cathode.errors import ServiceError, SettingsError
from cathode.settings import Settings
from flows.api import Refused, ask, taken, well
from flows.databases import ensure_prefect
from flows.environment import DEFAULT_API, SECRETS

START_SECONDS = 120
POLL_SECONDS = 0.2
STEADY_SECONDS = 20.0
"""A server that ends sooner than this after its start could not start."""

GRACE_SECONDS = 2.0
"""How long the server waits for a new user after the last one left."""


STOP_SECONDS = 10.0
"""How long the server may take to stop."""


@dataclass
class LocalServer:
    """A Prefect server in use.

    Attributes:
        url: of its API.
        settings: of who uses it.
        users: folder of those who use it; None where it is another machine's.
        supervisor: what keeps it running, where that is known.
    """

    url: str
    settings: Settings
    users: Path | None = None
    supervisor: psutil.Process | None = None

    def __call__(self) -> None:
        """Wait until it is ready; there is time to import meanwhile.

        Raises:
            ServiceError: it could not be started, or asks for another password than ours.
        """
        _wait_until_ready(self.url, self.supervisor, self.settings)
        if self.users is not None:
            _refuse_other_secrets(self.url, self.settings.access)

    def revive(self) -> bool:
        """Start it again where it is gone together with its supervisor; whether that was so."""
        if self.users is None or answers(self.url):
            return False
        with FileLock(self.users / "lock"):
            if _supervisor(self.users) is not None or answers(self.url):
                return False
            self.supervisor = _start_supervisor(self.settings, _parsed(self.url)[1], self.users)
        return True

    def leave(self) -> None:
        """Use it no more."""
        if self.users is not None:
            (self.users / _name_of(psutil.Process())).unlink(missing_ok=True)

    def wait_until_gone(self) -> None:
        """Wait until it has stopped, where nobody else uses it."""
        deadline = time.monotonic() + GRACE_SECONDS + STOP_SECONDS
        while self.users is not None and time.monotonic() < deadline:
            if _supervisor(self.users) is None or _living_users(self.users):
                return
            time.sleep(POLL_SECONDS)


@contextmanager
def prefect_server(settings: Settings) -> Iterator[LocalServer]:
    """A Prefect server at ``PREFECT_API_URL``; started on this machine where none answers.

    Yields:
        The server; called, it waits until it is ready.

    Raises:
        SettingsError: the address is none.
        ServiceError: the address is another machine's and nothing answers there, or something
            that is no Prefect server has the port.
    """
    url = os.environ["PREFECT_API_URL"]
    address, port = _parsed(url)
    access = settings.access
    if address not in {*LOOPBACK, access.host, access.reachable.strip("[]")}:
        if not answers(url):
            msg = f"no Prefect server answers at {url}: start it, or unset PREFECT_API_URL"
            raise ServiceError(msg)
        yield LocalServer(url, settings)
        return
    users = _users_folder(port)
    server = LocalServer(url, settings, users)
    with FileLock(users / "lock"):
        supervisor = _supervisor(users)
        if supervisor is None and not answers(url):
            if taken(port, access.reachable):
                msg = (
                    f"no Prefect server answers at {url}, but another program has port {port}: "
                    "choose a free one, PREFECT_API_URL=http://127.0.0.1:PORT/api"
                )
                raise ServiceError(msg)
            supervisor = _start_supervisor(settings, port, users)
        (users / _name_of(psutil.Process())).touch()
    server.supervisor = supervisor
    try:
        yield server
    finally:
        server.leave()


def _parsed(url: str) -> tuple[str, int]:
    """Host and port of an API."""
    parts = urlsplit(url)
    try:
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError as error:
        msg = f"PREFECT_API_URL={url!r} ({error}): write one such as {DEFAULT_API}"
        raise SettingsError(msg) from error
    return parts.hostname or "", port


def answers(url: str) -> bool:
    """Whether a Prefect server answers at the address of an API."""
    return well(f"{url}/health")


def _refuse_other_secrets(url: str, access: Access) -> None:
    """Refuse a server that was started with another password than ours, or without one.

    Raises:
        ServiceError: so it was.
    """
    if os.environ.get(SECRETS[1]) != access.auth:  # Prefect was told by its own means
        return
    place, stop = f"{url}/admin/version", "stop what started it (`cathode up`, `cathode run`)"
    try:
        ask(place, access)
    except Refused as error:
        which = "a password" if access.auth is None else "another password than CATHODE_AUTH"
        msg = f"the Prefect server at {url} asks for {which}: set CATHODE_AUTH to the one it was"
        raise ServiceError(f"{msg} started with, or {stop}") from error
    if access.auth is None:
        return
    with contextlib.suppress(Refused):
        ask(place, Access())
        msg = f"the Prefect server at {url} was started without CATHODE_AUTH, and asks nobody for a"
        raise ServiceError(f"{msg} password: {stop} and try again")


def log_file(settings: Settings) -> Path:
    """Where the server writes what it has to say."""
    return settings.home / "prefect" / "server.log"


def _start_supervisor(settings: Settings, port: int, users: Path) -> psutil.Process:
    log = log_file(settings)
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        # Not a Popen: it outlives us on purpose, and is not ours to wait for.
        started = os.posix_spawn(
            sys.executable,
            [sys.executable, "-m", "flows.server", str(port), str(users)],
            os.environ,
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_DUP2, output.fileno(), 1),
                (os.POSIX_SPAWN_DUP2, output.fileno(), 2),
            ],
            setsid=True,  # Ctrl-C is for the run; the server ends after it
        )
    supervisor = psutil.Process(started)
    (users / "supervisor").write_text(_name_of(supervisor))
    return supervisor


def _wait_until_ready(url: str, supervisor: psutil.Process | None, settings: Settings) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not answers(url):
        if supervisor is not None and not _running(supervisor):
            tail = _last_line(log_file(settings))
            msg = (
                f"the Prefect server for {url} ended at once ({tail}): look into "
                f"{log_file(settings)}, or choose a free port in PREFECT_API_URL"
            )
            raise ServiceError(msg)
        if time.monotonic() > deadline:
            msg = f"no Prefect server at {url} within {START_SECONDS} s: see {log_file(settings)}"
            raise ServiceError(msg)
        time.sleep(POLL_SECONDS)


def supervise(port: int, users: Path) -> None:
    """Run a Prefect server until no registered user is alive any more.

    A server that dies although it ran is started again: its users' requests are retried until
    it answers. One that cannot start is given up.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    host = Settings.from_environment().access.host
    ensure_prefect()
    server, started_at = _serve(host, port), time.monotonic()
    left_at = None
    try:
        while True:
            time.sleep(POLL_SECONDS)
            with FileLock(users / "lock"):
                if _living_users(users):
                    left_at = None
                    if server.poll() is None:
                        continue
                    if time.monotonic() - started_at < STEADY_SECONDS:
                        return
                    server, started_at = _serve(host, port), time.monotonic()
                    continue
                left_at = left_at or time.monotonic()
                if time.monotonic() - left_at < GRACE_SECONDS:
                    continue
                # Under the lock: whoever comes next finds no supervisor and starts anew.
                _stop(server)
                (users / "supervisor").unlink(missing_ok=True)
                return
    finally:
        _stop(server)


def server_command(host: str, port: int) -> list[str]:
    """What starts a Prefect server."""
    command = [sys.executable, "-m", "prefect", "server", "start"]
    return [*command, "--host", host, "--port", str(port)]


def _serve(host: str, port: int) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(server_command(host, port))


def _stop(server: "subprocess.Popen[bytes]") -> None:
    server.terminate()
    try:
        server.wait(timeout=STOP_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def _users_folder(port: int) -> Path:
    """A folder of this user's own on this machine, for all campaigns that share a port."""
    mine = Path(tempfile.gettempdir()) / f"cathode-{os.getuid()}"
    folder = mine / f"prefect-{port}"
    for each in (mine, folder):
        each.mkdir(parents=True, exist_ok=True, mode=0o700)
        if each.stat().st_uid != os.getuid():
            msg = f"{each} belongs to somebody else: set TMPDIR to a folder of your own"
            raise ServiceError(msg)
    return folder


def _name_of(process: psutil.Process) -> str:
    """Process id and start, which together are never used twice."""
    return f"{process.pid}-{process.create_time():.2f}"


def _process_named(name: str) -> psutil.Process | None:
    with contextlib.suppress(ValueError, psutil.NoSuchProcess):
        process = psutil.Process(int(name.split("-", maxsplit=1)[0]))
        if _name_of(process) == name and _running(process):
            return process
    return None


def _running(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


def _supervisor(users: Path) -> psutil.Process | None:
    with contextlib.suppress(FileNotFoundError):
        return _process_named((users / "supervisor").read_text())
    return None


def _living_users(users: Path) -> list[Path]:
    living = []
    for file in users.glob("*-*"):
        if _process_named(file.name) is None:
            file.unlink(missing_ok=True)
        else:
            living.append(file)
    return living


def _last_line(log: Path) -> str:
    with contextlib.suppress(OSError):
        lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
        if lines:
            return lines[-1].strip()
    return "it left no word"


if __name__ == "__main__":
    supervise(int(sys.argv[1]), Path(sys.argv[2]))
