"""The deployments of ``prefect.yaml`` on a real server: scheduled by it, run by a real worker.

They are registered by Prefect's own command here, which has to read the file as we do.
"""

import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cathode.access import Access
from cathode.ledger import Ledger, campaigns, turns
from cathode.settings import REPOSITORY
from cathode.spec import load_spec
from flows.api import ask
from tests.helpers import campaign_in

pytestmark = pytest.mark.slow

DEPLOYMENT = "turn/turn"


def prefect_command(*arguments: str, env: dict[str, str]) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "prefect", "--no-prompt", *arguments],
        env=env,
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def deployed(prefect, tmp_path_factory) -> dict[str, str]:
    """The environment of a server that has the deployments and their work pool."""
    home = tmp_path_factory.mktemp("deployed") / "home"
    env = prefect | {"CATHODE_HOME": str(home)}
    prefect_command("work-pool", "create", "local", "--type", "process", env=env)
    prefect_command("deploy", "--all", env=env)
    return env


def scheduled(env: dict[str, str]) -> int:
    """Runs that the server has planned."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas import filters
    from prefect.client.schemas.objects import StateType
    from prefect.settings import PREFECT_API_URL, temporary_settings

    planned = filters.FlowRunFilter(
        state=filters.FlowRunFilterState(
            type=filters.FlowRunFilterStateType(any_=[StateType.SCHEDULED])
        )
    )
    with (
        temporary_settings({PREFECT_API_URL: env["PREFECT_API_URL"]}),
        get_client(sync_client=True) as client,
    ):
        return len(client.read_flow_runs(flow_run_filter=planned))


def test_an_active_schedule_makes_the_server_plan_runs(deployed):
    assert scheduled(deployed) == 0, "nothing runs by itself that no spec asks for"
    prefect_command(
        "deployment", "schedule", "create", DEPLOYMENT, "--cron", "*/5 * * * *", env=deployed
    )
    deadline = time.monotonic() + 120
    while not scheduled(deployed) and time.monotonic() < deadline:
        time.sleep(1)
    assert scheduled(deployed)
    prefect_command("deployment", "schedule", "clear", "-y", DEPLOYMENT, env=deployed)


def test_a_worker_runs_a_turn_from_the_deployment(deployed, tmp_path):
    home = Path(deployed["CATHODE_HOME"])
    ledger = Ledger.open(f"sqlite:///{home}/ledger.db", create=True)
    with ledger.write() as connection:
        campaigns.register(connection, load_spec(campaign_in(tmp_path)), "me")
    prefect_command("deployment", "run", DEPLOYMENT, "--param", "campaign=small", env=deployed)
    prefect_command("worker", "start", "--pool", "local", "--run-once", env=deployed)
    with ledger.read() as connection:
        (record,) = turns.history(connection, "small")
    assert record.finished_at is not None
    assert record.results["dispatch"]["answered"] == 5
    assert (home / "mlflow.db").exists()
    ledger.close()


def test_a_week_of_missed_runs_is_one_turn(deployed, tmp_path):
    home = Path(deployed["CATHODE_HOME"])
    ledger = Ledger.open(f"sqlite:///{home}/ledger.db", create=True)
    with ledger.write() as connection:
        campaigns.register(connection, load_spec(campaign_in(tmp_path, name="away")), "me")
    api = deployed["PREFECT_API_URL"]
    turn = ask(f"{api}/deployments/name/{DEPLOYMENT}", Access())["id"]
    today = datetime.now(UTC)
    missed = []
    for days in range(7):
        planned = {"scheduled_time": (today - timedelta(days=days)).isoformat()}
        state = {"type": "SCHEDULED", "name": "Late", "state_details": planned}
        body = {"parameters": {"campaign": "away"}, "state": state}
        missed.append(ask(f"{api}/deployments/{turn}/create_flow_run", Access(), body)["id"])
    prefect_command("worker", "start", "--pool", "local", "--run-once", env=deployed)
    ends = [ask(f"{api}/flow_runs/{run}", Access())["state"] for run in missed]
    assert sorted(end["type"] for end in ends) == ["COMPLETED"] * 7
    assert sorted(end["name"] for end in ends) == ["Completed"] + ["Skipped"] * 6
    with ledger.read() as connection:
        (record,) = turns.history(connection, "away")
    assert record.finished_at is not None
    ledger.close()
