"""What answers cost, in the unit of the spec."""

from collections.abc import Sequence

from cathode.ledger.turns import TurnRecord
from cathode.loop.loop import Loop
from cathode.model import Suggestion
from cathode.space import SearchSpace
from cathode.spec import CampaignSpec
from cathode.spec.campaign import ROUNDING

DIGITS = 9
"""Decimals of a sum of costs."""


def cost_of(loop: Loop, suggestion: Suggestion) -> float:
    """Of the answer to a suggestion."""
    if suggestion.evaluator is not None:
        return loop.spec.cheaper[suggestion.evaluator].cost
    cost = getattr(loop.spec.proposer, "cost", None)
    coordinates = dict(
        zip(loop.space.coordinates, loop.space.encode([suggestion.candidate])[0], strict=True)
    )
    terms = {} if cost is None else cost.terms
    # A variable that does not exist has coordinates all the same, and costs nothing.
    absent = _absent(loop, suggestion)
    more = sum(each * coordinates[name] for name, each in terms.items() if name not in absent)
    return loop.spec.result_cost + float(more)


def cost_so_far(past: Sequence[TurnRecord]) -> float:
    """Of all that was asked for; turns of older ledgers, which did not count it, cost nothing."""
    total = sum(record.results.get("propose", {}).get("cost", 0.0) for record in past)
    return round(float(total), DIGITS)


def results_left(spec: CampaignSpec, past: Sequence[TurnRecord]) -> int | None:
    """Results that what is left of the cost still pays for; None where nothing limits it."""
    if spec.budget.cost is None:
        return None
    left = spec.budget.cost - cost_so_far(past)
    return max(0, int(left / spec.result_cost + ROUNDING))


def _absent(loop: Loop, suggestion: Suggestion) -> set[str]:
    if not isinstance(loop.space, SearchSpace):
        return set()
    conditions = dict(suggestion.candidate.conditions)
    return {
        column
        for variable in loop.space.variables.every
        if variable.parent is not None and variable.name not in conditions
        for column in variable.columns
    }
