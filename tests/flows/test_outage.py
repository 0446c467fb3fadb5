"""The Prefect server dies while a campaign runs, or MLflow is down: the campaign goes on."""

import json
import os
import signal
import subprocess
import sys
import time

import psutil
import pytest
from mlflow.tracking import MlflowClient

from cathode.access import Access
from cathode.ledger import Ledger
from cathode.loop.observations import observe
from flows.api import ask
from flows.server import STEADY_SECONDS
from tests.flows.commands import cathode, servers, start
from tests.flows.test_kills import BRIEF, Campaign
from tests.helpers import free_port


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


@pytest.mark.slow
def test_turns_end_while_mlflow_is_down_and_are_logged_later(prefect, tmp_path):
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    campaign = Campaign.of(tmp_path / "campaign", prefect | {"MLFLOW_TRACKING_URI": url})
    done = cathode("run", campaign.spec, "--json", env=campaign.env)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["turns"], found["candidates"]) == (3, 7)
    assert "Connection" in found["tracking_error"]
    assert "MLflow did not take all turns" in done.stderr
    store = f"sqlite:///{tmp_path}/mlflow.db"
    command = [sys.executable, "-m", "mlflow", "server", "--workers", "1", "--port", str(port)]
    command += ["--backend-store-uri", store, "--artifacts-destination", tmp_path.as_uri()]
    # In a session of its own: it has processes of its own.
    server = subprocess.Popen(command, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        deadline = time.monotonic() + 120
        while not answers(url) and time.monotonic() < deadline:
            time.sleep(0.5)
        done = cathode("run", campaign.spec, "--json", env=campaign.env)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["tracking_error"] is None
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(timeout=30)
    client = MlflowClient(store)
    experiment = client.get_experiment_by_name("small").experiment_id
    kinds = [run.data.tags.get("cathode.kind") for run in client.search_runs([experiment])]
    assert kinds.count("turn") == 3


def answers(url):
    try:
        return ask(f"{url}/health", Access()) == "OK"
    except OSError:
        return False
