"""A local Prefect server that lives as long as somebody uses it.

The server runs under a supervisor of its own (``python -m flows.server``), which stops it when
no user is left alive. So a killed run leaves no server behind, two runs share one, and neither
takes it away from the other.
"""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psutil
from filelock import FileLock

from cathode.errors import ServiceError, SettingsError
from cathode.settings import Settings
from flows.databases import ensure_prefect
from flows.environment import DEFAULT_API

LOOPBACK = {"127.0.0.1", "localhost", "::1"}
START_SECONDS = 120
POLL_SECONDS = 0.2
STEADY_SECONDS = 20.0
"""A server that ends sooner than this after its start could not start."""

GRACE_SECONDS = 2.0
"""How long the server waits for a new user after the last one left."""


@contextmanager
def prefect_server(settings: Settings) -> Iterator[Callable[[], None]]:
    """A Prefect server at ``PREFECT_API_URL``; started on loopback where none answers.

    Yields:
        A function that waits until the server is ready; there is time to import meanwhile. It
        raises ServiceError where the server could not be started.

    Raises:
        SettingsError: the address is none.
        ServiceError: the address is another machine's and nothing answers there, or something
            that is no Prefect server has the port.
    """
    url = os.environ["PREFECT_API_URL"]
    address, port = _parsed(url)
    if address not in LOOPBACK:
        if not answers(url):
            msg = f"no Prefect server answers at {url}: start it, or unset PREFECT_API_URL"
            raise ServiceError(msg)
        yield lambda: _wait_until_ready(url, None, settings)
        return
    users = _users_folder(port)
    me = users / _name_of(psutil.Process())
    with FileLock(users / "lock"):
        supervisor = _supervisor(users)
        if supervisor is None and not answers(url):
            if taken(port):
                msg = (
                    f"no Prefect server answers at {url}, but another program has port {port}: "
                    "choose a free one, PREFECT_API_URL=http://127.0.0.1:PORT/api"
                )
                raise ServiceError(msg)
            supervisor = _start_supervisor(settings, port, users)
        me.touch()
    try:
        yield lambda: _wait_until_ready(url, supervisor, settings)
    finally:
        me.unlink(missing_ok=True)


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
    try:
        with urllib.request.urlopen(f"{url}/health", timeout=2) as response:  # noqa: S310 - http
            return bool(response.status == 200)  # noqa: PLR2004
    except (urllib.error.URLError, OSError, ValueError):
        return False


def taken(port: int) -> bool:
    """Whether a program of this machine listens on a port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


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
    ensure_prefect()
    server, started_at = _serve(port), time.monotonic()
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
                    server, started_at = _serve(port), time.monotonic()
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


def _serve(port: int) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "prefect", "server", "start"]
    return subprocess.Popen([*command, "--host", "127.0.0.1", "--port", str(port)])


def _stop(server: "subprocess.Popen[bytes]") -> None:
    server.terminate()
    try:
        server.wait(timeout=10)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def _users_folder(port: int) -> Path:
    """A folder of this user's own on this machine, for all campaigns that share a port."""
    folder = Path(tempfile.gettempdir()) / f"cathode-{os.getuid()}" / f"prefect-{port}"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if folder.stat().st_uid != os.getuid():
        msg = f"{folder} belongs to somebody else: set TMPDIR to a folder of your own"
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
