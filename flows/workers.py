"""Processes that evaluate, kept from turn to turn."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context
from typing import ClassVar

from agents.evaluators.registry import build_evaluator
from cathode.errors import ServiceError
from cathode.model import Candidate, Measurement
from cathode.protocols import Evaluator
from cathode.settings import Settings
from cathode.spec import CampaignSpec, parse_spec

ORPHAN_CHECK_SECONDS = 1.0


class WorkerPool:
    """Worker processes for one evaluator; each loads it once, potential and all."""

    def __init__(self, spec: CampaignSpec, settings: Settings) -> None:
        self._executor = ProcessPoolExecutor(
            settings.workers,
            # Forking a process that runs torch and servers would copy locks that others hold.
            mp_context=get_context("spawn"),
            initializer=_start_worker,
            initargs=(spec.model_dump(mode="json"), settings, os.getpid()),
        )
        # Ctrl-C reaches every process of a terminal; ours decides what becomes of these.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            for _ in range(settings.workers):  # starts all now, while others still import
                self._executor.submit(_nothing)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def evaluate(self, candidate: Candidate) -> tuple[Measurement, ...]:
        """Answer a candidate in one of the processes.

        Raises:
            ServiceError: a process died, for want of memory perhaps.
        """
        try:
            return self._executor.submit(_evaluate, candidate).result()
        except BrokenProcessPool as error:
            msg = (
                "an evaluating process died, for want of memory perhaps: set CATHODE_WORKERS "
                "lower and run the same command again"
            )
            raise ServiceError(msg) from error

    def close(self) -> None:
        """Kill the processes; what they were working on is given up.

        Python itself would wait for it, and has no public way not to before its version 3.14.
        """
        processes = list((self._executor._processes or {}).values())  # noqa: SLF001
        self._executor.shutdown(wait=False, cancel_futures=True)
        for process in processes:
            process.kill()


class Workers:
    """The pools of this process, one per evaluator, so that turns in a row share them."""

    _pools: ClassVar[dict[str, WorkerPool]] = {}
    _lock: ClassVar[threading.Lock] = threading.Lock()

    @classmethod
    def for_campaign(cls, spec: CampaignSpec, settings: Settings) -> WorkerPool:
        """The pool for a campaign's evaluator, started on first use."""
        key = f"{spec.evaluator!r} {spec.space!r} {settings!r}"
        with cls._lock:
            if key not in cls._pools:
                cls._pools[key] = WorkerPool(spec, settings)
            return cls._pools[key]

    @classmethod
    @contextmanager
    def open(cls) -> Iterator[None]:
        """Close all pools at the end."""
        try:
            yield
        finally:
            cls.close()

    @classmethod
    def close(cls) -> None:
        """Close all pools."""
        with cls._lock:
            while cls._pools:
                cls._pools.popitem()[1].close()

    @classmethod
    @contextmanager
    def closed_when_stopped(cls) -> Iterator[None]:
        """Close all pools when told to stop, so that nobody waits for their answers."""
        try:
            yield
        except Exception:
            raise
        except BaseException:  # Ctrl-C, or a flow run that is cancelled
            cls.close()
            raise


_evaluator: Evaluator | None = None
"""What this worker process answers with."""


def _start_worker(spec: dict[str, object], settings: Settings, parent: int) -> None:
    global _evaluator  # noqa: PLW0603 - how a process pool hands work its context
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    # One thread each: as many processes as cores work side by side.
    os.environ["OMP_NUM_THREADS"] = "1"
    import torch

    torch.set_num_threads(1)
    _evaluator = build_evaluator(parse_spec(spec, "spec"), settings.cache)
    _evaluator.prepare()


def _end_with(parent: int) -> None:
    """Follow a killed parent, which could not say good-bye."""
    while os.getppid() == parent:
        time.sleep(ORPHAN_CHECK_SECONDS)
    os._exit(1)


def _nothing() -> None:
    pass


def _evaluate(candidate: Candidate) -> tuple[Measurement, ...]:
    if _evaluator is None:
        msg = "this process was not started by a WorkerPool"
        raise RuntimeError(msg)
    return _evaluator.evaluate(candidate)
