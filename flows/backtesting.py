"""Replay a strategy on a table whose answers are known, one experiment at a time."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from concurrent.futures import as_completed
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from importlib.metadata import version
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from agents.proposers.designs import SobolProposer
from agents.proposers.registry import build_proposer
from cathode.errors import FitError
from cathode.evaluation.backtest import Goal, found_share
from cathode.model import Suggestion, TrainingData
from cathode.protocols import ProposalRequest
from cathode.rng import derived_seed
from cathode.settings import REPOSITORY
from cathode.sources.numeric_table import NumericTable
from cathode.space import PoolSpace
from cathode.spec import BayesianSpec, GPSpec, Objective, ProposerSpec
from flows.runners import open_pool
from surrogates.registry import build_surrogate

TARGET = "target"
"""What the one property of a backtest is called."""

LIBRARIES = ("botorch", "gpytorch", "numpy", "scipy", "torch")

START = 2
"""Random experiments before the strategy decides, as in the published protocol."""


@dataclass(frozen=True)
class Strategy:
    """Who proposes, and what it learns with.

    Attributes:
        proposer: spec of the proposer.
        surrogate: spec of the surrogate.
    """

    proposer: ProposerSpec
    surrogate: GPSpec

    @property
    def name(self) -> str:
        """What tables call it; designs learn nothing."""
        if not isinstance(self.proposer, BayesianSpec):
            return self.proposer.kind
        acquisition, share = self.proposer.acquisition, self.proposer.share
        what = "bayesian" if acquisition == "improvement" else acquisition
        if acquisition == "improvement" and share != "auto":
            what = "best" if share is None else f"bayesian share {share:g}"
        return f"{what} {self.surrogate.name}"


def next_row(
    space: PoolSpace,
    observed: Sequence[int],
    values: Sequence[float],
    goal: Goal,
    seed: int,
    strategy: Strategy,
) -> tuple[int, str | None]:
    """The row to test next, and why the design had to choose it, None where it had not.

    Args:
        space: all rows.
        observed: row numbers tested so far; a row may stand there more than once.
        values: what was measured at them.
        goal: whether large or small values are wanted.
        seed: the same arguments and seed give the same row.
        strategy: who decides. Where its surrogate cannot learn from what there is, a Sobol
            design goes on.

    Raises:
        FitError: every row was tested.
    """
    ids = [space.candidates[i].id for i in observed]
    if len(set(ids)) == space.size:
        msg = f"all {space.size} rows were tested: there is nothing left to suggest"
        raise FitError(msg)
    y = np.asarray(values, dtype=float)
    data = TrainingData(TARGET, space.X[list(observed)], y, np.full(len(y), np.nan), tuple(ids))
    request = ProposalRequest(
        space=space,
        n=1,
        seed=seed,
        objectives=(Objective(property=TARGET, goal=goal),),
        observed={TARGET: data},
        excluded=tuple(space.candidates[i] for i in observed),
        proposed=len(ids),
    )
    (suggestion,), fault = _suggest(space, data, request, strategy)
    return space.row_of(suggestion.candidate), fault


def _suggest(
    space: PoolSpace, data: TrainingData, request: ProposalRequest, strategy: Strategy
) -> tuple[list[Suggestion], str | None]:
    proposer = build_proposer(strategy.proposer)
    if strategy.proposer.kind in ("random", "sobol"):
        return proposer.propose(request), None
    surrogate = build_surrogate(strategy.surrogate, space)
    try:
        fitted = surrogate.fit(data, derived_seed(request.seed, len(data), "fit"))
    except FitError as error:
        return SobolProposer().propose(request), str(error)
    return proposer.propose(replace(request, models={TARGET: fitted})), None


@dataclass(frozen=True)
class Replay:
    """One run of a strategy through a table.

    Attributes:
        tested: row numbers in the order tested.
        faults: why the design chose some of them, because the strategy could not.
    """

    tested: list[int]
    faults: list[str]


def replay(table: NumericTable, goal: Goal, strategy: Strategy, seed: int) -> Replay:
    """Test row after row until every row of the best twentieth is found.

    Args:
        table: the answers.
        goal: whether large or small values are wanted.
        strategy: who decides after the first two, which are random.
        seed: of the first two and of all that follows.
    """
    space = PoolSpace.of_rows(table.columns, table.X)
    rng = np.random.default_rng(seed)
    start = rng.choice(len(table), size=min(START, len(table)), replace=False)
    tested, faults = [int(row) for row in start], []
    while found_share(tested, table.y, goal)[-1] < 1:
        row, fault = next_row(space, tested, table.y[tested].tolist(), goal, seed, strategy)
        tested.append(row)
        faults += [fault] if fault else []
    return Replay(tested, faults)


@dataclass(frozen=True)
class Kept:
    """Finished replays in a folder, one file per seed.

    Attributes:
        folder: of one strategy on one table.
    """

    folder: Path

    def get(self, seed: int) -> Replay | None:
        """The replay of a seed; None where it is not finished."""
        file = self._file(seed)
        return Replay(**json.loads(file.read_text())) if file.exists() else None

    def put(self, seed: int, done: Replay) -> None:
        """Keep a replay; a kill meanwhile leaves none or all of it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        part = self._file(seed).with_suffix(".part")
        part.write_text(json.dumps(asdict(done)))
        part.replace(self._file(seed))

    def _file(self, seed: int) -> Path:
        return self.folder / f"{seed}.json"


@dataclass(frozen=True)
class Backtest:
    """Replays of one strategy, kept in a folder as they finish.

    Attributes:
        table: the answers.
        goal: whether large or small values are wanted.
        strategy: who decides.
        folder: where finished replays are kept; those of equal content are found again.
    """

    table: NumericTable
    goal: Goal
    strategy: Strategy
    folder: Path

    def replays(self, seeds: Sequence[int], workers: int) -> Iterator[tuple[int, Replay]]:
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
        with open_pool(min(workers, len(missing))) as pool:
            work = {
                pool.submit(replay, self.table, self.goal, self.strategy, seed): seed
                for seed in missing
            }
            for done in as_completed(work):
                kept.put(work[done], done.result())
                yield work[done], done.result()

    @cached_property
    def _key(self) -> str:
        """A hash of all that a replay depends on, the code that decides among it."""
        content = {
            "code": code_digest(),
            "proposer": self.strategy.proposer.model_dump(mode="json"),
            "surrogate": self.strategy.surrogate.model_dump(mode="json"),
            "goal": self.goal,
            "X": self.table.X.tolist(),
            "y": self.table.y.tolist(),
        }
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def code_digest() -> str:
    """A hash of our code and of the versions of the libraries that decide with it."""
    digest = hashlib.sha256(" ".join(version(name) for name in LIBRARIES).encode())
    for package in ("agents/proposers", "surrogates", "cathode"):
        for file in sorted((REPOSITORY / package).rglob("*.py")):
            digest.update(file.read_bytes())
    return digest.hexdigest()


def curves(replays: Sequence[Replay], table: NumericTable, goal: Goal) -> NDArray[np.float64]:
    """Top%(i) of each replay, shape (replays, rows); one once all is found."""
    found = np.ones((len(replays), len(table)))
    for line, done in zip(found, replays, strict=True):
        line[: len(done.tested)] = found_share(done.tested, table.y, goal)
    return found
