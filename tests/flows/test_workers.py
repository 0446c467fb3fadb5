"""Processes that evaluate, and what happens when they or their parent die."""

import os
import signal
import subprocess
import sys
import time
from fractions import Fraction

import psutil
import pytest

from cathode.errors import ServiceError
from cathode.model import Candidate, Status
from cathode.settings import Settings
from cathode.spec import CheaperSpec, GPSpec, TableSpec
from flows.processes import ORPHAN_CHECK_SECONDS
from flows.workers import WorkerPool, Workers

CANDIDATE = Candidate.of("layered", {"M": {"Ni": Fraction(7, 10), "Mn": Fraction(3, 10)}})


@pytest.fixture
def settings(tmp_path):
    return Settings.at(tmp_path / "home", workers=2)


def workers_of(process: psutil.Process) -> list[psutil.Process]:
    return [child for child in process.children() if "spawn_main" in command_of(child)]


def command_of(process: psutil.Process) -> str:
    """Its command line; nothing of one that has ended, as a killed child of another test has."""
    try:
        return " ".join(process.cmdline())
    except psutil.NoSuchProcess:  # zombies are a case of it
        return ""


def test_answers_are_those_of_the_evaluator_itself(small_spec, settings):
    from agents.evaluators.registry import build_evaluator

    pool = WorkerPool(small_spec, settings)
    try:
        found = pool.evaluate(CANDIDATE)
    finally:
        pool.close()
    assert found == build_evaluator(small_spec, settings.cache).evaluate(CANDIDATE)
    assert {m.status for m in found} == {Status.OK}


def test_each_evaluator_of_a_campaign_has_a_pool_of_its_own(small_spec, settings, tmp_path):
    table = tmp_path / "quick.csv"
    table.write_text("Ni,Mn,Co,specific_energy (Wh/kg)\n0.6,0.2,0.2,123\n")
    quick = CheaperSpec(cost=0.1, evaluator=TableSpec(kind="table", path=table))
    spec = small_spec.model_copy(
        update={"cheaper": {"quick": quick}, "surrogates": (GPSpec(kind="gp"),)}
    )
    candidate = Candidate.of(
        "layered", {"M": {"Ni": Fraction(3, 5), "Mn": Fraction(1, 5), "Co": Fraction(1, 5)}}
    )
    try:
        own, cheap = (Workers.for_campaign(spec, settings, name) for name in (None, "quick"))
        assert own is not cheap
        assert Workers.for_campaign(spec, settings, "quick") is cheap
        (answer,) = cheap.evaluate(candidate)
        assert answer.value == 123
        assert len(own.evaluate(candidate)) == 2
    finally:
        Workers.close()


def test_a_worker_that_dies_is_reported_with_what_to_do(small_spec, settings):
    before = set(workers_of(psutil.Process()))
    pool = WorkerPool(small_spec, settings)
    try:
        pool.evaluate(CANDIDATE)
        for worker in set(workers_of(psutil.Process())) - before:
            worker.send_signal(signal.SIGKILL)
        with pytest.raises(ServiceError, match="set CATHODE_WORKERS lower"):
            for _ in range(100):  # the pool needs a moment to see it
                pool.evaluate(CANDIDATE)
                time.sleep(0.1)
    finally:
        pool.close()


PARENT = """
import sys, time
from pathlib import Path
from cathode.settings import Settings
from cathode.spec import CheaperSpec, GPSpec, TableSpec
from cathode.spec import load_spec
from flows.workers import WorkerPool, Workers

if __name__ == "__main__":
    pool = WorkerPool(load_spec(Path(sys.argv[1])), Settings.at(Path(sys.argv[2]), workers=2))
    time.sleep(600)
"""


def test_workers_follow_a_killed_parent(write_campaign, tmp_path):
    script = tmp_path / "parent.py"
    script.write_text(PARENT)
    parent = subprocess.Popen(
        [sys.executable, script, write_campaign(), tmp_path / "home"],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    family = psutil.Process(parent.pid)
    deadline = time.monotonic() + 60
    while len(workers_of(family)) < 2 and time.monotonic() < deadline:
        time.sleep(0.2)
    orphans = workers_of(family)
    assert len(orphans) == 2
    parent.kill()
    parent.wait()
    _, alive = psutil.wait_procs(orphans, timeout=ORPHAN_CHECK_SECONDS + 20)
    assert alive == []
