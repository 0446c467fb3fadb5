"""Processes that evaluate, kept from turn to turn."""

import threading
from collections.abc import Iterator
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import ClassVar

from agents.evaluators.registry import build_evaluator
from cathode.errors import ServiceError
from cathode.model import Candidate, Measurement
from cathode.protocols import Evaluator
from cathode.settings import Settings
from cathode.spec import CampaignSpec, parse_spec
from flows.runners import open_pool


class WorkerPool:
    """Worker processes for one evaluator; each loads it once, potential and all."""

    def __init__(self, spec: CampaignSpec, settings: Settings, name: str | None = None) -> None:
        content = spec.model_dump(mode="json")
        self._processes = open_pool(settings.workers, _start_worker, content, settings, name)

    def evaluate(self, candidate: Candidate) -> tuple[Measurement, ...]:
        """Answer a candidate in one of the processes.

        Raises:
            ServiceError: a process died, for want of memory perhaps.
        """
        try:
            return self._processes.submit(_evaluate, candidate).result()
        except BrokenProcessPool as error:
            msg = (
                "an evaluating process died, for want of memory perhaps: set CATHODE_WORKERS "
                "lower and run the same command again"
            )
            raise ServiceError(msg) from error

    def close(self) -> None:
        """Kill the processes; what they were working on is given up."""
        self._processes.close()


class Workers:
    """The pools of this process, one per evaluator, so that turns in a row share them."""

    _pools: ClassVar[dict[str, WorkerPool]] = {}
    _lock: ClassVar[threading.Lock] = threading.Lock()

    @classmethod
    def for_campaign(
        cls, spec: CampaignSpec, settings: Settings, name: str | None = None
    ) -> WorkerPool:
        """The pool for an evaluator of a campaign, its own for None, started on first use."""
        key = f"{spec.evaluator_named(name)!r} {spec.space!r} {settings!r}"
        with cls._lock:
            if key not in cls._pools:
                cls._pools[key] = WorkerPool(spec, settings, name)
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


def _start_worker(spec: dict[str, object], settings: Settings, name: str | None) -> None:
    global _evaluator  # noqa: PLW0603 - how a process pool hands work its context
    _evaluator = build_evaluator(parse_spec(spec, "spec"), settings.cache, name)
    _evaluator.prepare()


def _evaluate(candidate: Candidate) -> tuple[Measurement, ...]:
    if _evaluator is None:
        msg = "this process was not started by a WorkerPool"
        raise RuntimeError(msg)
    return _evaluator.evaluate(candidate)
