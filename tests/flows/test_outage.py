"""The Prefect server dies while a campaign runs: the campaign does not."""

import json
import time

import psutil
import pytest

from cathode.ledger import Ledger
from cathode.loop.observations import observe
from flows.server import STEADY_SECONDS
from tests.flows.commands import servers, start
from tests.flows.test_kills import BRIEF, Campaign


@pytest.mark.slow
def test_a_campaign_outlives_its_prefect_server(env, tmp_path):
    campaign = Campaign.of(tmp_path / "campaign", env, budget={"turns": 12})
    process = start("run", campaign.spec, "--json", env=campaign.env)
    while not (found := [p for p in servers(env) if "flows.server" not in p.cmdline()]):
        time.sleep(0.2)
    time.sleep(STEADY_SECONDS + 3)
    killed: psutil.Process = found[0]
    killed.kill()
    output, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    assert json.loads(output)["turns"] == 13
    ledger = Ledger.open(f"sqlite:///{campaign.home}/ledger.db")
    assert len(observe(ledger, "small").proposals) == BRIEF["initial"] + 12 * BRIEF["batch"]
    assert sum(kind == "turn" for kind, _, _ in campaign.tracked()) == 13
