"""The line protocol of ``cathode suggest --stream``, spoken by a peer; nothing of the product.

One JSON line ``{"columns", "rows", "observed", "values", "goal", "seed"}`` asks, one line
``{"index": k}`` or ``{"error": "..."}`` answers.
"""

import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T")


@dataclass(frozen=True)
class Question:
    """A table, what was tested of it, and what is wanted.

    Attributes:
        columns: names of the numbers in a row.
        rows: all that may be tested.
        observed: row numbers tested so far, from 0.
        values: what was measured at them.
        goal: ``max`` or ``min``.
        seed: the same question and seed give the same answer.
    """

    columns: list[str]
    rows: list[list[float]]
    observed: list[int]
    values: list[float]
    goal: str
    seed: int

    @cached_property
    def X(self) -> NDArray[np.float64]:  # noqa: N802
        """The columns that vary, scaled to [0, 1], shape (n, d); a tool need not see others."""
        X = np.array(self.rows, dtype=float)
        low, width = X.min(axis=0), np.ptp(X, axis=0)
        return (X[:, width > 0] - low[width > 0]) / width[width > 0]

    @property
    def untested(self) -> list[int]:
        """Row numbers that may be suggested."""
        return sorted(set(range(len(self.rows))) - set(self.observed))

    @property
    def gains(self) -> NDArray[np.float64]:
        """Values turned so that large is good."""
        return np.array(self.values) * (1 if self.goal == "max" else -1)

    @property
    def turn_seed(self) -> int:
        """A seed that differs from turn to turn."""
        return 1000 * self.seed + len(self.observed)

    def continues(self, earlier: "Question") -> bool:
        """Whether it asks the same as an earlier one, knowing more."""
        known = len(earlier.observed)
        return (
            (self.seed, self.goal, self.columns) == (earlier.seed, earlier.goal, earlier.columns)
            and (self.observed[:known], self.values[:known]) == (earlier.observed, earlier.values)
            and self.rows == earlier.rows
        )


@dataclass
class Growing(Generic[T]):
    """A tool's own campaign, kept from question to question, told only what is new.

    Attributes:
        start: makes the campaign of a table.
        add: tells it rows and what was measured at them.
    """

    start: Callable[[Question], T]
    add: Callable[[T, Question, list[int], list[float]], None]
    _last: tuple[Question, T] | None = field(default=None, init=False)

    def at(self, question: Question) -> T:
        """The campaign that knows what the question says."""
        if self._last is not None and question.continues(self._last[0]):
            known, campaign = len(self._last[0].observed), self._last[1]
        else:
            known, campaign = 0, self.start(question)
        if new := question.observed[known:]:
            self.add(campaign, question, new, question.values[known:])
        self._last = (question, campaign)
        return campaign


def serve(suggest: Callable[[Question], int]) -> None:
    """Answer lines of standard input until it ends; what the tool prints goes to stderr."""
    with answers() as out:
        for line in sys.stdin:
            if not line.strip():
                continue
            try:
                answer: dict[str, Any] = {"index": int(suggest(Question(**json.loads(line))))}
            except Exception as error:  # noqa: BLE001  # whatever a tool raises is its answer
                answer = {"error": f"{type(error).__name__}: {error}"}
            out.write(json.dumps(answer) + "\n")
            out.flush()


def answers() -> Any:
    """Standard output for answers alone: what anything else prints there goes to stderr."""
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    return out
