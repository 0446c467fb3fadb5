"""Processes that compute: they follow a killed parent, ignore Ctrl-C, and stop when told to."""

import os
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context
from types import TracebackType
from typing import Any, Self, TypeVar

T = TypeVar("T")

ORPHAN_CHECK_SECONDS = 1.0


class Processes:
    """A pool of processes of one thread each, all started at once.

    Args:
        workers: how many.
        prepare: what each does first.
        arguments: of ``prepare``.
    """

    def __init__(
        self, workers: int, prepare: Callable[..., None] | None = None, *arguments: Any
    ) -> None:
        self._executor = ProcessPoolExecutor(
            workers,
            # Forking a process that runs torch and servers would copy locks that others hold.
            mp_context=get_context("spawn"),
            initializer=_begin,
            initargs=(os.getpid(), prepare, arguments),
        )
        # Ctrl-C reaches every process of a terminal; ours decides what becomes of these.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            for _ in range(workers):  # starts all now, while others still import
                self._executor.submit(_nothing)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def submit(self, work: Callable[..., T], *arguments: Any) -> "Future[T]":
        """Have one of the processes do something."""
        return self._executor.submit(work, *arguments)

    def close(self) -> None:
        """Kill the processes; what they were working on is given up.

        Python itself would wait for it, and has no public way not to before its version 3.14.
        """
        processes = list((self._executor._processes or {}).values())  # noqa: SLF001
        self._executor.shutdown(wait=False, cancel_futures=True)
        for process in processes:
            process.kill()

    def __enter__(self) -> Self:
        """Itself; closed at the end."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close."""
        self.close()


def _begin(parent: int, prepare: Callable[..., None] | None, arguments: tuple[Any, ...]) -> None:
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    # One thread each: as many processes as cores work side by side.
    os.environ["OMP_NUM_THREADS"] = "1"
    import torch

    torch.set_num_threads(1)
    if prepare is not None:
        prepare(*arguments)


def _end_with(parent: int) -> None:
    """Follow a killed parent, which could not say good-bye."""
    while os.getppid() == parent:
        time.sleep(ORPHAN_CHECK_SECONDS)
    os._exit(1)


def _nothing() -> None:
    pass
