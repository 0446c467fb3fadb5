"""The members of an ensemble, trained side by side and kept one by one."""

import json
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from augment.copies import with_variants
from cathode.errors import ServiceError
from cathode.protocols import Augmentation
from cathode.rng import derived_seed
from flows.crystals.splitting import Rows
from flows.runners import open_pool
from surrogates.cgcnn.ensemble import Ensemble
from surrogates.cgcnn.graph_pack import graphs_of
from surrogates.cgcnn.graphs import Graph
from surrogates.cgcnn.model_file import CGCNNModel, load_model, save_model
from surrogates.cgcnn.network import Sizes
from surrogates.cgcnn.trained import Epoch, Labelled, Trained
from surrogates.cgcnn.training import TrainingSettings, train, trainings_at_once

POLL_SECONDS = 0.3

LOST = "lost_variants"

BEST = "best_epoch"
"""Entry of a member's file."""


@dataclass(frozen=True, eq=False)
class Work:
    """What every member learns, each from other first weights.

    Attributes:
        property_name: what is learned.
        data: all that is not tested on.
        lessons: rows of it that members in turn learn from, and those that tell their best epoch.
        sizes: of the networks.
        settings: how they are trained.
        seed: each member has one of its own, derived from it.
        augmentation: makes variants of what is learned from.
        copies: variants of each crystal that are made before; 0 for a new one in every epoch.
        start: file of a model whose networks to go on from, in turn.
    """

    property_name: str
    data: Labelled
    lessons: Sequence[tuple[Rows, Rows]]
    sizes: Sizes
    settings: TrainingSettings
    seed: int
    augmentation: Augmentation | None = None
    copies: int = 0
    start: Path | None = None


@dataclass(frozen=True)
class Progress:
    """How far training is.

    Attributes:
        done: epochs of all members; of a member that stopped early, all.
        total: epochs times members.
        member: number of the one told of, from 1.
        epoch: its last epoch; None before the first.
    """

    done: int
    total: int
    member: int = 1
    epoch: Epoch | None = None


Tell = Callable[[Progress], None]


def train_members(
    work: Work, members: int, folder: Path, workers: int, tell: Tell | None = None
) -> tuple[Trained, ...]:
    """Train members; those that are finished are taken from the folder, others go on there.

    Each has a process of one thread; where there is a GPU they share it.

    Args:
        work: what they learn.
        members: how many.
        folder: where they are kept.
        workers: processes at most.
        tell: is told of progress.

    Raises:
        FitError: there is nothing to learn from, or a loss is no number any more.
        ServiceError: a process died.
    """
    left = [number for number in range(members) if not _finished(folder, number)]
    if left:
        _side_by_side(work, members, left, folder, trainings_at_once(workers), tell)
    if tell is not None:
        tell(_progress(work, members, folder))
    return tuple(load_model(_file(folder, n)).ensemble.members[0] for n in range(members))


def _side_by_side(
    work: Work, members: int, left: list[int], folder: Path, workers: int, tell: Tell | None
) -> None:
    told = _teller(work, members, folder, tell)
    with open_pool(min(workers, len(left)), _prepare, work, folder) as processes:
        running = {processes.submit(_learn_here, number) for number in left}
        while running:
            done, running = wait(running, POLL_SECONDS, FIRST_EXCEPTION)
            told()
            try:
                for each in done:
                    each.result()
            except BrokenProcessPool as error:
                msg = (
                    "a process that trained a network died, perhaps of too little memory: set "
                    "CATHODE_WORKERS to a smaller number; the same command continues"
                )
                raise ServiceError(msg) from error


_here: tuple[Work, Path]
"""Of a process that trains."""


def _prepare(work: Work, folder: Path) -> None:
    global _here  # noqa: PLW0603 - what a process is told once, at its start
    _here = work, folder


def _learn_here(number: int) -> None:
    work, folder = _here
    _learn(work, number, folder)


