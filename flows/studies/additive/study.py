"""The study: every model on every split, then coupling at the optimum of the scan."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from cathode.errors import StudyError
from cathode.rng import derived_seed
from flows.runners import Pool, open_pool
from flows.studies.additive.data import StudyData
from flows.studies.additive.models import (
    Additive,
    ChosenInside,
    Linear,
    Scanned,
    SmallNetwork,
    Trial,
)
from flows.studies.additive.scan import Grid, Surface
from flows.studies.additive.settings import StudySettings
from flows.studies.additive.splits import Split, study_splits
from flows.studies.fitting import as_they_come
from flows.studies.kept import Kept, code_digest, keeping

NEAR_LINEAR = Additive("near-linear", 0, lengthscale=200.0, noise=1e-3)
"""The limit of Fig. 8: functions as good as straight."""

DECIDING = (
    *(
        f"flows/studies/additive/{name}.py"
        for name in ("data", "splits", "network", "models", "scan", "study")
    ),
    *(f"surrogates/gpr_nn/{name}.py" for name in ("features", "regression", "selection", "terms")),
)
"""Code that results depend on."""

LIBRARIES = ("numpy", "scipy", "torch")

KEY = ("trial", "split")

Result = Mapping[str, Any]
Tell = Callable[[str, int, int], None]
"""Called with a stage, how many of its fits are done, and how many there are."""


@dataclass(frozen=True, eq=False)
class Study:
    """A finished study.

    Attributes:
        data: what was learned from.
        settings: what was compared.
        splits: the same for all models.
        surface: of the scan over length and noise, without coupling.
        terms: the additive model at the optimum with growing numbers of coupling terms, from none.
        rescanned: that with the most terms at a length and a noise of its own; None without any.
        models: all models in the order of the tables.
        results: by model, what came of each split.
    """

    data: StudyData
    settings: StudySettings
    splits: tuple[Split, ...]
    surface: Surface
    terms: tuple[Additive, ...]
    rescanned: Additive | None
    models: tuple[Trial, ...]
    results: Mapping[str, Sequence[Result]]

    @property
    def uncoupled(self) -> Additive:
        """The additive model at the optimum."""
        return self.terms[0]

    def values(self, model: str, key: str) -> np.ndarray[Any, np.dtype[np.float64]]:
        """One figure of a model over splits, shape (splits,) or (splits, ...)."""
        return np.array([found[key] for found in self.results[model]], dtype=float)


def choosing(splits: int) -> np.ndarray[Any, np.dtype[np.intp]]:
    """Numbers of the splits that choose among models; the others judge what was chosen."""
    return np.arange((splits + 1) // 2)


def run_study(
    data: StudyData,
    settings: StudySettings,
    folder: Path,
    workers: int,
    *,
    fresh: bool = False,
    tell: Tell = lambda *_: None,
) -> Study:
    """Fit all models to all splits, or find again what is kept of it.

    Args:
        data: what to learn from.
        settings: what to compare.
        folder: where results are kept as they come.
        workers: processes that fit.
        fresh: whether to give up what the folder holds.
        tell: how far it is.

    Raises:
        StudyError: the data cannot be split so, or the folder holds something else.
        ServiceError: a process died.
    """
    splits = study_splits(
        data.groups, settings.splits, settings.test_share, derived_seed(settings.seed, "splits")
    )
    _refuse_constant(data, splits)
    most = settings.coupling[-1]
    networks = [SmallNetwork(nodes) for nodes in settings.nodes]
    plain: list[Trial] = [Linear(), *networks, NEAR_LINEAR, ChosenInside(most)]
    settled = described(data, settings)
    with keeping(folder, KEY, settled, fresh=fresh) as kept, ExitStack() as until:
        work = _Work(data, splits, settings.seed, kept, workers, tell, until)
        results = work.done("models and scan", [*plain, Scanned("scan", 0, most)])
        surface = Surface.of(_grids(results.pop("scan")))
        terms = tuple(_coupled(surface, number) for number in settings.coupling)
        scans = [Scanned("scan with coupling", most, most)] if most else []
        results |= work.done("coupling", [*terms, *scans])
        rescanned = None
        if most:
            grids = _grids(results.pop("scan with coupling"))
            own = Surface.of([grids[number] for number in choosing(len(splits))])
            rescanned = replace(_coupled(own, most), name=f"additive + {most}, rescanned")
            results |= work.done("coupling, rescanned", [rescanned])
    models = (*plain, *terms, *([rescanned] if rescanned else []))
    return Study(data, settings, splits, surface, terms, rescanned, models, results)


def _coupled(surface: Surface, coupling: int) -> Additive:
    """The additive model at an optimum with so many coupling terms."""
    name = f"additive + {coupling}" if coupling else "additive"
    return Additive(name, coupling, surface.lengthscale, surface.noise)


def _grids(found: Sequence[Result]) -> list[Grid]:
    return [np.array(each["r2"]) for each in found]


def _refuse_constant(data: StudyData, splits: Sequence[Split]) -> None:
    still = sum(np.ptp(data.y[split.train]) == 0 for split in splits)
    if still:
        msg = (
            f"the target {data.target!r} does not vary in {still} of {len(splits)} training "
            "parts: it has too few different values to learn from"
        )
        raise StudyError(msg)


def described(data: StudyData, settings: StudySettings) -> dict[str, Any]:
    """All that results depend on, ready for JSON."""
    return {
        "target": data.target,
        "features": list(data.features),
        "group": data.group,
        "rows": len(data),
        "splits": settings.splits,
        "test_share": settings.test_share,
        "coupling": list(settings.coupling),
        "nodes": list(settings.nodes),
        "seed": settings.seed,
        "data": data.digest,
        "code": code_digest(DECIDING, LIBRARIES),
    }


@dataclass(frozen=True)
class _Work:
    """Trials on splits, in processes, what is kept not once more."""

    data: StudyData
    splits: tuple[Split, ...]
    seed: int
    kept: Kept
    workers: int
    tell: Tell
    until: ExitStack

    @cached_property
    def pool(self) -> Pool:
        """Started when there is something to fit, for all stages."""
        return self.until.enter_context(open_pool(self.workers))

    def done(self, stage: str, trials: Sequence[Trial]) -> dict[str, list[Result]]:
        """Results by trial and split."""
        missing = [
            (trial, number)
            for number in range(len(self.splits))
            for trial in trials
            if self.kept.get(trial.name, number) is None
        ]
        total = len(trials) * len(self.splits)
        self.tell(stage, total - len(missing), total)
        if missing:
            self._fit(stage, missing, total)
        found: dict[str, list[Result]] = {trial.name: [] for trial in trials}
        for trial in trials:
            for number in range(len(self.splits)):
                result = self.kept.get(trial.name, number)
                assert result is not None  # noqa: S101 - all missing ones were just made
                found[trial.name].append(result)
        return found

    def _fit(self, stage: str, missing: Sequence[tuple[Trial, int]], total: int) -> None:
        count = total - len(missing)
        work = {
            self.pool.submit(
                trial.run, self.data, self.splits[number], derived_seed(self.seed, number)
            ): (trial.name, number)
            for trial, number in missing
        }
        for key, found in as_they_come(work):
            self.kept.put(key, found)
            self.tell(stage, count := count + 1, total)
