"""The five steps in a row, without an engine around them."""

from collections.abc import Callable, Sequence

from cathode.loop.assimilate import assimilate
from cathode.loop.audit import audit
from cathode.loop.dispatch import Answers, dispatch, serially
from cathode.loop.loop import Loop
from cathode.loop.propose import propose
from cathode.loop.retrain import retrain
from cathode.model import Proposal, Turn
from cathode.protocols import Evaluator


def run_turn(
    loop: Loop,
    turn: Turn,
    answer: Callable[[Evaluator, Sequence[Proposal]], Answers] = serially,
) -> None:
    """Run, or continue, one turn."""
    up_to = assimilate(loop, turn)
    audit(loop, turn, up_to)
    serving = retrain(loop, turn, up_to)
    propose(loop, turn, up_to, serving)
    dispatch(loop, turn, answer)
