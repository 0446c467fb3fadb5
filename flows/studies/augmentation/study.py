"""The study: every method on every split of every property."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from shutil import rmtree
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cathode.errors import StudyError
from flows.runners import Pool, open_pool
from flows.studies.augmentation.baselines import baseline_predictions
from flows.studies.augmentation.data import Source, StudyData
from flows.studies.augmentation.settings import SplitKind, StudySettings, scaling
from flows.studies.augmentation.splits import Parts, parts_of
from flows.studies.augmentation.training import (
    Task,
    epoch_file,
    epochs_done,
    trained,
    trained_in_process,
)
from flows.studies.augmentation.tuning import Tuning
from flows.studies.fitting import as_they_come
from flows.studies.kept import Kept, code_digest, keeping
from surrogates.cgcnn.training import trainings_at_once

DECIDING = (
    *(
        f"flows/studies/augmentation/{name}.py"
        for name in ("data", "splits", "training", "settings")
    ),
    *(
        f"surrogates/cgcnn/{n}.py"
        for n in ("batches", "elements", "gate", "graphs", "network", "trained", "training")
    ),
    *(
        f"augment/{name}.py"
        for name in ("copies", "displacement", "lattice_scaling", "rotation", "swap_axes")
    ),
    "cathode/spec/augmentation.py",  # what names stand for
)
"""Code that results depend on."""

LIBRARIES = ("numpy", "torch")

KEY = ("property", "split", "method", "replicate")

CHECKPOINTS = "checkpoints"

Place = tuple[str, SplitKind]
"""A property and a kind of split."""

Result = Mapping[str, Any]
Tell = Callable[[str, int, int], None]
"""Called with a stage, how many of its epochs are done, and how many there are at most."""

Say = Callable[[str], None]
"""Called with a sentence."""


@dataclass(frozen=True, eq=False)
class Study:
    """A finished study.

    Attributes:
        id: of this series of results.
        source: where the crystals are.
        data: what was learned from.
        settings: what was compared.
        parts: per property and kind of split, the split of each replicate.
        results: per property, kind of split and method, what came of each replicate; the
            baselines have predictions alone.
        trials: per property and kind of split, for each replicate the volumes in % that were
            tried, with their validation errors; empty where nothing was tuned.
    """

    id: str
    source: Source
    data: StudyData
    settings: StudySettings
    parts: Mapping[Place, Sequence[Parts]]
    results: Mapping[Place, Mapping[str, Sequence[Result]]]
    trials: Mapping[Place, Sequence[Sequence[tuple[float, float]]]]

    @property
    def places(self) -> list[Place]:
        """Properties with kinds of splits, in order."""
        return list(self.parts)

    def truth(self, place: Place, replicate: int) -> NDArray[np.float64]:
        """Values of a test part, shape (n,)."""
        return self.data.table.of(place[0])[self.parts[place][replicate].test]


def run_study(
    source: Source,
    data: StudyData,
    settings: StudySettings,
    folder: Path,
    workers: int,
    *,
    fresh: bool = False,
    tell: Tell = lambda *_: None,
    say: Say = lambda _: None,
) -> Study:
    """Train all methods on all splits, or find again what is kept of it.

    Args:
        source: where processes read the data.
        data: what to learn from.
        settings: what to compare.
        folder: where results are kept as they come, and trainings epoch by epoch.
        workers: processes that train, fewer where a GPU has no room for so many; a single one is
            this one.
        fresh: whether to give up what the folder holds.
        tell: how far it is.
        say: what is done.

    Raises:
        StudyError: the data cannot be split so, or the folder holds something else.
        ServiceError: a process died.
    """
    parts = study_parts(source, data, settings)
    with keeping(folder, KEY, described(source, data, settings), fresh=fresh) as kept:
        if fresh:
            rmtree(folder / CHECKPOINTS, ignore_errors=True)
        with ExitStack() as until:
            workers = trainings_at_once(workers)
            work = _Work(source, data, settings, parts, kept, folder, workers, tell, say, until)
            work.done("epochs", work.named)
            tuned = work.tuned()
        rmtree(folder / CHECKPOINTS, ignore_errors=True)
        results = {place: work.results(place, tuned) for place in parts}
    trials = {
        place: [tuned[place, r].tried for r in range(settings.replicates)]
        for place in (parts if tuned else ())
    }
    return Study(kept.id, source, data, settings, parts, results, trials)


def study_parts(
    source: Source, data: StudyData, settings: StudySettings
) -> dict[Place, tuple[Parts, ...]]:
    """The splits of all properties, as row numbers of the table.

    Raises:
        StudyError: there are too few crystals, or a property does not vary.
    """
    found = {}
    for name in source.properties:
        known = data.rows(name)
        frameworks = [data.table.frameworks[i] for i in known]
        values = data.table.of(name)
        for kind in settings.splits:
            try:
                splits = [
                    parts_of(kind, frameworks, r, settings.seed) for r in range(settings.replicates)
                ]
            except StudyError as error:
                msg = f"{name} of {source.folder}: {error}"
                raise StudyError(msg) from error
            rows = [
                Parts(known[each.train], known[each.validation], known[each.test])
                for each in splits
            ]
            if any(np.ptp(values[each.train]) == 0 for each in rows):
                msg = f"{name} of {source.folder} does not vary: there is nothing to learn"
                raise StudyError(msg)
            found[name, kind] = tuple(rows)
    return found


def described(source: Source, data: StudyData, settings: StudySettings) -> dict[str, Any]:
    """All that results depend on, ready for JSON."""
    return {
        "study": "augmentation",
        **settings.deciding(),
        "ion": source.ion,
        "data": data.digest,
        "code": code_digest(DECIDING, LIBRARIES),
    }


@dataclass(frozen=True)
class _Work:
    """Trainings in processes, what is kept not once more."""

    source: Source
    data: StudyData
    settings: StudySettings
    parts: Mapping[Place, Sequence[Parts]]
    kept: Kept
    folder: Path
    workers: int
    tell: Tell
    say: Say
    until: ExitStack

    @cached_property
    def pool(self) -> Pool:
        """Started when there is something to train."""
        return self.until.enter_context(open_pool(self.workers))

    @property
    def replicates(self) -> list[tuple[Place, int]]:
        """All splits."""
        return [(place, r) for r in range(self.settings.replicates) for place in self.parts]

    @property
    def named(self) -> list[Task]:
        """The trainings of all methods that are named, one replicate after the other."""
        return [
            Task(*place, name, r) for place, r in self.replicates for name in self.settings.trained
        ]

    def found(self, task: Task) -> Result:
        """The result of a training that is done."""
        result = self.kept.get(*task.key)
        assert result is not None  # noqa: S101 - done() has just seen to it
        return result

    def tuned(self) -> dict[tuple[Place, int], Tuning]:
        """Tune on every split by itself, then train with what was found."""
        mode = self.settings.tune
        if mode is None:
            return {}
        tunings = {each: Tuning(self.settings, *each[0], each[1]) for each in self.replicates}
        for trial in range(1, self.settings.trials + 1):
            asked = {each: tuning.ask() for each, tuning in tunings.items()}
            tasks = {
                (place, r): Task(*place, scaling(mode, volume), r, trial=True)
                for (place, r), volume in asked.items()
            }
            self.done(f"epochs of trial {trial}", list(tasks.values()))
            for each, tuning in tunings.items():
                tuning.tell(asked[each], self.found(tasks[each])["validation_mae"])
        self.done("epochs, tuned", [self._best(t, *each) for each, t in tunings.items()])
        return tunings

    def results(
        self, place: Place, tuned: Mapping[tuple[Place, int], Tuning]
    ) -> dict[str, list[Result]]:
        """By method, baselines first."""
        every = range(self.settings.replicates)
        simple = [baseline_predictions(self.data, place[0], each) for each in self.parts[place]]
        found: dict[str, list[Result]] = {
            name: [{"predictions": each[name].tolist()} for each in simple] for name in simple[0]
        }
        for name in self.settings.trained:
            found[name] = [self.found(Task(*place, name, r)) for r in every]
        if self.settings.tuned is not None:
            best = [self._best(tuned[place, r], place, r) for r in every]
            found[self.settings.tuned] = [self.found(task) for task in best]
        return found

    def _best(self, tuning: Tuning, place: Place, replicate: int) -> Task:
        assert self.settings.tune is not None  # noqa: S101
        return Task(*place, scaling(self.settings.tune, tuning.best), replicate)

    def done(self, stage: str, tasks: Sequence[Task]) -> None:
        """See to it that all tasks are done."""
        missing = [task for task in tasks if self.kept.get(*task.key) is None]
        most = self.settings.epochs
        self.tell(stage, most * (len(tasks) - len(missing)), most * len(tasks))
        if not missing:
            return
        open_, total = set(missing), len(tasks)

        def look() -> None:
            partly = sum(epochs_done(self.checkpoints, task) for task in open_)
            self.tell(stage, most * (total - len(open_)) + partly, most * total)

        for task, result in self._trained(missing, look):
            self.kept.put(task.key, dict(result))
            open_.discard(task)
            epoch_file(self.checkpoints, task).unlink(missing_ok=True)
            self.say(_line(task, result, total - len(open_), total))
            look()

    @property
    def checkpoints(self) -> Path:
        """Folder of trainings at work."""
        return self.folder / CHECKPOINTS

    def _trained(self, tasks: Sequence[Task], look: Callable[[], None]) -> Any:
        """Tasks with results, as they come."""
        splits = [self.parts[task.property_name, task.split][task.replicate] for task in tasks]
        if self.workers == 1:
            for task, split in zip(tasks, splits, strict=True):
                yield task, trained(self.data, self.settings, task, split, self.checkpoints, look)
            return
        work = {
            self.pool.submit(
                trained_in_process, self.source, self.settings, task, split, self.checkpoints
            ): task
            for task, split in zip(tasks, splits, strict=True)
        }
        yield from as_they_come(work, look)


def _line(task: Task, result: Result, done: int, total: int) -> str:
    return (
        f"{done} of {total}: {task.property_name}, {task.split} split, {task.key[2]}, replicate "
        f"{task.replicate + 1}: validation MAE {result['validation_mae']:.4g} after epoch "
        f"{result['best_epoch']} of {result['epochs']} ({result['seconds']:.0f} s)"
    )
