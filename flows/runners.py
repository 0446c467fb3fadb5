"""Where work is done side by side: in processes of this machine, or on a Dask cluster."""

from collections.abc import Callable
from concurrent.futures import Future
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar
from uuid import uuid4

from cathode.errors import ServiceError
from cathode.settings import DASK, Settings
from flows.processes import Processes

T = TypeVar("T")

CONNECT_SECONDS = 10


class Pool(Protocol):
    """Does things side by side."""

    def submit(self, work: Callable[..., T], *arguments: Any) -> "Future[T]":
        """Have something done."""

    def close(self) -> None:
        """Give up what is not done."""

    def __enter__(self) -> Self:
        """Itself; closed at the end."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close."""


def open_pool(workers: int, prepare: Callable[..., None] | None = None, *arguments: Any) -> Pool:
    """A pool where ``CATHODE_RUNNER`` says: ``processes`` (the default) or ``dask://HOST:PORT``.

    Args:
        workers: processes of this machine; a cluster has as many as it has.
        prepare: what each process does before its first work.
        arguments: of ``prepare``.

    Raises:
        ServiceError: no cluster answers, or it runs another version.
    """
    runner = Settings.from_environment().runner
    if runner.startswith(DASK):
        return DaskPool(runner.removeprefix(DASK), prepare, arguments)
    return Processes(workers, prepare, *arguments)


class DaskPool:
    """Processes of a Dask cluster, on which this package is installed.

    Args:
        address: of the scheduler, ``HOST:PORT``.
        prepare: what each process does before its first work.
        arguments: of ``prepare``; sent once.

    Raises:
        ServiceError: no cluster answers, or it has no worker or another version.
    """

    def __init__(
        self, address: str, prepare: Callable[..., None] | None, arguments: tuple[Any, ...]
    ) -> None:
        from distributed import Client

        try:
            self._client = Client(f"tcp://{address}", timeout=CONNECT_SECONDS, set_as_default=False)
        except (OSError, ValueError, TimeoutError) as error:
            msg = f"no Dask scheduler answers at {address} ({error}): start one, or unset "
            raise ServiceError(msg + "CATHODE_RUNNER") from error
        self._refuse_others(address)
        self._prepare, self._token = prepare, uuid4().hex
        self._shared = self._client.scatter(list(arguments), broadcast=True) if arguments else []

    def _refuse_others(self, address: str) -> None:
        found = self._client.run(_version)
        ours = _version()
        wrong = {place: known for place, known in found.items() if known != ours}
        if not found or wrong:
            self._client.close()
            why = f"{next(iter(wrong.items()))} is another version" if wrong else "it has no worker"
            msg = f"the Dask cluster at {address} cannot be used ({why}): this is {ours}"
            raise ServiceError(msg)

    def submit(self, work: Callable[..., T], *arguments: Any) -> "Future[T]":
        """Have something done on the cluster; a worker that is lost is replaced by another."""
        task = self._client.submit(
            _prepared,
            self._token,
            self._prepare,
            self._shared,
            work,
            arguments,
            pure=False,
            retries=1,
        )
        answer: Future[T] = Future()
        task.add_done_callback(lambda done: _hand_over(done, answer))
        return answer

    def close(self) -> None:
        """Give up what is not done."""
        self._client.close()

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


def _hand_over(done: Any, answer: "Future[Any]") -> None:
    """Pass on what became of a task."""
    if done.status == "finished":
        answer.set_result(done.result())
    elif done.status == "error":
        error = done.exception()
        if type(error).__name__ == "KilledWorker":
            error = ServiceError(
                "workers of the Dask cluster died at it, for want of memory perhaps"
            )
        answer.set_exception(error)
    else:
        answer.cancel()


def _version() -> str:
    from importlib.metadata import version

    return f"cathode {version('cathode')}, torch {version('torch')}"


_ready: str = ""
"""The pool that a process of a cluster was prepared for."""


def _prepared(
    token: str,
    prepare: Callable[..., None] | None,
    shared: list[Any],
    work: Callable[..., T],
    arguments: tuple[Any, ...],
) -> T:
    """Do something on a worker of a cluster, and first what prepares it."""
    global _ready  # noqa: PLW0603 - what a process is told once
    import torch

    torch.set_num_threads(1)
    if prepare is not None and _ready != token:
        prepare(*shared)
        _ready = token
    return work(*arguments)
