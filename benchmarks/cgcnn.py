"""How fast crystal graph networks are made and trained, and how good they and their intervals are.

``speed``: parsing and searching the lithium electrodes of the Materials Project for the first time
and from the cache, and an epoch of 1,580 of them at batch 64 with the paper's sizes, plain and with
variants on the fly. ``skill``: average voltage by ensembles of five with anisotropic scaling, in
random splits and in splits by framework, where no framework is on both sides; every training is
kept, so a stopped benchmark goes on where it was.

    python -m benchmarks.cgcnn --parts speed
    python -m benchmarks.cgcnn --parts skill --seeds 3
"""

import argparse
import resource
import shutil
import sys
import time
from collections.abc import Sequence
from concurrent.futures import as_completed
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import numpy as np

from benchmarks.cgcnn_skill import AUGMENTATION, Task, learned, score_rows
from benchmarks.data import data_folder
from benchmarks.publish import publish
from cathode.settings import Settings
from cathode.sources.electrode_crystals import electrode_crystals
from flows.crystals.loading import side_by_side
from flows.processes import Processes
from flows.studies.augmentation.settings import SPLITS

EPOCH, BATCH = 1580, 64
"""Crystals of the epoch that is timed, and of a batch."""

REPEATS = 3
"""Epochs of which the quickest counts; one more goes before."""


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parts", nargs="+", choices=("speed", "skill"), default=["speed"])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--splits", nargs="+", choices=SPLITS, default=list(SPLITS))
    parser.add_argument("--members", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=120)
    parser.add_argument("--augmentations", nargs="+", default=[AUGMENTATION])
    parser.add_argument("--focus", nargs="+", type=int, default=[3], help="atomic numbers, or 0")
    asked = parser.parse_args()
    folder = data_folder() / "mp_electrodes"
    if not folder.exists():
        sys.exit(f"{folder} is not there: name the folder of the data with CATHODE_DATA")
    if "speed" in asked.parts:
        publish("cgcnn_speed", "Crystal graphs of lithium electrodes", speed(folder))
    if "skill" in asked.parts:
        tasks = [
            Task(split, seed, member, augmentation, focus, asked.epochs)
            for augmentation in asked.augmentations
            for focus in asked.focus
            for split in asked.splits
            for seed in range(asked.seeds)
            for member in range(asked.members)
        ]
        rows = score_rows(skill(tasks))
        publish("cgcnn_skill", "Average voltage of lithium electrodes (V), test part", rows)


def skill(tasks: Sequence[Task]) -> list[tuple[Task, dict[str, Any]]]:
    """What every task learned, those kept not once more."""
    from rich.progress import Progress

    settings = Settings.from_environment()
    found = []
    with Processes(settings.workers) as pool, Progress(*Progress.get_default_columns()) as bar:
        shown = bar.add_task("networks", total=len(tasks))
        work = {pool.submit(learned, task): task for task in tasks}
        for done in as_completed(work):
            found.append((work[done], done.result()))
            bar.advance(shown)
    return sorted(found, key=lambda each: tasks.index(each[0]))


def speed(folder: Path) -> list[dict[str, Any]]:
    """Seconds of each step, and the greatest memory."""
    from augment.registry import build_augmentation
    from cathode.spec import parse_augmentation
    from surrogates.cgcnn.graph_pack import graphs_of

    settings = Settings.from_environment()
    cache = Path(mkdtemp())
    rows = []
    try:
        for what in ("parse and search, first time", "parse and search, from the cache"):
            start = time.perf_counter()
            table = electrode_crystals(folder, "Li", cache, side_by_side(settings.workers))
            graphs = graphs_of(table.crystals, cache)
            rows.append(_row(what, len(graphs), time.perf_counter() - start))
    finally:
        shutil.rmtree(cache)
    y = table.of("average_voltage")
    plain = _epoch(graphs[:EPOCH], y[:EPOCH], None)
    rows.append(_row(f"epoch, batch {BATCH}", EPOCH, plain))
    for name in ("anisotropic-5", "isotropic-30", "anisotropic-30", "perturbation", "swap-axes"):
        took = _epoch(graphs[:EPOCH], y[:EPOCH], build_augmentation(parse_augmentation(name)))
        more = f"{100 * (took / plain - 1):+.0f} %"
        rows.append(_row(f"epoch, {name} on the fly ({more})", EPOCH, took))
    return rows


def _epoch(graphs: Sequence[Any], y: np.ndarray, augmentation: Any) -> float:
    """Seconds of the quickest of some epochs; training as it is done, with nothing to validate."""
    from surrogates.cgcnn.network import Sizes
    from surrogates.cgcnn.trained import Labelled
    from surrogates.cgcnn.training import TrainingSettings, train

    ends = [time.perf_counter()]
    settings = TrainingSettings(epochs=REPEATS + 1, batch=BATCH)
    train(
        Labelled(graphs, y),
        None,
        Sizes(outputs=2),
        settings,
        0,
        augmentation,
        tell=lambda _: ends.append(time.perf_counter()),
    )
    return float(np.diff(ends)[1:].min())


def _row(what: str, crystals: int, seconds: float) -> dict[str, Any]:
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return {"step": what, "crystals": crystals, "time (s)": seconds, "peak memory (GiB)": memory}


if __name__ == "__main__":
    main()
