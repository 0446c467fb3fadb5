"""What surrogates say of fresh candidates after so many results, and what their folds said."""

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from agents.proposers.registry import build_proposer
from benchmarks.calibration_worlds import World
from cathode.errors import FitError
from cathode.evaluation.baselines import BASELINES, Predictor
from cathode.evaluation.cross_validation import held_out
from cathode.evaluation.metrics import coverage, score
from cathode.ledger import Ledger, campaigns
from cathode.loop import next_turn, run_turn
from cathode.loop.observations import Observations, observe
from cathode.model import Candidate, Prediction, TrainingData
from cathode.protocols import ProposalRequest
from cathode.rng import derived_seed
from cathode.settings import Settings
from cathode.spec import Budget, CampaignSpec, RandomSpec, SobolSpec
from flows.wiring import wire
from surrogates.registry import build_surrogate

FRESH = 300
"""Candidates drawn at random that no training set of a trial holds; fewer where there are fewer."""

NOMINAL = tuple(range(5, 100, 5))
"""Levels (%) of the intervals that the picture shows."""

Known = Mapping[str, TrainingData]
"""What is known at some time, by property."""

Fit = Callable[[TrainingData], Predictor]


@dataclass(frozen=True)
class Course:
    """How a training set grew.

    Attributes:
        known: by turn.
        asked: all candidates it asked for.
    """

    known: Mapping[int, Known]
    asked: Sequence[Candidate]


def within_budget(spec: CampaignSpec, turns: Sequence[int]) -> tuple[int, ...]:
    """Those turns, the campaign's last one in place of all that its budget does not allow."""
    return tuple(sorted({min(turn, spec.budget.turns) for turn in turns}))


def designed(world: World, turns: Sequence[int], seed: int, spec: SobolSpec | RandomSpec) -> Course:
    """Results of a design, which are as many as the campaign has after each turn."""
    sizes = {turn: world.spec.initial + turn * world.spec.batch for turn in turns}
    request = ProposalRequest(
        space=world.space, n=max(sizes.values()), seed=seed, excluded=world.unanswered
    )
    asked = [suggestion.candidate for suggestion in build_proposer(spec).propose(request)]
    return Course({turn: world.measured(asked[:n]) for turn, n in sizes.items()}, asked)


def looped(world: World, turns: Sequence[int], seed: int) -> Course:
    """Results that the campaign itself asks for."""
    spec = world.spec.model_copy(update={"seed": seed, "budget": Budget(turns=max(turns))})
    with TemporaryDirectory() as folder:
        ledger = Ledger.open(f"sqlite:///{folder}/ledger.db", create=True)
        with ledger.write() as connection:
            revision = campaigns.register(connection, spec, "benchmark")
        wired = wire(ledger, Settings.at(Path(folder)), spec, revision)
        loop = replace(wired, evaluator=world.evaluator)
        while (turn := next_turn(loop)) is not None:
            run_turn(loop, turn)
        seen = observe(ledger, spec.name)
        ledger.close()
    return Course({turn: _until(seen, turn, world) for turn in turns}, list(seen.asked(None)))


def _until(seen: Observations, turn: int, world: World) -> Known:
    """What was known when a turn had ended."""
    mine = tuple(r for r in seen.measured if r.turn is not None and r.turn <= turn)
    then = replace(seen, measured=mine)
    return {name: then.training_data(name, world.space) for name in world.spec.modelled}


TRAININGS: dict[str, Callable[[World, Sequence[int], int], Course]] = {
    "sobol": partial(designed, spec=SobolSpec(kind="sobol")),
    "random": partial(designed, spec=RandomSpec(kind="random")),
    "loop": looped,
}
"""Who chooses the results that surrogates learn from."""


def trial(world: World, training: str, turns: Sequence[int], seed: int) -> list[dict[str, Any]]:
    """Scores on fresh candidates and on folds after some turns of one growing training set.

    Args:
        world: a campaign and who answers it.
        training: one of :data:`TRAININGS`.
        turns: after how many batches to look; 0 is after the initial design.
        seed: decides the training set and what is fresh.

    Returns:
        One row per turn, property and surrogate or baseline, ready for JSON.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        course = TRAININGS[training](world, turns, seed)
        request = ProposalRequest(
            space=world.space,
            n=FRESH,
            seed=derived_seed(seed, "fresh"),
            excluded=(*course.asked, *world.unanswered),
        )
        drawn = build_proposer(RandomSpec(kind="random")).propose(request)
        fresh = world.measured([suggestion.candidate for suggestion in drawn])
        return [
            {"turn": turn, **row}
            for turn, known in course.known.items()
            for name, data in known.items()
            for row in _compared(world, data, fresh[name], seed)
        ]


def _compared(
    world: World, data: TrainingData, fresh: TrainingData, seed: int
) -> Iterator[dict[str, Any]]:
    """Rows of all that may learn a property; the first of lowest CRPS on the folds serves."""
    surrogates = [build_surrogate(spec, world.space) for spec in world.spec.surrogates]
    learners: dict[str, Fit] = {s.name: partial(s.fit, seed=seed) for s in surrogates}
    rows = []
    for name, fit in (learners | BASELINES).items():
        row = {"property": data.property_name, "surrogate": name, "results": len(data)}
        try:
            folds = held_out(fit, data, world.spec.folds, seed)
            fitted = fit(data, **({"widening": folds.widening} if name in learners else {}))
            row |= {
                "folds": score(folds.y, folds.prediction),
                "fresh": scores(fresh.y, fitted.predict(fresh.X)),
            }
        except FitError as error:
            row |= {"error": str(error)}
        rows.append(row)
    able = [row for row in rows if row["surrogate"] in learners and "fresh" in row]
    champion = min(able, key=lambda row: row["folds"]["crps"], default=None)
    for row in rows:
        yield row | {"serves": row is champion}


def scores(y: NDArray[np.float64], prediction: Prediction) -> dict[str, Any]:
    """The product's scores, the mean width of the 80 % interval, and coverage at all levels."""
    return score(y, prediction) | {
        "width_80": float(2 * norm.ppf(0.9) * prediction.sigma.mean()),
        "covered": [coverage(y, prediction, level) for level in NOMINAL],
    }
