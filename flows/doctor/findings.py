"""What a look at a part of the platform finds."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from cathode.errors import CathodeError
from cathode.settings import Settings


class State(StrEnum):
    """How a thing is."""

    ok = "ok"
    warning = "warning"
    problem = "problem"


@dataclass(frozen=True)
class Finding:
    """What was found of one thing.

    Attributes:
        name: of the thing.
        state: how it is.
        words: what was found.
        remedy: what to do; empty where there is nothing to do.
    """

    name: str
    state: State
    words: str
    remedy: str = ""


Check = Callable[[Settings], Iterator[Finding]]
"""A look at one part; what it raises is a problem of that part alone."""


def looked_at(name: str, check: Check, settings: Settings) -> list[Finding]:
    """What a check finds; an error that it raises is a finding, too."""
    found: list[Finding] = []
    try:
        found.extend(check(settings))
    except (CathodeError, OSError) as error:
        words, _, remedy = str(error).rpartition(": ")
        found.append(Finding(name, State.problem, words or remedy, remedy if words else ""))
    return found


def ok(name: str, words: str) -> Finding:
    """All is well."""
    return Finding(name, State.ok, words)


def warning(name: str, words: str, remedy: str) -> Finding:
    """It works, and may not do so for ever."""
    return Finding(name, State.warning, words, remedy)


def problem(name: str, words: str, remedy: str) -> Finding:
    """It does not work."""
    return Finding(name, State.problem, words, remedy)
