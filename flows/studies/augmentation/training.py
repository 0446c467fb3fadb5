"""One training of the study: a property, a split, a method, a replicate."""

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from augment.copies import VARIANTS, with_variants
from augment.registry import build_augmentation
from cathode.model import Crystal
from cathode.protocols import Augmentation
from cathode.rng import derived_seed
from cathode.spec import parse_augmentation
from flows.studies.augmentation.data import Source, StudyData, data_here
from flows.studies.augmentation.settings import BASELINE, PLAIN, SplitKind, StudySettings
from flows.studies.augmentation.splits import Parts
from flows.studies.kept import Key
from surrogates.cgcnn.graphs import Graph, Nearest, nearest_in
from surrogates.cgcnn.network import Sizes
from surrogates.cgcnn.trained import Epoch, Labelled
from surrogates.cgcnn.training import TrainingSettings, best_device, train

TRIAL = "trial "
"""Begins the kept name of a method that was only tried: it was never judged on a test part."""

AT_ONCE = 500
"""Variants whose neighbours are found at once."""


@dataclass(frozen=True)
class Task:
    """What is trained.

    Attributes:
        property_name: what is predicted.
        split: kind of the split.
        method: an augmentation, or ``none``.
        replicate: number of the split.
        trial: whether it only tunes: then it has weights and variants of its own, and its network
            never sees the test part.
    """

    property_name: str
    split: SplitKind
    method: str
    replicate: int
    trial: bool = False

    @property
    def key(self) -> Key:
        """Under which its result is kept."""
        method = f"{TRIAL}{self.method}" if self.trial else self.method
        return (self.property_name, self.split, method, self.replicate)

    @property
    def file(self) -> str:
        """Name of its checkpoint, without an ending."""
        return re.sub(r"[ /\\]", "-", "-".join(map(str, self.key)))

    def seed(self, settings: StudySettings) -> int:
        """Of weights, order and variants; the same for all methods of a replicate."""
        role = "trial" if self.trial else "training"
        return derived_seed(settings.seed, role, self.property_name, self.split, self.replicate)


@dataclass(frozen=True, eq=False)
class Variant(Graph):
    """A graph of a crystal that was changed, with neighbours among those its original found.

    Attributes:
        found: the twelve nearest neighbours of each atom.
    """

    found: Nearest | None = None

    @cached_property
    def nearest(self) -> Nearest:
        """The twelve nearest neighbours of each atom."""
        assert self.found is not None  # noqa: S101 - a dataclass wants a default after one
        return self.found


def variants_of(originals: Sequence[Graph], crystals: Sequence[Crystal]) -> list[Graph]:
    """Graphs of crystals with the same atoms; a crystal that did not change keeps its own graph."""
    made: list[Graph] = []
    for start in range(0, len(crystals), AT_ONCE):
        graphs, moved = originals[start : start + AT_ONCE], crystals[start : start + AT_ONCE]
        for graph, crystal, near in zip(graphs, moved, nearest_in(graphs, moved), strict=True):
            same = crystal is graph.crystal
            known = (graph.neighbours, graph.images, graph.shared)
            made.append(graph if same else Variant(crystal, *known, found=near))
    return made


def with_copies(data: Labelled, augmentation: Augmentation | None, seed: int) -> Labelled:
    """A training set with ten variants of each crystal beside it, as published.

    Args:
        data: the training part.
        augmentation: makes the variants; they are equal to the crystals if None.
        seed: of the variants.
    """
    if augmentation is None:  # one graph can stand for all copies
        origins = np.repeat(np.arange(len(data)), VARIANTS + 1)
        return data.take(origins)
    rng = np.random.default_rng(derived_seed(seed, "variants"))
    made, origins = with_variants([graph.crystal for graph in data.graphs], augmentation, rng)
    return Labelled(variants_of([data.graphs[i] for i in origins.tolist()], made), data.y[origins])


def trained_in_process(
    source: Source, settings: StudySettings, task: Task, parts: Parts, checkpoints: Path
) -> dict[str, Any]:
    """Train in a process that reads the data for itself."""
    return trained(data_here(source), settings, task, parts, checkpoints)


def trained(
    data: StudyData,
    settings: StudySettings,
    task: Task,
    parts: Parts,
    checkpoints: Path,
    look: Callable[[], None] = lambda: None,
) -> dict[str, Any]:
    """Train, and predict the test part unless it is a trial.

    Args:
        data: crystals and graphs.
        settings: of the study.
        task: what to train.
        parts: of the split.
        checkpoints: folder in which training is kept epoch by epoch, and its epoch is told.
        look: called after every epoch.

    Returns:
        What came of it, ready for JSON; MAEs in the property's unit.
    """
    started, seed = time.perf_counter(), task.seed(settings)
    train_part, validation, test = (
        data.labelled(task.property_name, rows)
        for rows in (parts.train, parts.validation, parts.test)
    )
    augmentation = None
    if task.method not in (PLAIN, BASELINE):
        augmentation = build_augmentation(parse_augmentation(task.method))
    if settings.mode == "copies" and task.method != PLAIN:
        train_part = with_copies(train_part, augmentation, seed)
        augmentation = None
    network = settings.network
    at = epoch_file(checkpoints, task)
    at.parent.mkdir(parents=True, exist_ok=True)

    def tell(epoch: Epoch) -> None:
        at.write_text(str(epoch.number))
        look()

    known = train(
        train_part,
        validation,
        Sizes(atom=network.atom, hidden=network.hidden, convolutions=network.convolutions),
        TrainingSettings(epochs=settings.epochs, batch=network.batch, rate=network.rate),
        seed,
        augmentation,
        checkpoint=checkpoints / f"{task.file}.pt",
        tell=tell,
    )
    at.unlink(missing_ok=True)
    maes = [epoch.mae for epoch in known.epochs]
    return {
        "validation_mae": min(maes),
        "best_epoch": int(np.argmin(maes)) + 1,
        "epochs": len(maes),
        "validation_maes": maes,
        "losses": [epoch.loss for epoch in known.epochs],
        "crystals": len(train_part),
        "seconds": round(time.perf_counter() - started, 1),
        "device": best_device().type,
        **({} if task.trial else {"predictions": known.predict(test.graphs)[0].tolist()}),
    }


def epoch_file(checkpoints: Path, task: Task) -> Path:
    """Where a training tells its epoch."""
    return checkpoints / f"{task.file}.epoch"


def epochs_done(checkpoints: Path, task: Task) -> int:
    """How far a training is."""
    try:
        return int(epoch_file(checkpoints, task).read_text() or 0)
    except FileNotFoundError:
        return 0
