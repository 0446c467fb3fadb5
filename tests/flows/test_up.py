"""``cathode up``: what it refuses at once, and the whole platform, started, killed and stopped."""

import json
import os
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

import psutil
import pytest
from filelock import FileLock

from cathode.access import Access
from cathode.ledger import Ledger, campaigns, turns
from cathode.spec import load_spec
from flows.api import Refused, ask
from tests.flows.commands import COMMAND, cathode
from tests.helpers import campaign_in, free_port, fresh_database

AUTH = "lab:correct-horse-battery"

PATIENCE_SECONDS = 180


class Up:
    """A platform of its own.

    Args:
        env: of the command.
        options: more of its options.
    """

    def __init__(self, env: dict[str, str], *options: str) -> None:
        self.env = {k: v for k, v in env.items() if k != "PREFECT_API_URL"}
        self.port, self.mlflow_port = free_port(), free_port()
        ports = ["--port", str(self.port), "--mlflow-port", str(self.mlflow_port)]
        self.process = subprocess.Popen(
            [COMMAND, "up", "--json", *ports, *options],
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,  # as in a terminal
        )
        self.told: dict[str, Any] = {}

    def wait_until_ready(self) -> None:
        line = self.process.stdout.readline()
        assert line, self.process.stderr.read()
        self.told = json.loads(line)
        self.family = [psutil.Process(self.process.pid)]
        self.family += self.family[0].children(recursive=True)

    def prefect(self, path: str, body: Any = None, access: Access | None = None) -> Any:
        return ask(f"{self.told['api']}/{path}", access or Access(), body)

    def run_to_its_end(self, deployment: str, access: Access | None = None) -> dict[str, Any]:
        found = self.prefect(f"deployments/name/{deployment}", access=access)
        run = self.prefect(f"deployments/{found['id']}/create_flow_run", {}, access)
        return self.end_of(run["id"], access)

    def end_of(self, run: str, access: Access | None = None) -> dict[str, Any]:
        """The state in which a run ends."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            state = self.prefect(f"flow_runs/{run}", access=access)["state"]
            if state["type"] in ("COMPLETED", "FAILED", "CRASHED", "CANCELLED"):
                return dict(state)
            time.sleep(0.5)
        raise TimeoutError

    def ended(self, seconds: float = 30) -> bool:
        return psutil.wait_procs(self.family, timeout=seconds)[1] == []

    def close(self) -> None:
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def start(env, tmp_path):
    """Starts platforms in a home of their own, and ends them."""
    opened: list[Up] = []

    def begin(*options: str, **changes: str) -> Up:
        opened.append(Up(env | {"CATHODE_HOME": str(tmp_path / "home")} | changes, *options))
        return opened[-1]

    yield begin
    for each in opened:
        each.close()
        assert each.ended() if each.told else True


def enter(home: Path, tmp_path: Path, url: str | None = None, **changes: Any) -> Ledger:
    ledger = Ledger.open(url or f"sqlite:///{home}/ledger.db", create=True)
    with ledger.write() as connection:
        campaigns.register(connection, load_spec(campaign_in(tmp_path, **changes)), "me")
    return ledger


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"CATHODE_HOST": "0.0.0.0"}, "nothing asks them for a password: set CATHODE_AUTH"),
        ({"CATHODE_AUTH": "lab:short"}, "at least 12 are needed"),
        ({"CATHODE_DATABASE_URL": "mysql://db"}, "is no PostgreSQL server"),
        ({"CATHODE_DATABASE_URL": "postgresql://me:hush-word@127.0.0.1:1"}, "see that it runs"),
        ({"PREFECT_API_URL": "http://192.0.2.1:4200/api"}, "no Prefect server answers at"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(env, tmp_path, changes, words):
    done = cathode("up", env=env | {"CATHODE_HOME": str(tmp_path / "home")} | changes)
    assert done.returncode == 2
    assert words in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert "hush-word" not in done.stderr


def test_a_port_that_is_taken_is_named(env, tmp_path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        done = cathode("up", "--mlflow-port", port, env=env | {"CATHODE_HOME": str(tmp_path)})
    assert done.returncode == 2
    assert f"port {port} is taken by another program: give a free one with --mlflow-port" in (
        done.stderr
    )


def test_a_home_has_one_platform(env, tmp_path):
    with FileLock(tmp_path / "up.lock"):
        done = cathode("up", env=env | {"CATHODE_HOME": str(tmp_path)})
    assert done.returncode == 2
    assert f"`cathode up` runs already for {tmp_path}" in done.stderr


@pytest.mark.slow
def test_one_command_runs_campaigns_and_ends_with_all_of_it(start, tmp_path):
    up = start()
    home = Path(up.env["CATHODE_HOME"])
    up.wait_until_ready()
    assert json.loads((home / "up.json").read_text())["mlflow"] == up.told["mlflow"]
    ledger = enter(home, tmp_path)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:  # it looks at the ledger by itself
        try:
            up.prefect("deployments/name/turn/small")
            break
        except Refused:
            time.sleep(1)
    assert up.run_to_its_end("turn/small")["type"] == "COMPLETED"
    with ledger.read() as connection:
        (record,) = turns.history(connection, "small")
    assert record.results["dispatch"]["answered"] == 5
    enter(home, tmp_path, schedule={"cron": "* * * * *"}).close()
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:  # the next turn is taken by itself
        with ledger.read() as connection:
            past = turns.history(connection, "small")
        if len(past) > 1 and past[1].finished_at is not None:
            break
        time.sleep(1)
    assert len(past) > 1
    ledger.close()
    done = cathode("doctor", "--json", env=up.env)
    found = {each["name"]: each for each in json.loads(done.stdout)["findings"]}
    assert {found[name]["state"] for name in ("Prefect", "worker", "deployments", "MLflow")} == {
        "ok"
    }
    made = cathode("backup", tmp_path / "b.tar", env=up.env)
    assert made.returncode == 0, made.stderr
    second = cathode("up", env=up.env)
    assert "runs already for" in second.stderr
    os.killpg(up.process.pid, signal.SIGINT)
    _, errors = up.process.communicate(timeout=30)
    assert up.process.returncode == 0
    assert errors.strip().endswith("stopped")
    assert up.ended()
    assert not (home / "up.json").exists()
    assert "Traceback" not in (home / "logs" / "worker.log").read_text()


@pytest.mark.slow
def test_a_kill_leaves_nobody_behind_and_the_next_puts_right_what_ran(start, tmp_path):
    home = tmp_path / "home"
    enter(home, tmp_path).close()
    up = start()
    up.wait_until_ready()
    found = up.prefect("deployments/name/turn/small")
    run = up.prefect(f"deployments/{found['id']}/create_flow_run", {})["id"]
    deadline = time.monotonic() + PATIENCE_SECONDS
    while up.prefect(f"flow_runs/{run}")["state"]["type"] != "RUNNING":
        assert time.monotonic() < deadline
        time.sleep(0.1)
    up.family += up.family[0].children(recursive=True)
    up.process.kill()
    assert up.ended()
    again = start()
    again.wait_until_ready()
    state = again.prefect(f"flow_runs/{run}")["state"]
    assert state["type"] == "CRASHED"
    assert "its process was killed" in state["message"]
    found = again.prefect("deployments/name/turn/small")
    late = [again.prefect(f"deployments/{found['id']}/create_flow_run", {}) for _ in range(3)]
    ends = sorted(again.end_of(each["id"])["type"] for each in late)
    assert ends == ["CANCELLED", "CANCELLED", "COMPLETED"], "no slot is left, and none is queued"


@pytest.mark.slow
def test_a_worker_and_an_mlflow_that_die_come_back(start):
    up = start()
    up.wait_until_ready()
    for part, word in (("worker", "prefect"), ("mlflow", "mlflow")):
        guard = psutil.Process(up.told["pids"][part])
        (command,) = (p for p in guard.children() if word in p.cmdline())
        command.kill()
        assert "ended by itself and is started again in 1 s" in up.process.stderr.readline()
    deadline = time.monotonic() + 90
    before = up.prefect("work_pools/local/workers/filter", {})[0]["last_heartbeat_time"]
    while time.monotonic() < deadline:
        try:
            ask(f"{up.told['mlflow']}/health", Access())
            (worker,) = up.prefect("work_pools/local/workers/filter", {})
            if worker["last_heartbeat_time"] != before:
                break
        except OSError:
            pass
        time.sleep(0.5)
    assert time.monotonic() < deadline
    up.family += up.family[0].children(recursive=True)
    up.process.terminate()
    up.process.communicate(timeout=30)
    assert up.ended()


@pytest.mark.slow
def test_a_part_that_cannot_start_ends_the_command_in_a_sentence(env, tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    (home / "mlflow.db").write_text("no database, but long enough to be looked at " * 40)
    ports = ["--port", str(free_port()), "--mlflow-port", str(free_port())]
    done = cathode("up", *ports, env=env | {"CATHODE_HOME": str(home)})
    assert done.returncode == 2
    assert "MLflow cannot be started" in done.stderr
    assert f"look into {home}/logs/mlflow.log" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.slow
def test_without_the_password_nobody_comes_in(start, tmp_path):
    pytest.importorskip("flask_wtf")
    home = tmp_path / "home"
    enter(home, tmp_path).close()
    up = start(CATHODE_AUTH=AUTH)
    up.wait_until_ready()
    inside = Access(auth=AUTH)
    search = f"{up.told['mlflow']}/api/2.0/mlflow/experiments/search"
    for access in (Access(), Access(auth="lab:wrong-horse-battery")):
        for url, body in ((f"{up.told['api']}/flow_runs/filter", {}), (search, {"max_results": 1})):
            with pytest.raises(Refused, match="answered 401"):
                ask(url, access, body)
    assert ask(search, inside, {"max_results": 1})
    assert up.run_to_its_end("turn/small", inside)["type"] == "COMPLETED"
    assert cathode("doctor", env=up.env).returncode in (0, 1)
    for process in psutil.process_iter(["cmdline"]):
        assert not any("horse-battery" in each for each in process.info["cmdline"] or [])
    for file in home.rglob("*"):
        if file.is_file():
            assert b"horse-battery" not in file.read_bytes(), file
    refused = cathode(
        "run",
        tmp_path / "small.yaml",
        env=up.env | {"CATHODE_AUTH": "", "PREFECT_API_URL": up.told["api"]},
    )
    assert refused.returncode == 2
    assert "asks for a password: set CATHODE_AUTH" in refused.stderr


@pytest.mark.slow
def test_everything_lives_on_postgresql(start, postgres, tmp_path):
    server = fresh_database(postgres).rsplit("/", 1)[0]
    up = start("--no-worker", CATHODE_DATABASE_URL=server)
    up.wait_until_ready()
    assert up.told["pids"]["worker"] is None
    ledger = enter(tmp_path, tmp_path, f"{server}/cathode")
    done = cathode(
        "run",
        tmp_path / "small.yaml",
        "--turns",
        "1",
        env=up.env | {"PREFECT_API_URL": up.told["api"]},
    )
    assert done.returncode == 0, done.stderr
    with ledger.read() as connection:
        assert len(turns.history(connection, "small")) == 1
    ledger.close()
    searched = ask(
        f"{up.told['mlflow']}/api/2.0/mlflow/experiments/search", Access(), {"max_results": 9}
    )
    assert "small" in {each["name"] for each in searched["experiments"]}
    home = Path(up.env["CATHODE_HOME"])
    assert not list(home.rglob("*.db")), "nothing is kept in files"
    made = cathode("backup", tmp_path / "b.tar", "--json", env=up.env)
    assert json.loads(made.stdout)["databases"] == ["prefect", "mlflow", "ledger"], made.stderr
    up.process.terminate()
    up.process.communicate(timeout=30)
    assert up.ended()
    restored = cathode("restore", tmp_path / "b.tar", "--force", env=up.env)
    assert restored.returncode == 0, restored.stderr
    assert (
        json.loads(cathode("status", "--json", env=up.env).stdout)["campaigns"][0]["turns_finished"]
        == 1
    )
