"""What a campaign costs: wall time, start of the server, overhead of a turn, memory.

Runs ``cathode run campaigns/layered_oxide.yaml`` in a fresh home, as ``make run`` does, with a
Prefect server that was started beforehand so that its start can be timed by itself.
"""

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from benchmarks.publish import publish
from cathode.settings import REPOSITORY, Settings

SAMPLE_SECONDS = 0.5


def proportional_memory(process: psutil.Process) -> int:
    """Memory of a process and all it started (bytes), shared pages counted once."""
    gone = (psutil.NoSuchProcess, psutil.AccessDenied)
    total, members = 0, [process]
    with suppress(*gone):
        members += process.children(recursive=True)
    for member in members:
        with suppress(*gone):
            total += member.memory_full_info().pss
    return total


@contextmanager
def watching_memory() -> Iterator[list[int]]:
    """Collect the memory of all this process started (bytes), without its own."""
    samples: list[int] = []
    stop = threading.Event()
    me = psutil.Process()

    def watch() -> None:
        while not stop.wait(SAMPLE_SECONDS):
            samples.append(sum(proportional_memory(child) for child in me.children()))

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield samples
    finally:
        stop.set()
        watcher.join()


def overheads(campaign: str, home: Path) -> list[float]:
    """Per turn the flow run's time (s) without its retrain and dispatch steps."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas import filters

    from cathode.ledger import Ledger, turns

    ledger = Ledger.open(f"sqlite:///{home / 'ledger.db'}")
    with ledger.read() as connection:
        history = turns.history(connection, campaign)
    mine = filters.FlowRunFilter(tags=filters.FlowRunFilterTags(all_=[campaign]))
    with get_client(sync_client=True) as client:
        runs = {run.name: run.total_run_time for run in client.read_flow_runs(flow_run_filter=mine)}
    return [
        runs[f"{campaign} turn {record.turn.number}"].total_seconds()
        - record.seconds["retrain"]
        - record.seconds["dispatch"]
        for record in history
    ]


def run(spec: Path, home: Path) -> dict[str, object]:
    """Run the campaign and measure."""
    from flows.environment import prepare
    from flows.server import prefect_server

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    os.environ |= {
        "CATHODE_HOME": str(home),
        "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
        "PREFECT_HOME": str(home / "prefect"),
    }
    settings = Settings.from_environment()
    prepare(settings)
    with watching_memory() as memory:
        started = time.perf_counter()
        with prefect_server(settings) as wait_until_ready:
            wait_until_ready()
            server = time.perf_counter() - started
            started = time.perf_counter()
            command = [str(Path(sys.executable).with_name("cathode")), "run", str(spec), "--json"]
            done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
            wall = time.perf_counter() - started
            found = json.loads(done.stdout)
            extra = overheads(found["campaign"], home)
    return {
        "candidates": found["candidates"],
        "turns": found["turns"],
        "server start (s)": server,
        "run (s)": wall,
        "both (s)": server + wall,
        "overhead per turn (s)": f"{min(extra):.2f} to {max(extra):.2f}",
        "peak memory (GB)": max(memory) / 1e9,
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "spec", nargs="?", type=Path, default=REPOSITORY / "campaigns" / "layered_oxide.yaml"
    )
    spec = parser.parse_args().spec.resolve()
    home_of_results = os.environ.get("CATHODE_HOME")
    with tempfile.TemporaryDirectory() as folder:
        row = run(spec, Path(folder))
    os.environ.pop("CATHODE_HOME")
    if home_of_results:
        os.environ["CATHODE_HOME"] = home_of_results
    publish("loop", f"{spec.name} from a fresh home", [row])
