"""Step 5: have the proposals answered."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from time import perf_counter
from typing import Any

from cathode.ledger import measurements, proposals, turns
from cathode.loop.loop import Loop
from cathode.model import Measurement, Proposal, Status, Turn
from cathode.protocols import Evaluator

Answers = Iterable[tuple[Proposal, Sequence[Measurement]]]
"""Proposals with their answers, in any order, as they become known."""


def serially(
    evaluator: Evaluator, asked: Sequence[Proposal]
) -> Iterator[tuple[Proposal, Sequence[Measurement]]]:
    """Answer proposals one after the other in this process."""
    for proposal in asked:
        yield proposal, evaluator.evaluate(proposal.candidate)


def dispatch(
    loop: Loop,
    turn: Turn,
    answer: Callable[[Evaluator, Sequence[Proposal]], Answers] = serially,
) -> dict[str, Any]:
    """Answer what the turn has open and close the turn.

    Each answer commits by itself as soon as it is known, so a kill loses none; what is answered
    already is not asked again.

    Args:
        loop: the campaign.
        turn: the turn.
        answer: runs the evaluator, here or elsewhere.
    """
    known = loop.recorded(turn, "dispatch")
    if known is not None:
        return known
    started = perf_counter()
    for name, evaluator in loop.evaluators.items():
        asked = [proposal for proposal in _open(loop, turn) if proposal.evaluator == name]
        if evaluator.deferred or not asked:
            continue
        for proposal, answers in answer(evaluator, asked):
            named = [replace(measurement, evaluator=name) for measurement in answers]
            with loop.ledger.write() as connection:
                measurements.record_answer(connection, proposal, named, loop.who)
    with loop.ledger.read() as connection:
        mine = [
            recorded.measurement
            for recorded in measurements.effective(connection, turn.campaign)
            if recorded.turn == turn.number
        ]
    result = {
        "answered": len({(m.candidate_id, m.evaluator) for m in mine}),
        "failed": len({(m.candidate_id, m.evaluator) for m in mine if m.status is Status.FAILED}),
        "open": len(_open(loop, turn)),
    }
    with loop.commit(turn, "dispatch", result, started) as connection:
        turns.finish(connection, turn)
    return result


def _open(loop: Loop, turn: Turn) -> list[Proposal]:
    with loop.ledger.read() as connection:
        found = proposals.unanswered(connection, turn.campaign)
    return [proposal for proposal in found if proposal.turn == turn.number]
