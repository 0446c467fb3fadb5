"""Ctrl-C in the middle of evaluations that take minutes."""

import os
import signal
import subprocess
import time

import psutil
import pytest

from cathode.ledger import Ledger, proposals
from cathode.settings import REPOSITORY
from tests.flows.commands import COMMAND

PATIENCE_SECONDS = 60
"""Far more than it takes to stop, far less than one answer of the full profile."""


def wait_until_asked(run: "subprocess.Popen[str]", url: str) -> None:
    """Return when the run evaluates its first proposals."""
    while "runs; watch it at" not in run.stderr.readline():
        assert run.poll() is None
    ledger, deadline = Ledger.open(url), time.monotonic() + 60
    while time.monotonic() < deadline:
        with ledger.read() as connection:
            if proposals.of_campaign(connection, "layered-oxide"):
                return
        time.sleep(0.2)
    raise TimeoutError


@pytest.mark.slow
def test_a_run_stops_at_once_and_leaves_nobody_behind(env, tmp_path):
    text = (REPOSITORY / "campaigns" / "layered_oxide.yaml").read_text()
    spec, home = tmp_path / "slow.yaml", tmp_path / "home"
    spec.write_text(text.replace("profile: quick", "profile: full"))
    run = subprocess.Popen(
        [COMMAND, "run", str(spec)],
        env=env | {"CATHODE_HOME": str(home)},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # as in a terminal: Ctrl-C reaches the workers too
    )
    wait_until_asked(run, f"sqlite:///{home / 'ledger.db'}")
    family = psutil.Process(run.pid).children(recursive=True)
    os.killpg(run.pid, signal.SIGINT)
    _, errors = run.communicate(timeout=PATIENCE_SECONDS)
    assert run.returncode == 130
    assert "Interrupted; nothing is lost. The same command continues." in errors
    assert "Traceback" not in errors
    _, alive = psutil.wait_procs(family, timeout=20)
    assert len(family) >= 2
    assert alive == []
