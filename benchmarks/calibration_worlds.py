"""The shipped examples with someone who answers them all, now."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import track

from agents.evaluators.registry import build_evaluator
from benchmarks.calibration_labs import TRUTHS, SyntheticLab
from benchmarks.data import VARIABLE, data_folder
from cathode.errors import SourceError
from cathode.model import Candidate, Measurement, Status, TrainingData
from cathode.protocols import Evaluator
from cathode.settings import REPOSITORY, Settings
from cathode.sources.mp_electrodes import write_pool
from cathode.space import Space, build_space
from cathode.spec import CampaignSpec, ChgnetSpec, LabSpec, PoolSpec, load_spec

EXAMPLES = ("layered_oxide", "mp_screening", "ncm_process", "olivine_dopants")


@dataclass(frozen=True, eq=False)
class World:
    """A campaign and who answers it.

    Attributes:
        spec: as shipped.
        space: its search space.
        evaluator: answers at once.
        who: the evaluator in words.
        unanswered: candidates that are not asked for, as an answer would take long.
    """

    spec: CampaignSpec
    space: Space
    evaluator: Evaluator
    who: str
    unanswered: tuple[Candidate, ...] = ()

    def measured(self, candidates: Sequence[Candidate]) -> dict[str, TrainingData]:
        """What is read of candidates, by property; those that fail are missing."""
        answers = [m for candidate in candidates for m in self.evaluator.evaluate(candidate)]
        known = {candidate.id: candidate for candidate in candidates}
        return {name: self._data(name, answers, known) for name in self.spec.modelled}

    def _data(
        self, name: str, answers: Sequence[Measurement], known: dict[str, Candidate]
    ) -> TrainingData:
        usable = [m for m in answers if m.property == name and m.status is Status.OK]
        return TrainingData(
            name,
            self.space.encode([known[m.candidate_id] for m in usable]),
            np.array([m.value for m in usable], dtype=float),
            np.array([np.nan if m.sigma is None else m.sigma for m in usable], dtype=float),
            tuple(m.candidate_id for m in usable),
        )


def world(example: str, seed: int, cache: Path, answers: int | None = None) -> World:
    """A shipped example with who answers it.

    Args:
        example: one of :data:`EXAMPLES`, a file of ``campaigns/``.
        seed: of a synthetic lab's noise; all others are free of it.
        cache: folder of CHGNet's relaxations.
        answers: how many candidates CHGNet answers, drawn at random; None for all of the space.

    Raises:
        SourceError: the data of a pool are not there.
    """
    spec, space = _campaign(example)
    if isinstance(spec.evaluator, LabSpec):
        lab = SyntheticLab(TRUTHS[example], spec, seed)
        return World(spec, space, lab, "a synthetic truth with noise")
    evaluator = build_evaluator(spec, cache)
    if isinstance(spec.space, PoolSpec):
        return World(spec, space, evaluator, "Materials Project")
    rest = () if answers is None else tuple(_shuffled(space)[answers:])
    return World(spec, space, evaluator, "CHGNet", rest)


def answer(example: str, cache: Path, answers: int | None, console: Console) -> None:
    """Have CHGNet answer what will be asked, if that is who answers; kept in the cache."""
    known = world(example, 0, cache, answers)
    if not isinstance(known.spec.evaluator, ChgnetSpec):
        return
    for candidate in track(
        _shuffled(known.space)[:answers], f"{example}, answers of CHGNet", console=console
    ):
        known.evaluator.evaluate(candidate)


def _shuffled(space: Space) -> list[Candidate]:
    """All candidates, in an order that is random and always the same."""
    every = sorted(space, key=lambda candidate: candidate.id)
    return [every[i] for i in np.random.default_rng(0).permutation(len(every))]


@lru_cache
def _campaign(example: str) -> tuple[CampaignSpec, Space]:
    """Spec and space, which are the same for all seeds; without networks, which take minutes."""
    spec = load_spec(REPOSITORY / "campaigns" / f"{example}.yaml")
    if isinstance(spec.space, PoolSpec):
        table = _electrodes()
        space = spec.space.model_copy(update={"table": table, "structures": None})
        evaluator = spec.evaluator.model_copy(update={"path": table})
        surrogates = tuple(each for each in spec.surrogates if not each.looks_at_crystals)
        spec = spec.model_copy(
            update={"space": space, "evaluator": evaluator, "surrogates": surrogates}
        )
    return spec, build_space(spec.space)


def _electrodes() -> Path:
    """The pool of Materials Project's lithium electrodes, made where it is not there yet."""
    source = data_folder() / "mp_electrodes" / "pairs.csv"
    if not source.exists():
        msg = f"no file {source}: set {VARIABLE} to the folder of the data"
        raise SourceError(msg)
    table = Settings.from_environment().home / "benchmarks" / "calibration" / "mp_electrodes.csv"
    if not table.exists():
        table.parent.mkdir(parents=True, exist_ok=True)
        part = table.with_suffix(".part")
        write_pool(source, part, "Li")
        part.replace(table)
    return table
