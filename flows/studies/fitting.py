"""Fits in processes, taken as they come."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

from cathode.errors import ServiceError

T = TypeVar("T")
K = TypeVar("K")

LOOK_SECONDS = 1.0
"""How often one looks how far fits are that are not done."""


def as_they_come(
    work: "Mapping[Future[T], K]", look: Callable[[], None] = lambda: None
) -> Iterator[tuple[K, T]]:
    """Keys and results of what is done.

    Args:
        work: what is being done, with a key of each.
        look: called now and then while it is.

    Raises:
        ServiceError: a process died.
    """
    pending = set(work)
    try:
        while pending:
            done, pending = wait(pending, LOOK_SECONDS, FIRST_COMPLETED)
            for each in done:
                yield work[each], each.result()
            look()
    except BrokenProcessPool as error:
        msg = (
            "a fitting process died, for want of memory perhaps: set CATHODE_WORKERS lower "
            "and run the same command again"
        )
        raise ServiceError(msg) from error
