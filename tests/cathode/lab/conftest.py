"""Campaigns whose orders are open."""

import pytest

from cathode.lab.form import ResultForm
from cathode.lab.problems import read_form
from cathode.loop import next_turn, run_turn
from cathode.loop.observations import observe
from cathode.loop.submitting import submit
from cathode.spec import parse_spec
from tests.helpers import layered
from tests.loops import build

RECIPE = {"precursors": {"Li": "LiOH*H2O"}, "programme": [{"ramp": 2, "to": 750, "hold": 12}]}


@pytest.fixture
def campaign(sqlite_ledger, tmp_path):
    """Make a campaign that waits for capacity and retention of four candidates."""

    def made(recipe=RECIPE, **lab):
        variables = {"cutoff": {"kind": "ordered", "values": [4.2, 4.4], "unit": "V"}}
        evaluator = {"kind": "lab", "recipe": recipe} | lab
        content = layered(
            evaluator=evaluator,
            space=layered()["space"] | {"variables": variables},
            objectives=[{"property": "discharge_capacity"}, {"property": "capacity_retention"}],
            constraints=[],
            initial=4,
        )
        loop = build(sqlite_ledger, parse_spec(content, "test"), tmp_path)
        run_turn(loop, next_turn(loop))
        return loop

    return made


@pytest.fixture
def enter():
    """Enter results of orders; what is not given is made up."""

    def entered(loop, orders, **values):
        for order in orders:
            content = {
                "campaign": "small",
                "candidate": order.candidate.id,
                "operator": "Ada",
                "discharge_capacity": 180.0 + order.rank,
                "capacity_retention": 90.0 + order.rank,
                "cycles": 100,
                "c_rate": 0.1,
                "voltage_high": dict(order.candidate.conditions)["cutoff"],
            }
            submit(loop.ledger, read_form(ResultForm, content | values))
        return observe(loop.ledger, "small")

    return entered
