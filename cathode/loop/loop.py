"""A campaign with everything it needs to turn."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

from sqlalchemy import Connection

from cathode.ledger import Ledger, turns
from cathode.model import Turn
from cathode.protocols import Evaluator, Proposer, Surrogate
from cathode.space import Space
from cathode.spec import CampaignSpec


@dataclass(frozen=True)
class Loop:
    """A campaign's spec joined to what acts on it.

    Attributes:
        ledger: the only truth.
        spec: what the user wants.
        revision: revision of the spec.
        space: what may be proposed.
        surrogates: by name, in the spec's order.
        design: proposer of the initial design, and wherever no surrogate can serve.
        proposer: proposer of all other turns.
        evaluator: answers proposals.
        cheaper: evaluators that may be asked instead, by name.
        who: name under which answers are entered.
    """

    ledger: Ledger
    spec: CampaignSpec
    revision: int
    space: Space
    surrogates: Mapping[str, Surrogate]
    design: Proposer
    proposer: Proposer
    evaluator: Evaluator
    who: str
    cheaper: Mapping[str, Evaluator] = field(default_factory=dict)

    @property
    def evaluators(self) -> dict[str | None, Evaluator]:
        """All that may be asked: the campaign's own under None."""
        found: dict[str | None, Evaluator] = {None: self.evaluator}
        return found | dict(self.cheaper.items())

    def recorded(self, turn: Turn, step: str) -> dict[str, Any] | None:
        """What a step recorded if it is done already."""
        with self.ledger.read() as connection:
            return turns.step_result(connection, turn, step)

    @contextmanager
    def commit(
        self, turn: Turn, step: str, result: dict[str, Any], started: float
    ) -> Iterator[Connection]:
        """One transaction for all a step writes, closed by its own entry.

        Args:
            turn: the turn.
            step: the step that is done.
            result: what it records, ready for JSON.
            started: ``perf_counter()`` at its start.
        """
        with self.ledger.write() as connection:
            yield connection
            turns.finish_step(connection, turn, step, result, perf_counter() - started)
