"""Replay a peer on a table, one experiment at a time, and keep what is finished."""

import hashlib
import json
import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from cathode.errors import CathodeError
from cathode.evaluation.backtest import Goal, found_share
from cathode.settings import REPOSITORY
from cathode.sources.numeric_table import NumericTable
from flows.backtesting import START, Kept, Replay


class PeerError(CathodeError):
    """A peer did not answer, or with what is no answer."""


@dataclass(frozen=True)
class Stream:
    """A running process that answers one JSON line with another.

    Attributes:
        process: with pipes for standard input and output.
    """

    process: "subprocess.Popen[str]"

    def ask(self, question: dict[str, Any]) -> int:
        """The row it suggests.

        Raises:
            PeerError: it ended, answered with an error, or suggests a row that cannot be.
        """
        try:
            self.process.stdin.write(json.dumps(question) + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            msg = f"{self.process.args} ended with code {self.process.wait()}: see its words above"
            raise PeerError(msg)
        answer = json.loads(line)
        if "error" in answer:
            raise PeerError(f"{self.process.args} answered: {answer['error']}")
        if answer["index"] not in set(range(len(question["rows"]))) - set(question["observed"]):
            msg = f"{self.process.args} suggests row {answer['index']}, which is not to be tested"
            raise PeerError(msg)
        return answer["index"]


@contextmanager
def opened(command: Sequence[str | Path]) -> Iterator[Stream]:
    """Start a peer; its one thread is what the product's replays have too."""
    process = subprocess.Popen(
        list(map(str, command)),
        cwd=REPOSITORY,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield Stream(process)
    finally:
        process.kill()
        process.communicate()


def question(
    table: NumericTable, goal: Goal, tested: Sequence[int], seed: int, rows: list[list[float]]
) -> dict[str, Any]:
    """What ``cathode suggest --stream`` and every peer read."""
    return {
        "columns": list(table.columns),
        "rows": rows,
        "observed": list(tested),
        "values": table.y[list(tested)].tolist(),
        "goal": goal,
        "seed": seed,
    }


def replay(table: NumericTable, goal: Goal, stream: Stream, seed: int) -> Replay:
    """Test row after row as ``flows.backtesting.replay`` does, from the same random start."""
    rng = np.random.default_rng(seed)
    start = rng.choice(len(table), size=min(START, len(table)), replace=False)
    tested, rows = [int(row) for row in start], table.X.tolist()
    while found_share(tested, table.y, goal)[-1] < 1:
        tested.append(stream.ask(question(table, goal, tested, seed, rows)))
    return Replay(tested, [])


@dataclass(frozen=True)
class PeerBacktest:
    """Replays of one peer, kept in a folder as they finish.

    Attributes:
        table: the answers.
        goal: whether large or small values are wanted.
        command: starts the peer.
        sources: files that decide what it suggests; replays are kept under a hash of them.
        folder: where finished replays are kept; those of equal content are found again.
    """

    table: NumericTable
    goal: Goal
    command: tuple[str | Path, ...]
    sources: tuple[Path, ...]
    folder: Path

    def replays(self, seeds: Sequence[int]) -> Iterator[tuple[int, Replay]]:
        """Seeds with their replays, as they are done; kept ones first."""
        kept, missing = Kept(self.folder / self._key), []
        for seed in seeds:
            known = kept.get(seed)
            if known is None:
                missing.append(seed)
            else:
                yield seed, known
        if not missing:
            return
        with opened(self.command) as stream:
            for seed in missing:
                done = replay(self.table, self.goal, stream, seed)
                kept.put(seed, done)
                yield seed, done

    @cached_property
    def _key(self) -> str:
        content = {
            "sources": [hashlib.sha256(file.read_bytes()).hexdigest() for file in self.sources],
            # Where the interpreter lies decides nothing.
            "command": [str(word) for word in self.command[1:]],
            "goal": self.goal,
            "X": self.table.X.tolist(),
            "y": self.table.y.tolist(),
        }
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]
