"""What a space holds: its size, its parts, some of its candidates, and which rules bind."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from cathode.model import Candidate
from cathode.space.feasibility import DRAWS, refusals
from cathode.space.search_space import SearchSpace


@dataclass(frozen=True)
class RuleShare:
    """How much a rule cuts away.

    Attributes:
        rule: what it asks.
        refused: share of random candidates that break it.
        refused_alone: share of random candidates that keep all others and break this one; where
            it is 0, the rule could go without letting in anything.
    """

    rule: str
    refused: float
    refused_alone: float


@dataclass(frozen=True)
class Description:
    """A space in figures.

    Attributes:
        size: number of candidates.
        exact: whether it was counted; otherwise it is an estimate from random draws.
        spread: standard error of the estimate, 0 where it was counted.
        without_rules: exact number before rules.
        parts: per site its recipes, per variable its values.
        rules: what each rule cuts away.
        sample: some candidates, drawn at random.
    """

    size: int
    exact: bool
    spread: int
    without_rules: int
    parts: dict[str, int]
    rules: list[RuleShare]
    sample: list[Candidate]

    def as_dict(self) -> dict[str, Any]:
        """All of it, ready for JSON."""
        return asdict(self) | {"sample": [c.content() | {"id": c.id} for c in self.sample]}


def describe(space: SearchSpace, sample: int, seed: int) -> Description:
    """Look a space over, without building it.

    Args:
        space: the space.
        sample: how many candidates to draw.
        seed: of the draw.
    """
    points = space.drawn(np.random.default_rng(0).random((DRAWS, space.width)))
    shares = []
    for i, (rule, refused) in enumerate(refusals(space)):
        others, quantities = space.keeps_rules(points, without=i), space.quantities(points)
        alone = float((others & ~space.rules[i].holds(quantities)).mean())
        shares.append(RuleShare(rule, refused, alone))
    kept = space.size / space.size_without_rules
    spread = 0.0 if space.size_is_exact else np.sqrt(kept * (1 - kept) / DRAWS)
    parts = {f"recipes of site {site.site}": site.size for site in space.sites}
    parts |= {f"values of {v.name}": len(v.values) for v in space.variables.every}
    drawn = space.sample(sample, np.random.default_rng(seed)) if sample else points[:0]
    return Description(
        space.size,
        space.size_is_exact,
        round(spread * space.size_without_rules),
        space.size_without_rules,
        parts,
        shares,
        space.candidates_at(drawn),
    )
