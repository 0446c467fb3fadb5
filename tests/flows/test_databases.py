"""The databases of Prefect and MLflow: whole or not at all, and copied where set-up made them."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing

import pytest
from mlflow.tracking import MlflowClient

from flows import databases

# Without the template, the migrations run.
MAKER = """
import sys
from pathlib import Path
from flows import databases
databases.template = lambda package: Path("there is none")
databases.ensure_{package}(*sys.argv[1:])
"""


def making(package, *arguments, **environment) -> "subprocess.Popen[bytes]":
    code = MAKER.format(package=package)
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        env=os.environ | environment,
        stderr=subprocess.PIPE,
    )


def tables(file) -> set[str]:
    with closing(sqlite3.connect(file)) as connection:
        return {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}


def mlflow_works(url) -> bool:
    client = MlflowClient(url)
    run = client.create_run(client.create_experiment("one"))
    client.log_metric(run.info.run_id, "m", 1.0)
    return client.get_run(run.info.run_id).data.metrics == {"m": 1.0}


def test_a_kill_while_it_is_made_leaves_none_behind(tmp_path):
    file = tmp_path / "home" / "mlflow.db"
    maker = making("mlflow", f"sqlite:///{file}")
    while not list(tmp_path.glob("home/*/mlflow.db")):
        assert maker.poll() is None
        time.sleep(0.01)
    time.sleep(0.5)  # amid the migrations
    maker.kill()
    maker.communicate()
    assert maker.returncode == -signal.SIGKILL
    assert not file.exists()
    databases.ensure_mlflow(f"sqlite:///{file}")
    assert mlflow_works(f"sqlite:///{file}")


@pytest.mark.slow
def test_two_that_make_it_at_once_share_one(tmp_path):
    makers = [making("prefect", PREFECT_HOME=str(tmp_path)) for _ in range(2)]
    for maker in makers:
        _, errors = maker.communicate(timeout=240)
        assert maker.returncode == 0, errors.decode()
    assert {"flow_run", "task_run", "artifact"} <= tables(tmp_path / "prefect.db")
    assert {p.name for p in tmp_path.iterdir()} == {"prefect.db", "prefect.db.lock"}


def test_what_set_up_made_is_copied(tmp_path, monkeypatch):
    made = tmp_path / "set-up" / "mlflow.db"
    made.parent.mkdir()
    with closing(sqlite3.connect(made)) as connection:
        connection.execute("CREATE TABLE known_by_this (x)")
    monkeypatch.setattr(databases, "template", lambda _: made)
    databases.ensure_mlflow(f"sqlite:///{tmp_path}/home/mlflow.db")
    assert tables(tmp_path / "home" / "mlflow.db") == {"known_by_this"}


def test_what_is_there_stays(tmp_path, monkeypatch):
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path))
    (tmp_path / "prefect.db").write_text("mine")
    databases.ensure_prefect()
    assert (tmp_path / "prefect.db").read_text() == "mine"


@pytest.mark.parametrize("url", ["http://mlflow.example:5000", "postgresql://db.example/mlflow"])
def test_addresses_of_others_are_left_alone(url, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    databases.ensure_mlflow(url)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", databases.PREFECT_URLS)
def test_a_prefect_database_of_the_users_choice_is_left_to_prefect(name, tmp_path, monkeypatch):
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path))
    monkeypatch.setenv(name, "postgresql+asyncpg://db.example/prefect")
    databases.ensure_prefect()
    assert list(tmp_path.iterdir()) == []
