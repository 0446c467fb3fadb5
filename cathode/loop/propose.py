"""Step 4: decide what to try next."""

from time import perf_counter

from cathode.evaluation.progress import reference_of
from cathode.ledger import proposals
from cathode.loop.loop import Loop
from cathode.loop.observations import Observations, observe
from cathode.loop.retrain import Serving
from cathode.model import Proposal, Suggestion, Turn
from cathode.protocols import ProposalRequest, Proposer


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
    if turn.number == 0 or unserved:
        proposer = loop.design
    if turn.number > 0 and unserved:
        note = f"; no surrogate serves {', '.join(unserved)} yet"
    request = _request(loop, turn, seen, serving)
    suggestions = proposer.propose(request) if request.n else []
    found = _with_predictions(loop, turn, suggestions, serving, proposer, note)
    result = {"proposals": len(found), "wanted": request.n, "proposer": proposer.name}
    with loop.commit(turn, "propose", result, started) as connection:
        proposals.record(connection, found)
    return found


def _request(loop: Loop, turn: Turn, seen: Observations, serving: Serving) -> ProposalRequest:
    spec = loop.spec
    wanted = spec.initial if turn.number == 0 else spec.batch
    if spec.budget.candidates is not None:
        wanted = min(wanted, max(0, spec.budget.candidates - len(seen.proposals)))
    answered = {outcome.candidate.id for outcome in seen.outcomes}
    return ProposalRequest(
        space=loop.space,
        n=wanted,
        seed=spec.seed,
        objectives=spec.objectives,
        constraints=spec.constraints,
        models=serving.models,
        observed=serving.data,
        reference=reference_of(seen.outcomes, spec),
        pending=tuple(p.candidate for p in seen.proposals if p.candidate.id not in answered),
        excluded=frozenset(seen.candidates),
        proposed=len(seen.proposals),
    )


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
        )
        for rank, suggestion in enumerate(suggestions)
    ]
