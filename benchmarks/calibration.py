"""Do the surrogates' intervals hold what they promise of candidates that nobody measured yet?

For every shipped example training sets grow as the campaign's do: by a Sobol design, at random, and
as the loop itself chooses. The surrogates of the spec predict fresh candidates drawn at random from
the space, and it is counted how many answers their 50, 80 and 95 % intervals hold. What the loop
says of it by itself, from folds of the training set, stands beside.

CHGNet answers all of ``layered_oxide`` once, over an hour by estimate on a core (with ``--answers``
less of it, and the loop cannot be measured); Materials Project's table answers ``mp_screening``; a
synthetic truth with noise stands in for the labs of the others (``calibration_labs.py``). Answers
and finished trials are kept: a stopped benchmark goes on where it was.
"""

import argparse
import hashlib
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import track

from agents.evaluators.cache import ContentCache
from benchmarks.calibration_tables import Row, by_model, by_training, details, picture, with_serving
from benchmarks.calibration_trials import TRAININGS, trial, within_budget
from benchmarks.calibration_worlds import EXAMPLES, answer, world
from benchmarks.publish import publish
from cathode.errors import SourceError
from cathode.report.figures.canvas import png
from cathode.settings import REPOSITORY, Settings
from flows.backtesting import code_digest
from flows.processes import Processes

TURNS = (0, 2, 5)
"""After the initial design and after so many batches it is looked at what was learned."""

FEWEST_ANSWERS = 40
"""Of CHGNet: less leaves too few to predict."""


@dataclass(frozen=True)
class Settled:
    """What is the same for all trials.

    Attributes:
        turns: after how many batches to look; 0 is after the initial design.
        seeds: trials of each, seeds 0, 1, ...
        cache: folder of CHGNet's relaxations.
        answers: candidates of its space that CHGNet answers; None for all.
    """

    turns: tuple[int, ...]
    seeds: int
    cache: Path
    answers: int | None = None


def once(example: str, training: str, settled: Settled, seed: int) -> list[Row]:
    """One trial, kept under all that decides it."""
    known = world(example, seed, settled.cache, settled.answers)
    turns = within_budget(known.spec, settled.turns)
    key = {
        "spec": known.spec.digest(),
        "who": getattr(known.evaluator, "source", known.who),
        "unanswered": [candidate.id for candidate in known.unanswered],
        "training": training,
        "turns": turns,
        "seed": seed,
        "code": [code_digest(), _own_digest()],
    }
    folder = Settings.from_environment().home / "benchmarks" / "calibration"
    rows = ContentCache(folder).get(key, lambda: trial(known, training, turns, seed))
    return [{"example": example, "training": training, "seed": seed} | row for row in rows]


def _own_digest() -> str:
    """A hash of what decides here and is not among what decides in the product."""
    sources = [
        REPOSITORY / "benchmarks" / f"calibration_{n}.py" for n in ("trials", "worlds", "labs")
    ]
    sources += sorted((REPOSITORY / "agents" / "evaluators").rglob("*.py"))
    return hashlib.sha256(b"".join(file.read_bytes() for file in sources)).hexdigest()


def measure(examples: Sequence[str], trainings: Sequence[str], settled: Settled) -> list[Row]:
    """Rows of all trials; what cannot be measured is skipped, and said."""
    console, rows = Console(stderr=True), []
    for example in examples:
        try:
            answer(example, settled.cache, settled.answers, console)
        except SourceError as error:
            console.print(f"{example} skipped: {error}", soft_wrap=True)
            continue
        few = len(world(example, 0, settled.cache, settled.answers).unanswered)
        with Processes(min(settled.seeds, Settings.from_environment().workers)) as pool:
            for training in trainings:
                if training == "loop" and few:
                    said = f"{example}, loop skipped: it may ask for one of {few} without an answer"
                    console.print(said, soft_wrap=True)
                    continue
                work = [
                    pool.submit(once, example, training, settled, seed)
                    for seed in range(settled.seeds)
                ]
                for each in track(work, f"{example}, {training}", console=console):
                    rows += each.result()
    return rows


def write(rows: Sequence[Row], seeds: int, out: Path) -> list[Path]:
    """Print the tables and write them, and the picture, into a folder; returns the files."""
    usable = with_serving(rows)
    if not usable:
        return []
    failed = [row for row in rows if "error" in row]
    title = f"What serves, of fresh candidates; mean ± standard error over {seeds} seeds"
    files = [
        publish(
            "calibration",
            title,
            by_training(usable),
            folder=out,
            details=details(usable),
            failed=failed,
        ),
        publish("calibration_models", "All training sets together", by_model(usable), folder=out),
    ]
    drawn = out / "calibration.png"
    drawn.write_bytes(png(picture(usable)))
    print(f"Written: {drawn}" + (f"; {len(failed)} fits failed, see the file" if failed else ""))
    return files


if __name__ == "__main__":
    settings = Settings.from_environment()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--examples", nargs="+", choices=EXAMPLES, default=list(EXAMPLES))
    parser.add_argument("--trainings", nargs="+", choices=list(TRAININGS), default=list(TRAININGS))
    parser.add_argument("--turns", nargs="+", type=int, default=list(TURNS), help="0 is the design")
    parser.add_argument("--seeds", type=int, default=10, help="trials of each, seeds 0, 1, ...")
    parser.add_argument("--answers", type=int, help="of CHGNet, for less than its whole space")
    parser.add_argument("--cache", type=Path, default=settings.cache, help="CHGNet's answers")
    parser.add_argument("--out", type=Path, default=settings.home / "benchmarks", help="a folder")
    parser.add_argument("--json", action="store_true", help="print the files written instead")
    asked = parser.parse_args()
    if asked.seeds < 1 or min(asked.turns) < 0:
        parser.error(f"seeds={asked.seeds}, turns={asked.turns}: seeds from 1 and turns from 0")
    if asked.answers is not None and asked.answers < FEWEST_ANSWERS:
        parser.error(f"answers={asked.answers}: ask for {FEWEST_ANSWERS} or more, or leave it out")
    with redirect_stdout(sys.stderr if asked.json else sys.stdout):
        settled = Settled(tuple(asked.turns), asked.seeds, asked.cache, asked.answers)
        found = measure(asked.examples, asked.trainings, settled)
        files = write(found, asked.seeds, asked.out)
    if asked.json:
        print("[" + ",\n".join(file.read_text() for file in files) + "]")
