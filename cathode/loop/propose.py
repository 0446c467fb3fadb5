"""Step 4: decide what to try next."""

from dataclasses import replace
from time import perf_counter
from typing import Any

import numpy as np

from cathode.errors import FitError
from cathode.evaluation.progress import reference_of
from cathode.ledger import proposals, turns
from cathode.loop.costs import cost_of, results_left
from cathode.loop.loop import Loop
from cathode.loop.observations import Observations, observe
from cathode.loop.retrain import Serving
from cathode.model import Proposal, Suggestion, TrainingData, Turn
from cathode.protocols import Cheaper, FittedSurrogate, ProposalRequest, Proposer
from cathode.rng import derived_seed
from cathode.spec import CampaignSpec


def propose(loop: Loop, turn: Turn, up_to: int, serving: Serving) -> list[Proposal]:
    """Ask the proposer for candidates that were never proposed or measured before.

    The initial design comes first; where a property that matters has no surrogate to serve it,
    the design goes on and the reason is kept with each proposal.
    """
    seen = observe(loop.ledger, turn.campaign, up_to)
    if loop.recorded(turn, "propose") is not None:
        return [p for p in seen.proposals if p.turn == turn.number]
    started = perf_counter()
    unserved = [name for name in loop.spec.modelled if name not in serving.models]
    proposer, note = loop.proposer, ""
    designed = turn.number == 0 and loop.spec.initial > 0
    if designed or unserved:
        proposer = loop.design
    if unserved and not designed:
        note = f"; no surrogate serves {', '.join(unserved)} yet"
    success, faults = _success(loop, turn, seen)
    if faults:
        how = "could not be learned" if success is None else f"was learned by {success.name}"
        note += f"; what failures teach {how} ({'; '.join(faults)})"
    request = _request(loop, turn, seen, serving, success)
    suggestions = proposer.propose(request) if request.n else []
    if designed:  # all answer the design, so that it can be learned how they compare
        suggestions += [replace(s, evaluator=name) for name in loop.cheaper for s in suggestions]
    found = _with_predictions(loop, turn, suggestions, serving, proposer, note)
    result: dict[str, Any] = {"proposals": len(found), "wanted": request.n}
    result["results"] = sum(proposal.evaluator is None for proposal in found)
    result |= {"proposer": proposer.name, "cost": sum(cost_of(loop, s) for s in suggestions)}
    gains = [s.acquisition for s in suggestions if s.acquisition is not None]
    if gains and proposer is loop.proposer:
        result["acquisition"] = max(gains)
    with loop.commit(turn, "propose", result, started) as connection:
        proposals.record(connection, found)
    return found


def _request(
    loop: Loop,
    turn: Turn,
    seen: Observations,
    serving: Serving,
    success: FittedSurrogate | None,
) -> ProposalRequest:
    spec = loop.spec
    waiting = seen.open_orders(spec)
    wanted = spec.first_batch if turn.number == 0 else spec.batch
    if turn.number > 0 and any(each.deferred for each in loop.evaluators.values()):
        wanted = max(0, wanted - len(waiting))  # a batch at most is in the lab
    if spec.budget.candidates is not None:
        wanted = min(wanted, max(0, spec.budget.candidates - len(seen.orders)))
    with loop.ledger.read() as connection:
        left = results_left(spec, turns.history(connection, spec.name))
    if left is not None:
        wanted = min(wanted, left)
    return ProposalRequest(
        space=loop.space,
        n=wanted,
        seed=spec.seed,
        objectives=spec.objectives,
        constraints=spec.constraints,
        models=serving.models,
        observed={name: data.own for name, data in serving.data.items()},
        success=success,
        reference=reference_of(seen.outcomes, spec),
        pending=tuple(proposal.candidate for proposal in waiting),
        excluded=tuple(seen.asked(None)),
        proposed=len(seen.proposals),
        cheaper=_cheaper(loop, seen),
        final=_is_final(spec, turn, left),
    )


def _cheaper(loop: Loop, seen: Observations) -> tuple[Cheaper, ...]:
    """The cheaper evaluators, which have nothing to say of what has, or will have, a result."""
    known = seen.asked(None)
    return tuple(
        Cheaper(name, each.cost, tuple({*known, *seen.asked(name)}))
        for name, each in loop.spec.cheaper.items()
    )


def _is_final(spec: CampaignSpec, turn: Turn, left: int | None) -> bool:
    """Whether the campaign ends with this turn, or what is left pays for a batch at most."""
    return turn.number >= spec.budget.turns or (left is not None and left <= spec.batch)


def _success(
    loop: Loop, turn: Turn, seen: Observations
) -> tuple[FittedSurrogate | None, list[str]]:
    """What the failures teach, None where there are none; and why some could not learn it."""
    known = [
        (outcome.candidate, float(not outcome.failures))
        for outcome in seen.outcomes
        if loop.space.has_coordinates(outcome.candidate)
        and not set(outcome.causes) & set(loop.spec.blameless)
    ]
    labels = np.array([label for _, label in known])
    if len(set(labels)) < 2 or turn.number == 0:  # noqa: PLR2004 - both kinds are needed
        return None, []
    data = TrainingData(
        "success",
        loop.space.encode([candidate for candidate, _ in known]),
        labels,
        np.full(len(labels), np.nan),
        tuple(candidate.id for candidate, _ in known),
    )
    faults: list[str] = []
    for surrogate in loop.surrogates.values():
        try:
            seed = derived_seed(loop.spec.seed, turn.number, "success")
            return surrogate.fit(data, seed), faults
        except FitError as error:
            faults.append(str(error))
    return None, faults


def _with_predictions(
    loop: Loop,
    turn: Turn,
    suggestions: list[Suggestion],
    serving: Serving,
    proposer: Proposer,
    note: str,
) -> list[Proposal]:
    X = loop.space.encode([suggestion.candidate for suggestion in suggestions])
    expected = {
        name: (fitted.name, fitted.predict(X)) for name, fitted in serving.models.items() if len(X)
    }
    return [
        Proposal(
            turn.campaign,
            turn.number,
            rank,
            suggestion.candidate,
            proposer.name,
            suggestion.acquisition,
            suggestion.reason + note,
            {
                name: {
                    "mean": float(prediction.mean[rank]),
                    "sigma": float(prediction.sigma[rank]),
                    "surrogate": surrogate,
                }
                for name, (surrogate, prediction) in expected.items()
            },
            suggestion.evaluator,
        )
        for rank, suggestion in enumerate(suggestions)
    ]
