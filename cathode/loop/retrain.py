"""Step 3: score every surrogate on held-out folds and fit the one that will serve."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from time import perf_counter
from typing import Any

from cathode.errors import FitError
from cathode.evaluation.baselines import BASELINES, Predictor
from cathode.evaluation.cross_validation import FEWEST_CANDIDATES, held_out
from cathode.evaluation.metrics import score, score_bounds
from cathode.ledger import skills
from cathode.loop.history import History, joined, recall, recalled
from cathode.loop.loop import Loop
from cathode.loop.observations import Observations, observe
from cathode.model import Skill, TrainingData, Turn
from cathode.protocols import FittedSurrogate
from cathode.rng import fit_seed


@dataclass(frozen=True)
class Serving:
    """The surrogates that serve this turn.

    Attributes:
        models: per property the fitted champion; a property that none could learn is missing.
        data: per property what they were fitted to.
    """

    models: Mapping[str, FittedSurrogate]
    data: Mapping[str, TrainingData]


def retrain(loop: Loop, turn: Turn, up_to: int) -> Serving:
    """Score all surrogates and baselines, and fit the champion of each property.

    A surrogate that cannot be fitted is recorded with the reason and the next best serves.
    A continued turn takes the recorded champions and only fits them again.
    """
    started = perf_counter()
    seen = observe(loop.ledger, turn.campaign, up_to)
    recorded, histories = loop.recorded(turn, "retrain"), recalled(loop, turn)
    if recorded is not None:
        return serve(loop, seen, recorded, turn, histories)
    found: list[Skill] = []
    models: dict[str, FittedSurrogate] = {}
    notes = [history.remark for history in histories if history.left_out]
    every = _data(loop, seen, histories)
    for name, data in every.items():
        if not len(data.own) and not data.history:
            notes.append(f"{name}: nothing measured yet")
            continue
        scored = _scored(loop, data, turn, notes)
        champion = _champion(loop, data, scored, turn, notes)
        if champion is not None:
            models[name] = champion
            scored = [replace(s, champion=s.surrogate == champion.name) for s in scored]
        found += scored
    result = {
        "champions": {name: fitted.name for name, fitted in models.items()},
        "widening": {s.property: s.metrics["widening"] for s in found if s.champion and s.metrics},
        "notes": notes,
    }
    with loop.commit(turn, "retrain", result, started) as connection:
        skills.record(connection, turn, found)
    return Serving(models, every)


def serve(
    loop: Loop,
    seen: Observations,
    chosen: Mapping[str, Mapping[str, Any]],
    turn: Turn,
    histories: Iterable[History] | None = None,
) -> Serving:
    """Fit known champions again; the same data and seed give the same models.

    Args:
        loop: the campaign.
        seen: what was measured.
        chosen: what the step that chose them recorded.
        turn: the turn of this step.
        histories: what else they learn from; the spec's as they are by now if None.
    """
    if histories is None:
        histories = recall(loop.ledger, loop.spec, loop.space)
    data = _data(loop, seen, histories)
    seed, widenings = fit_seed(loop.spec.seed, turn.number), chosen.get("widening", {})
    models = {
        name: loop.surrogates[champion].fit(data[name], seed, widenings.get(name, 1.0))
        for name, champion in chosen["champions"].items()
    }
    return Serving(models, data)


def _data(loop: Loop, seen: Observations, histories: Iterable[History]) -> dict[str, TrainingData]:
    """All there is to learn each property from."""
    every = tuple(histories)
    return {
        name: joined(seen.training_data(name, loop.space), every) for name in loop.spec.modelled
    }


def _scored(loop: Loop, data: TrainingData, turn: Turn, notes: list[str]) -> list[Skill]:
    """Skills on held-out folds, none where there are too few candidates to leave some out."""
    known = data.own.exact.n_candidates
    if known < FEWEST_CANDIDATES:
        notes.append(
            f"{data.property_name}: not scored, {known} candidates are fewer than "
            f"{FEWEST_CANDIDATES}; the first surrogate that can be fitted serves"
        )
        return []
    seed = fit_seed(loop.spec.seed, turn.number)
    learners: dict[str, Callable[[TrainingData], Predictor]] = {
        **{name: partial(surrogate.fit, seed=seed) for name, surrogate in loop.surrogates.items()},
        **{name: partial(_from_own, learn) for name, learn in BASELINES.items()},
    }
    found = []
    for name, learn in learners.items():
        try:
            predictions = held_out(learn, data, loop.spec.folds, seed)
        except FitError as error:
            notes.append(f"{data.property_name}: {error}")
            found.append(Skill(data.property_name, name, {}, None, error=str(error)))
            continue
        scores = score(predictions.y, predictions.prediction)
        scores["widening"] = predictions.widening
        if predictions.bounds is not None:
            scores |= score_bounds(predictions.bounds)
        found.append(Skill(data.property_name, name, scores, predictions))
    return found


def _from_own(learn: Callable[[TrainingData], Predictor], data: TrainingData) -> Predictor:
    """What is learned from the answers of the campaign's own evaluator alone."""
    return learn(data.own)


def _champion(
    loop: Loop, data: TrainingData, scored: list[Skill], turn: Turn, notes: list[str]
) -> FittedSurrogate | None:
    """The surrogate of lowest CRPS that can be fitted to all data."""
    crps = {s.surrogate: s.metrics["crps"] for s in scored if "crps" in s.metrics}
    widenings = {s.surrogate: s.metrics["widening"] for s in scored if s.metrics}
    seed = fit_seed(loop.spec.seed, turn.number)
    order = sorted(loop.surrogates, key=lambda name: crps.get(name, float("inf")))
    for name in order:
        try:
            fitted = loop.surrogates[name].fit(data, seed, widenings.get(name, 1.0))
        except FitError as error:
            notes.append(f"{data.property_name}: {error}; the next best serves")
            continue
        notes += [f"{data.property_name}: {name}: {note}" for note in fitted.notes]
        if lost := sorted({o for o in data.origins if o is not None} - {*fitted.origins}):
            notes.append(
                f"{data.property_name}: {name} serves, which learns nothing from {', '.join(lost)}"
            )
        if crps.get(name, 0.0) > crps.get("mean", float("inf")):
            notes.append(
                f"{data.property_name}: {name} is no better than the mean on held-out data"
            )
        return fitted
    notes.append(f"{data.property_name}: no surrogate can serve")
    return None
