"""What `cathode up` costs: until it is ready, memory when idle, a result that is entered, stopping.

A result takes its time from what a page sends when its button is pressed until the ledger has it.
Each start is of a process of its own; the first is in a fresh home, the second finds what the
first one made. The machine's load is told beside each, for others at work make all of it slower.
"""

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil

from benchmarks.publish import publish
from cathode.access import Access
from cathode.ledger import Ledger, campaigns, measurements
from cathode.loop import next_turn, run_turn
from cathode.loop.observations import observe
from cathode.settings import Settings
from cathode.spec import parse_spec
from flows.api import ask
from flows.wiring import build_loop

IDLE_SECONDS = 30.0
"""After so long nothing of the start is left to do."""

RESULTS = 5
"""Results that are entered, one after the other."""

CAMPAIGN: dict[str, Any] = {
    "name": "benchmark",
    "space": {
        "prototype": "layered",
        "sites": {"M": {"step": 0.1, "fractions": {"Ni": {}, "Mn": {}, "Co": {}}}},
    },
    "objectives": [{"property": "discharge_capacity"}],
    "evaluator": {"kind": "lab"},
    "surrogates": [{"kind": "gp"}],
    "initial": 4,
    "batch": 2,
    "budget": {"turns": 2},
}

PARTS = ("up", "prefect", "mlflow", "worker")


def free_ports(number: int) -> list[int]:
    """Ports that nobody has."""
    probes = [socket.socket() for _ in range(number)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    found = [int(probe.getsockname()[1]) for probe in probes]
    for probe in probes:
        probe.close()
    return found


def members(told: dict[str, Any]) -> Iterator[tuple[str, psutil.Process]]:
    """The processes of a platform, each with its part; guards and supervisors count for theirs."""
    own = psutil.Process(told["pids"]["up"])
    yield "up", own
    for part in PARTS[1:]:
        head = psutil.Process(told["pids"][part])
        yield from ((part, each) for each in [head, *head.children(recursive=True)])


def start(home: Path, label: str) -> dict[str, Any]:
    """Start a platform, let it idle, and stop it."""
    load = os.getloadavg()[0]
    port, mlflow_port = free_ports(2)
    command = [Path(sys.executable).with_name("cathode"), "up", "--json"]
    started = time.perf_counter()
    process = subprocess.Popen(
        [*command, "--port", str(port), "--mlflow-port", str(mlflow_port)],
        env={k: v for k, v in os.environ.items() if not k.startswith("PREFECT_")}
        | {"CATHODE_HOME": str(home)},
        stdout=subprocess.PIPE,
        text=True,
    )
    told = json.loads(process.stdout.readline())
    ready = time.perf_counter() - started
    family = list(members(told))
    busy = sum(each.cpu_times().user + each.cpu_times().system for _, each in family)
    own = psutil.Process(told["pids"]["up"]).cpu_times()
    busy += own.children_user + own.children_system  # what registered the deployments
    time.sleep(IDLE_SECONDS)
    memory = dict.fromkeys(PARTS, 0)
    for part, each in members(told):
        memory[part] += each.memory_full_info().pss
    waits = list(submissions(home, told["api"]))
    stopping = time.perf_counter()
    process.terminate()
    process.communicate()
    _, left = psutil.wait_procs([each for _, each in family], timeout=30)
    if left:
        raise RuntimeError(f"{left} outlived it")
    return {
        "start": label,
        "load before": load,
        "ready (s)": ready,
        "CPU until ready (s)": busy,
        **{f"{part} (MB)": size / 1e6 for part, size in memory.items()},
        "idle memory (GB)": sum(memory.values()) / 1e9,
        "result stored, median (s)": statistics.median(waits),
        "result stored, longest (s)": max(waits),
        "stopped (s)": time.perf_counter() - stopping,
    }


def submissions(home: Path, api: str) -> Iterator[float]:
    """Seconds from what a page sends when the button is pressed until the ledger has the result."""
    ledger = Ledger.open(Settings.at(home).ledger_url, create=True)
    try:
        with ledger.write() as connection:
            campaigns.register(connection, parse_spec(CAMPAIGN, "benchmark"), "benchmark")
        loop = build_loop(ledger, Settings.at(home), CAMPAIGN["name"])
        if (turn := next_turn(loop)) is not None:
            run_turn(loop, turn)
        form = ask(f"{api}/deployments/name/submit-result/submit-result", Access())["id"]
        order = observe(ledger, CAMPAIGN["name"]).proposals[0]
        known = {"campaign": CAMPAIGN["name"], "candidate": order.candidate.id, "operator": "Ada"}
        for _ in range(RESULTS):
            before = stored(ledger)
            result = known | {"discharge_capacity": 180 + before, "cell": f"cell {before}"}
            pressed = time.perf_counter()
            body = {"parameters": {"result": result}}
            ask(f"{api}/deployments/{form}/create_flow_run", Access(), body)
            while stored(ledger) == before:
                time.sleep(0.05)
            yield time.perf_counter() - pressed
    finally:
        ledger.close()


def stored(ledger: Ledger) -> int:
    """Results in a ledger."""
    with ledger.read() as connection:
        return len(measurements.every(connection, CAMPAIGN["name"]))


def rows(repeats: int) -> Iterator[dict[str, Any]]:
    """A fresh home, and the same again."""
    for _ in range(repeats):
        with tempfile.TemporaryDirectory() as folder:
            yield start(Path(folder) / "home", "fresh home")
            yield start(Path(folder) / "home", "again")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=1, help="how often both are measured")
    repeats = parser.parse_args().repeats
    publish("platform", f"cathode up on {os.cpu_count()} cores", list(rows(repeats)))
