"""Commands that run beside a process, end with it, and are started again when they die.

Each runs under a guard of its own (``python -m flows.services PARENT -- COMMAND``), which ends
the command and all that came of it when the parent is gone, for whatever reason.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import psutil

from flows.linux import adopt_orphans, follow

POLL_SECONDS = 0.3

STOP_SECONDS = 6.0
"""How long a command may take to end by itself when it is told to."""

LEAVE_SECONDS = 2.0
"""How long what it leaves behind may take, then."""

REAP_SECONDS = 5.0

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
"""Before a command that died is started again; each time twice as long (s)."""

STEADY_SECONDS = 60.0
"""After so long a command that dies does so for a new reason."""

LARGEST_LOG = 20_000_000
"""Bytes; a larger log is put aside at the next start, in place of the one before."""


class Service:
    """A command under a guard.

    Args:
        name: what people call it.
        command: what to run.
        log: file for what it says.
        environment: of the command.
    """

    def __init__(
        self, name: str, command: Sequence[str], log: Path, environment: dict[str, str]
    ) -> None:
        self.name, self.log = name, log
        self._command, self._environment = list(command), environment
        self._guard: subprocess.Popen[bytes] | None = None
        self._started_at = 0.0
        self._pause = FIRST_PAUSE
        self._due: float | None = None

    @property
    def pid(self) -> int | None:
        """Process id of the guard, and of the group that it leads; None while there is none."""
        return None if self._guard is None else self._guard.pid

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._guard is not None and self._guard.poll() is None

    def start(self) -> None:
        """Start it."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > LARGEST_LOG:
            self.log.replace(self.log.with_suffix(".old.log"))
        guard = [sys.executable, "-m", "flows.services", str(os.getpid()), "--", *self._command]
        with self.log.open("ab") as output:
            self._guard = subprocess.Popen(
                guard,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,  # Ctrl-C is for us, who tell it to stop
            )
        self._started_at, self._due = time.monotonic(), None

    def tend(self) -> str | None:
        """Start it again when it died; to be called every second or so.

        Returns:
            What there is to say, if something happened.
        """
        if self.alive:
            return None
        now = time.monotonic()
        if self._due is None:
            self._clear()
            if now - self._started_at > STEADY_SECONDS:
                self._pause = FIRST_PAUSE
            self._due, pause = now + self._pause, self._pause
            self._pause = min(2 * self._pause, LONGEST_PAUSE)
            return f"{self.name} ended by itself and is started again in {pause:.0f} s: {self.log}"
        if now >= self._due:
            self.start()
        return None

    def ask_to_stop(self) -> None:
        """Tell it to stop, without waiting."""
        if self._guard is not None:
            with contextlib.suppress(ProcessLookupError):
                self._guard.terminate()

    def wait(self, seconds: float) -> None:
        """Wait until it has stopped; what has not by then is killed."""
        if self._guard is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._guard.wait(timeout=seconds)
            self._clear()

    def last_word(self) -> str:
        """The last line of its log."""
        with contextlib.suppress(OSError):
            with self.log.open("rb") as file:
                file.seek(max(0, self.log.stat().st_size - 10_000))
                lines = file.read().decode(errors="replace").splitlines()
            for line in reversed(lines):
                if line.strip():
                    return line.strip()
        return "it left no word"

    def _clear(self) -> None:
        """Take away what is left of its group, should the guard have been killed."""
        if self._guard is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._guard.pid, signal.SIGKILL)
            self._guard.wait()


def guard(parent: int, command: Sequence[str]) -> int:
    """Run a command until it ends, the parent is gone, or this process is told to stop.

    Returns:
        The exit code of the command.
    """
    told: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, _: told.append(number))
    adopt_orphans()
    process = subprocess.Popen(command, preexec_fn=partial(follow, os.getpid()))  # noqa: PLW1509
    looked_at = time.monotonic()
    while process.poll() is None and not told and os.getppid() == parent:
        time.sleep(POLL_SECONDS)
        if time.monotonic() - looked_at > REAP_SECONDS:
            _bury(process.pid)
            looked_at = time.monotonic()
    if process.poll() is None:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=STOP_SECONDS)
    _end_all()
    return process.wait()


def _end_all() -> None:
    """End every process that came of this one, wherever it went."""
    family = psutil.Process().children(recursive=True)
    for member in family:
        with contextlib.suppress(psutil.NoSuchProcess):
            member.terminate()
    psutil.wait_procs(family, timeout=LEAVE_SECONDS)
    # Looked at again: those that were ending may have started others.
    while left := [p for p in psutil.Process().children(recursive=True) if _living(p)]:
        for member in left:
            with contextlib.suppress(psutil.NoSuchProcess):
                member.kill()
        psutil.wait_procs(left, timeout=LEAVE_SECONDS)


def _living(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    return False


def _bury(own: int) -> None:
    """Take leave of adopted processes that have ended; nobody else waits for them."""
    for child in psutil.Process().children():
        if child.pid != own and not _living(child):
            with contextlib.suppress(ChildProcessError):
                os.waitpid(child.pid, os.WNOHANG)


if __name__ == "__main__":
    separator = sys.argv.index("--")
    sys.exit(guard(int(sys.argv[separator - 1]), sys.argv[separator + 1 :]))
