"""``cathode run`` against a real Prefect server and a real MLflow database."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from mlflow.tracking import MlflowClient

from cathode.ledger import Ledger, lock, turns
from cathode.loop.observations import observe
from cathode.model import STEPS
from cathode.settings import Settings
from tests.flows.commands import cathode, start
from tests.helpers import campaign_in
from tests.ledgers import content


@dataclass(frozen=True)
class Finished:
    """A campaign that ran to its end."""

    home: Path
    spec: Path
    env: dict[str, str]
    done: "CompletedProcess[str]"

    @property
    def report(self) -> dict[str, object]:
        return json.loads(self.done.stdout)

    def ledger(self) -> Ledger:
        return Ledger.open(f"sqlite:///{self.home}/ledger.db")

    def mlflow(self) -> MlflowClient:
        return MlflowClient(f"sqlite:///{self.home}/mlflow.db")

    def runs(self, kind: str):
        client = self.mlflow()
        experiment = client.get_experiment_by_name("small").experiment_id
        return client.search_runs([experiment], f"tags.`cathode.kind` = '{kind}'")

    def copy(self, folder: Path) -> "Finished":
        home = shutil.copytree(self.home, folder / "home")
        return Finished(home, self.spec, self.env | {"CATHODE_HOME": str(home)}, self.done)


@pytest.fixture(scope="module")
def finished(prefect, tmp_path_factory) -> Finished:
    folder = tmp_path_factory.mktemp("run")
    spec = campaign_in(folder)
    env = prefect | {"CATHODE_HOME": str(folder / "home")}
    done = cathode("run", spec, "--json", env=env)
    assert done.returncode == 0, done.stderr
    return Finished(folder / "home", spec, env, done)


def test_the_command_tells_what_came_of_it(finished):
    found = finished.report
    assert (found["campaign"], found["turns"], found["candidates"]) == ("small", 3, 9)
    assert found["tracking_error"] is None
    values = [row["measured"]["specific_energy"]["value"] for row in found["best"]]
    assert values == sorted(values, reverse=True)
    assert found["best"][0]["measured"]["specific_energy"]["unit"] == "Wh/kg"
    page = Path(found["report"]).read_text()
    assert found["best"][0]["candidate"] in page


def test_the_end_is_told_with_its_reason_and_what_to_do(finished):
    words = " ".join(finished.done.stderr.split())
    assert "small has ended: its 2 turns after the initial design are done." in words
    assert "A larger budget in its spec makes it go on." in words


def test_the_ledger_has_every_turn_with_all_its_steps(finished):
    ledger = finished.ledger()
    with ledger.read() as connection:
        past = turns.history(connection, "small")
    assert [tuple(record.results) for record in past] == [STEPS] * 3
    assert all(record.finished_at for record in past)
    seen = observe(ledger, "small")
    assert len({p.candidate.id for p in seen.proposals}) == 9
    assert {r.turn for r in seen.measured} == {0, 1, 2}


def test_mlflow_has_a_run_per_campaign_turn_and_surrogate(finished):
    (parent,) = finished.runs("campaign")
    assert parent.info.status == "FINISHED"
    assert parent.data.params["evaluator"] == "table"
    nested = finished.runs("turn")
    assert sorted(run.data.params["turn"] for run in nested) == ["0", "1", "2"]
    for run in nested:
        assert run.data.tags["mlflow.parentRunId"] == parent.info.run_id
        assert run.info.status == "FINISHED"
    by_id = {run.info.run_id: run.data.params["turn"] for run in nested}
    surrogates = finished.runs("surrogate")
    assert {by_id[run.data.tags["mlflow.parentRunId"]] for run in surrogates} == {"1", "2"}
    assert {run.data.params["surrogate"] for run in surrogates} == {"gp-fractions-linear"}


def test_mlflow_has_the_metrics_beside_baselines_and_the_ledgers_numbers(finished):
    last = max(finished.runs("turn"), key=lambda run: int(run.data.params["turn"]))
    metrics = last.data.metrics
    best = finished.report["best"][0]["measured"]["specific_energy"]["value"]
    assert metrics["best/specific_energy"] == best
    for role in ("champion", "mean", "linear"):
        for score in ("rmse", "spearman", "nlpd", "coverage_50", "coverage_80", "coverage_95"):
            if (role, score) != ("mean", "spearman"):  # a constant has no rank
                assert f"specific_energy/{role}/{score}" in metrics
    assert {f"seconds/{step}" for step in STEPS} <= set(metrics)
    assert len(last.data.params["dataset_hash/specific_energy"]) >= 16
    (parent,) = finished.runs("campaign")
    series = finished.mlflow().get_metric_history(parent.info.run_id, "candidates")
    assert [(point.step, point.value) for point in series] == [(0, 5), (1, 7), (2, 9)]


def test_mlflow_has_the_artifacts(finished):
    client = finished.mlflow()
    (parent,) = finished.runs("campaign")
    assert [file.path for file in client.list_artifacts(parent.info.run_id)] == ["spec.yaml"]
    for run in finished.runs("turn"):
        files = {file.path for file in client.list_artifacts(run.info.run_id)}
        assert files == {"audit.yaml", "measurements.csv", "plots", "proposals.csv"}
        plots = {file.path for file in client.list_artifacts(run.info.run_id, "plots")}
        assert "plots/progress.png" in plots
    last = max(finished.runs("turn"), key=lambda run: int(run.data.params["turn"]))
    rows = Path(client.download_artifacts(last.info.run_id, "proposals.csv")).read_text()
    assert len(rows.strip().splitlines()) == 1 + 2


def test_prefect_shows_turns_steps_and_artifacts(finished, monkeypatch):
    monkeypatch.setenv("PREFECT_API_URL", finished.env["PREFECT_API_URL"])
    from prefect.client.orchestration import get_client
    from prefect.client.schemas import filters
    from prefect.settings import PREFECT_API_URL, temporary_settings

    with finished.ledger().read() as connection:
        began = turns.history(connection, "small")[0].started_at
    # Other tests turn campaigns of this name on this server.
    mine = filters.FlowRunFilter(
        tags=filters.FlowRunFilterTags(all_=["small"]),
        end_time=filters.FlowRunFilterEndTime(after_=began),
    )
    with (
        temporary_settings({PREFECT_API_URL: finished.env["PREFECT_API_URL"]}),
        get_client(sync_client=True) as client,
    ):
        runs = client.read_flow_runs(flow_run_filter=mine)
        tasks = client.read_task_runs(flow_run_filter=mine)
        shown = client.read_artifacts(flow_run_filter=mine)
    assert sorted(run.name for run in runs) == [f"small turn {n}" for n in range(3)]
    assert {run.state_name for run in runs} == {"Completed"}
    names = [run.name for run in tasks]
    for step in ("assimilate", "audit", "retrain", "propose", "draw", "publish", "track"):
        assert names.count(step) == 3
    assert sum(name.startswith("evaluate Li") for name in names) == 9
    keys = [artifact.key for artifact in shown]
    for key in ("small-proposals", "small-plots", "small-answers"):
        assert keys.count(key) == 3
    bars = [artifact.data for artifact in shown if artifact.key == "small-answers"]
    assert bars == [100.0] * 3


def test_run_again_changes_nothing(finished):
    before = content(finished.ledger())
    again = cathode("run", finished.spec, "--json", env=finished.env)
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout)["best"] == finished.report["best"]
    assert content(finished.ledger()) == before
    assert len(finished.runs("turn")) == 3


def test_status_best_and_report_read_the_ledger_alone(finished, tmp_path):
    (state,) = json.loads(cathode("status", "--json", env=finished.env).stdout)["campaigns"]
    assert state["ended"] == "its 2 turns after the initial design are done"
    assert (state["turns_finished"], state["answered"], state["locked_by"]) == (3, 9, None)
    best = json.loads(cathode("best", "small", "-n", "2", "--json", env=finished.env).stdout)
    assert best["best"] == finished.report["best"][:2]
    file = tmp_path / "elsewhere.html"
    made = cathode("report", "small", "--out", file, "--json", env=finished.env)
    assert json.loads(made.stdout) == {"campaign": "small", "report": str(file)}
    assert file.read_text().startswith("<!doctype html>")


def test_a_locked_campaign_is_left_alone(finished):
    ledger = finished.ledger()
    before = content(ledger)
    with lock(ledger, "small"):
        done = cathode("run", finished.spec, env=finished.env)
        state = json.loads(cathode("status", "--json", env=finished.env).stdout)["campaigns"][0]
    assert done.returncode == 2
    assert done.stderr.startswith("cathode: campaign 'small' is locked by process ")
    assert "wait for it to end, or stop it" in done.stderr
    assert state["locked_by"].startswith("process ")
    assert content(ledger) == before


def test_a_changed_spec_is_refused_until_it_is_meant(finished, tmp_path):
    copy = finished.copy(tmp_path)
    before = content(copy.ledger())
    changed = campaign_in(tmp_path, budget={"turns": 4})
    refused = cathode("run", changed, env=copy.env)
    assert refused.returncode == 2
    assert "--amend" in refused.stderr
    assert content(copy.ledger()) == before
    meant = cathode("run", changed, "--amend", "--turns", "1", "--json", env=copy.env)
    assert meant.returncode == 0, meant.stderr
    assert json.loads(meant.stdout)["turns"] == 4
    after = content(copy.ledger())
    assert set(before["measurements"]) < set(after["measurements"])


def test_a_lost_mlflow_is_filled_again_from_the_ledger(finished, tmp_path):
    from cathode.report.view import view_of
    from flows.tracking import sync

    copy = finished.copy(tmp_path)
    (copy.home / "mlflow.db").unlink()
    shutil.rmtree(copy.home / "mlartifacts")
    assert sync(view_of(copy.ledger(), "small"), Settings.at(copy.home)) == [0, 1, 2]

    def said(one: Finished):
        return {run.data.params["turn"]: run.data.metrics for run in one.runs("turn")}

    assert said(copy) == said(finished)
    assert sync(view_of(copy.ledger(), "small"), Settings.at(copy.home)) == []


@pytest.mark.slow
def test_two_campaigns_run_side_by_side_on_one_ledger(finished, tmp_path):
    home = tmp_path / "home"
    env = finished.env | {"CATHODE_HOME": str(home)}
    specs = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        specs.append(campaign_in(tmp_path / name, name=name, initial=3, budget={"turns": 1}))
    running = [start("run", spec, "--json", env=env) for spec in specs]
    for process in running:
        _, errors = process.communicate(timeout=300)
        assert process.returncode == 0, errors
    ledger = Ledger.open(f"sqlite:///{home}/ledger.db")
    assert [len(observe(ledger, name).proposals) for name in ("one", "two")] == [5, 5]


@pytest.mark.slow
def test_no_turns_only_enters_the_spec(home, write_campaign):
    done = cathode("run", write_campaign(), "--turns", "0", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["candidates"] == 0
    (state,) = json.loads(cathode("status", "--json").stdout)["campaigns"]
    assert (state["ended"], state["turns_finished"]) == (None, 0)
