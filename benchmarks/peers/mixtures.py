"""Spaces of mixtures that are made at some temperature for some time, and what was made so far."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from math import comb
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.peers.protocol import answers

TEMPERATURES = tuple(range(700, 1101, 50))
HOURS = (6, 12, 18, 24, 30)
BATCH = 4
OBSERVED = 50


@dataclass(frozen=True)
class Mixture:
    """All mixtures of some parts in equal steps, times all temperatures and hours.

    Attributes:
        parts: number of fractions; they sum to one.
        steps: equal steps from 0 to 1.
    """

    parts: int
    steps: int

    @property
    def size(self) -> int:
        """Number of candidates."""
        return comb(self.steps + self.parts - 1, self.parts - 1) * len(TEMPERATURES) * len(HOURS)

    @property
    def names(self) -> list[str]:
        """Names of the fractions."""
        return [f"x{i}" for i in range(self.parts)]

    def sample(self, n: int, rng: np.random.Generator) -> NDArray[np.float64]:
        """Candidates drawn uniformly: steps of each part, temperature, hours; shape (n, parts + 2).

        The steps are what lies between bars at random places among them ("stars and bars").
        """
        rows = []
        for _ in range(n):
            places = self.steps + self.parts - 1
            bars = np.sort(rng.choice(places, self.parts - 1, replace=False))
            counts = np.diff(np.concatenate([[-1], bars, [places]])) - 1
            rows.append([*counts, rng.choice(TEMPERATURES), rng.choice(HOURS)])
        return np.array(rows, dtype=float)

    def observations(self, seed: int = 0) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Candidates made so far, as ``sample`` gives them, and what was measured, with noise."""
        rng = np.random.default_rng(seed)
        rows = self.sample(OBSERVED, rng)
        waves = np.sin(7 * rows[:, : self.parts] / self.steps @ np.arange(1, self.parts + 1))
        conditions = np.cos((rows[:, -2] - 700) / 90) + np.sin(rows[:, -1] / 5)
        return rows, waves + conditions + rng.normal(0, 0.1, OBSERVED)

    def scaled(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Candidates with fractions for steps, and conditions in [0, 1]."""
        low = np.array([0] * self.parts + [TEMPERATURES[0], HOURS[0]])
        high = np.array([self.steps] * self.parts + [TEMPERATURES[-1], HOURS[-1]])
        return (rows - low) / (high - low)

    def members(self, batch: NDArray[np.float64]) -> int:
        """How many different rows of a batch of steps and conditions are in the space as given."""
        good = {
            tuple(row)
            for row in np.round(batch, 6).tolist()
            if all(count >= 0 and count == round(count) for count in row[:-2])
            and sum(row[:-2]) == self.steps
            and row[-2] in TEMPERATURES
            and row[-1] in HOURS
        }
        return len(good)


CASES = {"listed": Mixture(parts=5, steps=20), "wide": Mixture(parts=8, steps=100)}
"""A space that can be listed (478,170 candidates), and one that cannot (1.2 × 10¹²)."""

Build = Callable[[Mixture], Any]
Suggest = Callable[[Mixture, Any], NDArray[np.float64]]


def peak_memory() -> int:
    """The most memory that this process ever held (bytes); Linux alone tells."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    (line,) = (line for line in lines if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024


def measure(case: str, build: Build, suggest: Suggest) -> None:
    """Time the making of a campaign with its observations and a batch; print both as JSON."""
    mixture = CASES[case]
    with answers() as out:
        started = _clocks()
        campaign = build(mixture)
        ready = _clocks()
        batch = suggest(mixture, campaign)
        ended = _clocks()
        content = {
            "build_s": ready[0] - started[0],
            "suggest_s": ended[0] - ready[0],
            "suggest_cpu_s": ended[1] - ready[1],
            "peak_bytes": peak_memory(),
            "batch": np.asarray(batch).tolist(),
            "members": mixture.members(np.asarray(batch, dtype=float)),
        }
        out.write(json.dumps(content) + "\n")


def _clocks() -> tuple[float, float]:
    """Time on the wall and of the processor (s); others may share the processor."""
    return time.perf_counter(), time.process_time()
