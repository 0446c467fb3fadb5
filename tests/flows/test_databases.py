"""MLflow's database is there whole, or not at all."""

import signal
import subprocess
import sys
import time

import pytest
from mlflow.tracking import MlflowClient

from flows.tracking import ensure_database

MAKER = "import sys; from flows.tracking import ensure_database; ensure_database(sys.argv[1])"


def make(url: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-c", MAKER, url], stderr=subprocess.PIPE)


def works(url: str) -> bool:
    client = MlflowClient(url)
    run = client.create_run(client.create_experiment("one"))
    client.log_metric(run.info.run_id, "m", 1.0)
    return client.get_run(run.info.run_id).data.metrics == {"m": 1.0}


def test_a_kill_while_it_is_made_leaves_none_behind(tmp_path):
    file = tmp_path / "home" / "mlflow.db"
    maker = make(f"sqlite:///{file}")
    while not list(tmp_path.glob("home/*/mlflow.db")):
        assert maker.poll() is None
        time.sleep(0.01)
    time.sleep(0.5)  # amid the migrations
    maker.kill()
    maker.communicate()
    assert maker.returncode == -signal.SIGKILL
    assert not file.exists()
    ensure_database(f"sqlite:///{file}")
    assert works(f"sqlite:///{file}")


def test_two_that_make_it_at_once_share_one(tmp_path):
    url = f"sqlite:///{tmp_path}/mlflow.db"
    makers = [make(url) for _ in range(2)]
    for maker in makers:
        _, errors = maker.communicate(timeout=120)
        assert maker.returncode == 0, errors.decode()
    assert works(url)


@pytest.mark.parametrize("url", ["http://mlflow.example:5000", "postgresql://db.example/mlflow"])
def test_addresses_of_others_are_left_alone(url, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ensure_database(url)
    assert list(tmp_path.iterdir()) == []
