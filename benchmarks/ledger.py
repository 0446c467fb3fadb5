"""How long a ledger of a million measurements takes to answer, and the overhead of a turn.

Twenty campaigns share the measurements. The turn is of a campaign with 5,000, with a surrogate that
knows the mean alone and random proposals, so that what remains is overhead.

    python -m benchmarks.ledger [--measurements 1000000] [--url postgresql+psycopg://...]
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import insert

from benchmarks.publish import publish
from cathode.ledger import Ledger, campaigns
from cathode.ledger.database import now
from cathode.ledger.tables import candidates, measurements
from cathode.loop import next_turn, run_turn
from cathode.model import Candidate, Prediction, TrainingData
from cathode.physics.formulas import formula
from cathode.report.leaders import leaders
from cathode.report.standing import standing_of
from cathode.settings import Settings
from cathode.space import SearchSpace, Space
from cathode.spec import CampaignSpec, parse_spec
from flows.wiring import build_loop

CAMPAIGNS = 20

A_TURN = 5000
"""Measurements of the campaign whose turn is timed."""

AT_ONCE = 20_000
"""Rows written together."""

REPEATS = 3
"""Of which the quickest counts."""

COMMAND = "from flows.cli.app import main; main()"

PROPERTIES = {"discharge_capacity": ("mAh/g", 180, 10), "capacity_retention": ("%", 85, 5)}
"""What was measured, with its unit, mean and spread."""


def main() -> None:
    """Fill a ledger, and ask."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--measurements", type=int, default=1_000_000)
    parser.add_argument("--url", help="an empty PostgreSQL database; SQLite in a folder if absent")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        url = asked.url or Settings.at(home).ledger_url
        ledger = Ledger.open(url, create=True)
        rows = [
            _row("filled", asked.measurements, _timed(lambda: fill(ledger, asked.measurements)))
        ]
        rows += answers(ledger, home, url, asked.measurements)
        rows.append(_row("turn, all five steps", A_TURN, turn(ledger, home)))
        ledger.close()
    publish("ledger", f"A ledger of {asked.measurements:,} measurements", rows)


def fill(ledger: Ledger, rows: int) -> None:
    """Enter campaigns with so many measurements together, and one for the turn."""
    rng = np.random.default_rng(0)
    each = rows // CAMPAIGNS // len(PROPERTIES)
    space = SearchSpace.from_spec(spec_named("any").space)
    made = space.candidates_at(space.sample(2 * each, rng))
    made = list({candidate.id: candidate for candidate in made}.values())[:each]
    with ledger.write() as connection:
        content = [{"id": c.id, "content": c.content(), "formula": formula(c)} for c in made]
        connection.execute(insert(candidates), content)
    for number in range(CAMPAIGNS):
        _enter(ledger, f"campaign-{number}", made, rng)
    _enter(ledger, "turning", made[: A_TURN // len(PROPERTIES)], rng)


def spec_named(name: str) -> CampaignSpec:
    """A campaign of two properties over 176,851 recipes."""
    fractions = {"step": 0.01, "fractions": {element: {} for element in ("Ni", "Mn", "Co", "Al")}}
    content = {
        "name": name,
        "space": {"prototype": "layered", "sites": {"M": fractions}},
        "objectives": [{"property": "discharge_capacity"}],
        "constraints": [{"property": "capacity_retention", "min": 80}],
        "evaluator": {"kind": "lab"},
        "surrogates": [{"kind": "gp", "kernel": "linear"}],
        "proposer": {"kind": "random"},
        "initial": 4,
        "batch": 4,
        "budget": {"turns": 1000},
    }
    return parse_spec(content, name)


def _enter(ledger: Ledger, name: str, made: Sequence[Candidate], rng: np.random.Generator) -> None:
    with ledger.write() as connection:
        campaigns.register(connection, spec_named(name), "benchmark")
    for prop, (unit, mean, spread) in PROPERTIES.items():
        values = rng.normal(mean, spread, len(made)).tolist()
        for start in range(0, len(made), AT_ONCE):
            rows = [
                _measurement(name, candidate.id, prop, unit, value)
                for candidate, value in zip(
                    made[start : start + AT_ONCE], values[start : start + AT_ONCE], strict=True
                )
            ]
            with ledger.write() as connection:
                connection.execute(insert(measurements), rows)


def _measurement(
    campaign: str, candidate: str, prop: str, unit: str, value: float
) -> dict[str, Any]:
    return {
        "campaign": campaign,
        "candidate": candidate,
        "property": prop,
        "unit": unit,
        "value": value,
        "status": "ok",
        "source": "benchmark",
        "fidelity": "lab",
        "conditions": {"c_rate": 0.1, "operator": "Ada", "note": "x" * 80},
        "recorded_by": "benchmark",
        "recorded_at": now(),
        "submission": f"{campaign}/{candidate}/{prop}",
    }


def answers(ledger: Ledger, home: Path, url: str, rows: int) -> list[dict[str, Any]]:
    """How long questions take, inside a process and as commands."""
    one = "campaign-7"
    environment = os.environ | {"CATHODE_HOME": str(home), "CATHODE_LEDGER_URL": url}

    def asked(*arguments: str) -> Callable[[], object]:
        line = [sys.executable, "-c", COMMAND, *arguments]
        return lambda: subprocess.run(line, env=environment, check=True, capture_output=True)

    questions: dict[str, Callable[[], object]] = {
        "where one campaign stands": lambda: standing_of(ledger, one),
        "its best ten": lambda: leaders(ledger, one, 10),
        "cathode --help (imports alone)": asked("--help"),
        f"cathode status {one}": asked("status", one),
        f"cathode best {one}": asked("best", one),
        f"cathode status ({CAMPAIGNS + 1} campaigns)": asked("status"),
    }
    return [
        _row(name, rows, min(_timed(question) for _ in range(REPEATS)))
        for name, question in questions.items()
    ]


class MeanAlone:
    """A surrogate that costs nothing: what it would cost is no overhead.

    Args:
        space: what is searched.
    """

    name = "mean alone"

    def __init__(self, space: Space) -> None:
        self.space = space

    def fit(self, data: TrainingData, seed: int, widening: float = 1.0) -> "FittedMean":  # noqa: ARG002
        """The mean and the spread of the values."""
        return FittedMean(float(data.y.mean()), float(data.y.std()))


@dataclass(frozen=True)
class FittedMean:
    """The mean of all values."""

    mean: float
    spread: float
    name: str = MeanAlone.name
    origins: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def predict(self, X: NDArray[np.float64]) -> Prediction:
        """The same everywhere."""
        return Prediction(np.full(len(X), self.mean), np.full(len(X), self.spread))


def turn(ledger: Ledger, home: Path) -> float:
    """Seconds of a turn's steps."""
    loop = build_loop(ledger, Settings.at(home), "turning")
    loop = replace(loop, surrogates={MeanAlone.name: MeanAlone(loop.space)})
    begun = next_turn(loop)
    assert begun is not None  # noqa: S101 - its budget is not spent
    return _timed(lambda: run_turn(loop, begun))


def _timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _row(what: str, rows: int, seconds: float) -> dict[str, Any]:
    return {"question": what, "measurements": rows, "time (s)": seconds}


if __name__ == "__main__":
    main()
