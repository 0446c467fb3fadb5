"""Real processes, really killed: the same command again ends where it would have ended."""

import itertools
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from mlflow.tracking import MlflowClient

from cathode.ledger import Ledger
from cathode.model import STEPS
from tests.flows.commands import cathode, start
from tests.helpers import campaign_in
from tests.ledgers import content

BRIEF = {"initial": 3, "batch": 2, "folds": 2, "constraints": [], "budget": {"turns": 2}}
CHGNET = {
    "name": "real",
    "space": {
        "prototype": "layered",
        "sites": {"M": {"step": "1/2", "fractions": {"Ni": {}, "Co": {}, "Mn": {}}}},
    },
    "evaluator": {
        "kind": "chgnet",
        "mixing_sites": 2,
        "orderings": 1,
        "relaxed": 1,
        "lithium_left": "0.5",
        "fmax": 0.3,
    },
}
EVERY_BOUNDARY = list(itertools.product(range(3), STEPS, ("before", "inside", "after")))
SOME_BOUNDARIES = [
    (1, "retrain", "inside"),
    (1, "propose", "after"),
    (1, "track", "inside"),
]


@dataclass(frozen=True)
class Campaign:
    """A campaign with a home of its own on the shared server."""

    spec: Path
    env: dict[str, str]

    @classmethod
    def of(cls, folder: Path, server: dict[str, str], **changes: object) -> "Campaign":
        folder.mkdir()
        home = {"CATHODE_HOME": str(folder / "home"), "CATHODE_WORKERS": "2"}
        return cls(campaign_in(folder, **(BRIEF | changes)), server | home)

    @property
    def home(self) -> Path:
        return Path(self.env["CATHODE_HOME"])

    def finish(self) -> None:
        done = cathode("run", self.spec, env=self.env)
        assert done.returncode == 0, done.stderr

    def kill_at(self, turn: int, step: str, when: str) -> None:
        """Run until the process kills itself at a boundary."""
        command = [sys.executable, "-m", "tests.flows.killed", str(turn), step, when]
        done = subprocess.run(
            [*command, "run", self.spec], env=self.env, capture_output=True, text=True, check=False
        )
        assert done.returncode == -signal.SIGKILL, done.stderr

    def kill_after(self, seconds: float) -> bool:
        """Run, kill after so long, and tell whether it was still running."""
        process = start("run", self.spec, env=self.env)
        time.sleep(seconds)
        process.kill()
        process.communicate()
        return process.returncode == -signal.SIGKILL

    def ledger(self) -> dict[str, list[str]]:
        ledger = Ledger.open(f"sqlite:///{self.home}/ledger.db")
        found = content(ledger)
        ledger.close()
        return found

    def tracked(self) -> dict[tuple[str, str, str], dict[str, float]]:
        """Metrics of MLflow's runs but for times; each run must be there once, and finished."""
        client = MlflowClient(f"sqlite:///{self.home}/mlflow.db")
        experiment = client.get_experiment_by_name(self.spec.stem).experiment_id
        found = {}
        for run in client.search_runs([experiment]):
            tags, params = run.data.tags, run.data.params
            key = (tags["cathode.kind"], params.get("turn", ""), run.info.run_name)
            assert run.info.status == "FINISHED"
            assert key not in found, "a turn is logged once"
            metrics = run.data.metrics.items()
            found[key] = {k: v for k, v in metrics if not k.startswith("seconds/")}
        return found

    def registered(self) -> dict[tuple[str, int], dict[str, str]]:
        """Tags of the versions in MLflow's registry, each the champion of a turn."""
        client = MlflowClient(f"sqlite:///{self.home}/mlflow.db")
        return {(v.name, v.version): v.tags for v in client.search_model_versions()}

    def running(self) -> int:
        """Flow runs of this home that Prefect still believes to be running."""
        from prefect.client.orchestration import get_client
        from prefect.client.schemas import filters
        from prefect.client.schemas.objects import StateType
        from prefect.settings import PREFECT_API_URL, temporary_settings

        query = filters.FlowRunFilter(
            tags=filters.FlowRunFilterTags(all_=[self.spec.stem]),
            state=filters.FlowRunFilterState(
                type=filters.FlowRunFilterStateType(any_=[StateType.RUNNING])
            ),
        )
        with (
            temporary_settings({PREFECT_API_URL: self.env["PREFECT_API_URL"]}),
            get_client(sync_client=True) as client,
        ):
            return len(client.read_flow_runs(flow_run_filter=query))


def assert_same(disturbed: Campaign, undisturbed: Campaign) -> None:
    assert disturbed.ledger() == undisturbed.ledger()
    assert disturbed.tracked() == undisturbed.tracked()
    assert disturbed.registered() == undisturbed.registered() != {}
    assert disturbed.running() == 0


@pytest.fixture(scope="module")
def undisturbed(prefect, tmp_path_factory) -> tuple[Campaign, float]:
    """A campaign nobody disturbs, and how long it took (s)."""
    campaign = Campaign.of(tmp_path_factory.mktemp("kills") / "undisturbed", prefect)
    started = time.monotonic()
    campaign.finish()
    return campaign, time.monotonic() - started


@pytest.mark.parametrize(
    "boundaries",
    [
        pytest.param(SOME_BOUNDARIES, id="some"),
        pytest.param(EVERY_BOUNDARY, id="every", marks=pytest.mark.slow),
    ],
)
def test_killed_at_boundary_after_boundary(undisturbed, prefect, tmp_path, boundaries):
    campaign = Campaign.of(tmp_path / "disturbed", prefect)
    for boundary in boundaries:
        campaign.kill_at(*boundary)
    campaign.finish()
    assert_same(campaign, undisturbed[0])


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(20))
def test_killed_at_a_random_moment(undisturbed, prefect, tmp_path, seed):
    whole, seconds = undisturbed
    campaign = Campaign.of(tmp_path / "disturbed", prefect)
    # The first seconds only import; the kill should fall into the work more often than not.
    moment = np.random.default_rng(seed).uniform(0.15, 0.95) * seconds
    campaign.kill_after(moment)
    campaign.finish()
    assert_same(campaign, whole)


@pytest.mark.slow
def test_killed_while_the_potential_works(prefect, tmp_path):
    whole = Campaign.of(tmp_path / "undisturbed", prefect, **CHGNET)
    started = time.monotonic()
    whole.finish()
    seconds = time.monotonic() - started
    disturbed = Campaign.of(tmp_path / "disturbed", prefect, **CHGNET)
    killed = [disturbed.kill_after(share * seconds) for share in (0.4, 0.5, 0.6, 0.7)]
    assert killed[0]
    disturbed.finish()
    assert_same(disturbed, whole)
