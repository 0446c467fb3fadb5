"""What one proposal costs: time and memory, each tool in a process of its own with one thread.

``table``: the next of 600 rows with 100 tested. ``listed`` and ``wide``: a batch of four after 50
observations, from a space that can be listed and from one that cannot
(``benchmarks/peers/mixtures.py``).
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from benchmarks.peer_replays import PeerError, Stream, opened
from benchmarks.peers.mixtures import BATCH, CASES
from cathode.settings import REPOSITORY

ROWS, COLUMNS, TESTED = 600, 5, 100

PATIENCE_S = 1800
"""After so long (s) a batch is given up."""

PRODUCT = (Path(sys.executable).with_name("cathode"), "suggest", "--stream")


@dataclass(frozen=True)
class Cost:
    """What a proposal cost.

    Attributes:
        start_s: to take in the space and all observations but, for a table, the last one; for a
            table with the proposal that comes of it (s).
        suggest_s: of the proposal alone, imports excluded (s).
        suggest_cpu_s: the same in time of the processor, which a busy machine hardly changes (s).
        peak_bytes: the most memory the process held, imports included.
        valid: what of the batch is in the space as it stands.
    """

    start_s: float
    suggest_s: float
    suggest_cpu_s: float
    peak_bytes: int
    valid: str

    @property
    def row(self) -> dict[str, Any]:
        """For a table."""
        return {
            "start (s)": self.start_s,
            "proposal (s)": self.suggest_s,
            "proposal (CPU s)": self.suggest_cpu_s,
            "peak memory (GB)": self.peak_bytes / 1e9,
            "valid": self.valid,
        }


def table_cost(command: tuple[str | Path, ...]) -> Cost:
    """One suggestion by anything that speaks the line protocol.

    A small question comes first, so that everything is imported, then one with all but the last
    observation, then the one that is timed: a tool that keeps its campaign has only that to add.
    """
    with opened(command) as stream:
        stream.ask(_question(20, 5))
        start, _ = _timed(stream, TESTED - 1)
        return Cost(start, *_timed(stream, TESTED), _peak_of(stream.process.pid), "1 of 1")


def _timed(stream: Stream, tested: int) -> tuple[float, float]:
    """Time of an answer on the wall and of the processor (s)."""
    question, process = _question(ROWS, tested), psutil.Process(stream.process.pid)
    started, busy = time.perf_counter(), process.cpu_times()
    stream.ask(question)
    ended = process.cpu_times()
    cpu = ended.user + ended.system - busy.user - busy.system
    return time.perf_counter() - started, cpu


def _question(rows: int, tested: int) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    X = rng.random((rows, COLUMNS)).round(4)
    y = np.sin(5 * X @ np.arange(1, COLUMNS + 1)) + rng.normal(0, 0.1, rows)
    return {
        "columns": [f"x{i}" for i in range(COLUMNS)],
        "rows": X.tolist(),
        "observed": list(range(tested)),
        "values": y[:tested].tolist(),
        "goal": "max",
        "seed": 0,
    }


def _peak_of(pid: int) -> int:
    """The most memory a living process ever held (bytes); Linux alone tells."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    (line,) = (line for line in lines if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024


def batch_cost(module: str, case: str, python: str | Path) -> Cost:
    """A batch by a module that measures itself (``benchmarks/peers/mixtures.py``).

    Raises:
        PeerError: it failed, and its own words are on stderr, or it took too long.
    """
    try:
        done = subprocess.run(
            [python, "-m", module, case],
            cwd=REPOSITORY,
            env=os.environ | {"OMP_NUM_THREADS": "1"},
            stdout=subprocess.PIPE,
            text=True,
            check=False,
            timeout=PATIENCE_S,
        )
    except subprocess.TimeoutExpired as error:
        raise PeerError(f"{module} {case} gave no batch within {PATIENCE_S} s") from error
    if done.returncode:
        raise PeerError(f"{module} {case} ended with code {done.returncode}: see its words above")
    found = json.loads(done.stdout)
    valid = f"{found['members']} of {BATCH}"
    times = (found["build_s"], found["suggest_s"], found["suggest_cpu_s"])
    return Cost(*times, found["peak_bytes"], valid)


def costs(peers: dict[str, tuple[tuple[str | Path, ...], str]], python: Path) -> list[dict]:
    """Rows for a table, the product's first.

    Args:
        peers: per tool what starts its stream, and its script for batches.
        python: of the peers' environment.
    """
    rows = [_row("table", "cathode", partial(table_cost, PRODUCT))]
    rows += [
        _row("table", name, partial(table_cost, stream)) for name, (stream, _) in peers.items()
    ]
    for case in CASES:
        own = partial(batch_cost, "benchmarks.product_batch", case, sys.executable)
        rows.append(_row(case, "cathode", own))
        for name, (_, batch) in peers.items():
            module = f"benchmarks.peers.{batch}"
            rows.append(_row(case, name, partial(batch_cost, module, case, python)))
    return rows


def _row(case: str, name: str, measure: Callable[[], Cost]) -> dict[str, Any]:
    print(f"measuring {case}: {name}", file=sys.stderr, flush=True)
    size = ROWS if case == "table" else CASES[case].size
    head = {"case": case, "candidates": f"{size:,}", "tool": name}
    try:
        return head | measure().row | {"note": ""}
    except PeerError as error:
        empty = dict.fromkeys(Cost(0, 0, 0, 0, "").row, "–")
        return head | empty | {"note": f"not measured: {error}"}