def _learn(work: Work, number: int, folder: Path) -> None:
    """Train a member and keep it; every epoch is a line of its log."""
    starts = load_model(work.start).ensemble.members if work.start is not None else ()
    log = _log(folder, number)
    _cut_torn_line(log)

    def note(epoch: Epoch) -> None:
        with log.open("a", encoding="utf-8") as out:
            out.write(json.dumps([epoch.number, epoch.loss, epoch.mae]) + "\n")

    learn, check = work.lessons[number % len(work.lessons)]
    data, augmentation, lost = work.data.take(learn), work.augmentation, 0
    if augmentation is not None and work.copies:
        data, lost = _with_copies(data, augmentation, work, number)
        augmentation = None
    trained = train(
        data,
        work.data.take(check),
        work.sizes,
        work.settings,
        derived_seed(work.seed, "member", number),
        augmentation,
        starts[number % len(starts)].network if starts else None,
        folder / f"member-{number}.state",
        note,
    )
    best = min(trained.epochs, key=lambda epoch: epoch.mae).number
    about = {"epochs": len(trained.epochs), BEST: best, LOST: lost}
    save_model(_file(folder, number), CGCNNModel(Ensemble((trained,)), work.property_name, about))


def _with_copies(
    data: Labelled, augmentation: Augmentation, work: Work, number: int
) -> tuple[Labelled, int]:
    """Crystals with their variants beside them, and how many variants have no graph."""
    rng = np.random.default_rng(derived_seed(work.seed, "copies", number))
    crystals = [graph.crystal for graph in data.graphs]
    made, origins = with_variants(crystals, augmentation, rng, work.copies)
    found = graphs_of(made)
    rows = [row for row, each in enumerate(found) if isinstance(each, Graph)]
    graphs = [each for each in found if isinstance(each, Graph)]
    return Labelled(graphs, data.y[origins[rows]]), len(made) - len(rows)


def lost_variants(folder: Path, members: int) -> int:
    """Variants made before training that had an atom without neighbours, and were left out."""
    return sum(int(load_model(_file(folder, n)).about[LOST]) for n in range(members))


def best_at_the_end(folder: Path, members: int, epochs: int) -> int:
    """Members whose best epoch was the last one that they were allowed."""
    found = (load_model(_file(folder, n)).about.get(BEST) for n in range(members))
    return sum(best == epochs for best in found)


def _file(folder: Path, number: int) -> Path:
    return folder / f"member-{number}.pt"


def _log(folder: Path, number: int) -> Path:
    return folder / f"member-{number}.log"


def _cut_torn_line(log: Path) -> None:
    """Cut off what a kill has left of a line, lest the next one be joined to it."""
    if log.exists():
        with log.open("r+b") as out:
            out.truncate(out.read().rfind(b"\n") + 1)


def _last_epoch(log: Path) -> Epoch | None:
    """Of a log that may be written meanwhile: the last line that is whole and can be read."""
    lines = log.read_bytes().split(b"\n")[:-1] if log.exists() else []
    for line in reversed(lines):
        with suppress(ValueError, TypeError):
            return Epoch(*json.loads(line))
    return None


def _finished(folder: Path, number: int) -> bool:
    return _file(folder, number).exists()


def _teller(work: Work, members: int, folder: Path, tell: Tell | None) -> Callable[[], None]:
    """Tells of progress where there is some."""
    before = Progress(-1, 0)

    def told() -> None:
        nonlocal before
        if tell is not None and (now := _progress(work, members, folder)).done != before.done:
            before = now
            tell(now)

    return told


def _progress(work: Work, members: int, folder: Path) -> Progress:
    """What the logs say; the member told of is the one that wrote last."""
    epochs = work.settings.epochs
    latest: tuple[float, int, Epoch | None] = (0.0, 0, None)
    done = 0
    for number in range(members):
        log = _log(folder, number)
        if (epoch := _last_epoch(log)) is not None:
            latest = max(latest, (log.stat().st_mtime, number, epoch), key=lambda each: each[0])
        done += epochs if _finished(folder, number) else 0 if epoch is None else epoch.number
    return Progress(done, members * epochs, latest[1] + 1, latest[2])
