"""Campaigns with open orders, without a loop that proposes them."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from cathode.ledger import Ledger, campaigns, proposals, turns
from cathode.model import Candidate, Proposal, Turn
from cathode.spec import CampaignSpec, parse_spec
from tests.helpers import layered

DFT = {"cost": 0.5, "evaluator": {"kind": "lab", "properties": ["average_voltage"]}}


def lab_campaign(**changes: Any) -> CampaignSpec:
    """A campaign that people answer by mean voltages, with ``dft`` as a cheaper evaluator."""
    content = layered(
        evaluator={"kind": "lab"},
        objectives=[{"property": "average_voltage", "goal": "max"}],
        constraints=[{"property": "volume_change", "min": -6, "max": 6}],
        surrogates=[{"kind": "gp"}],
        cheaper={"dft": DFT},
    )
    return parse_spec(content | changes, "test")


def mixed(prototype: str = "layered", /, **fractions: str | int) -> Candidate:
    """A candidate such as ``mixed(Ni="4/5", Co="1/5")``."""
    return Candidate.of(prototype, {"M": {e: Fraction(x) for e, x in fractions.items()}})


NMC = mixed(Ni="1/2", Mn="3/10", Co="1/5")
NICKEL = mixed(Ni=1)
COBALT = mixed(Co="2/5", Ni="3/5")


def proposed(spec: CampaignSpec, asked: Sequence[tuple[Candidate, str | None]]) -> list[Proposal]:
    """Proposals of a first turn: candidates with the evaluator that is asked."""
    fields: dict[str, Any] = {"proposer": "sobol", "acquisition": None, "predictions": {}}
    return [
        Proposal(spec.name, 0, rank, candidate, reason="a test", evaluator=evaluator, **fields)
        for rank, (candidate, evaluator) in enumerate(asked)
    ]


def ask(ledger: Ledger, spec: CampaignSpec, *asked: tuple[Candidate, str | None]) -> list[Proposal]:
    """Enter a campaign whose first turn has asked for candidates."""
    made = proposed(spec, asked)
    with ledger.write() as connection:
        campaigns.register(connection, spec, "me")
        turns.start(connection, Turn(spec.name, 0, 0))
        proposals.record(connection, made)
    return made
