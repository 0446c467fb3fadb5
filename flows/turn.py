"""The Prefect flow that turns a campaign once."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, timedelta
from typing import Any, TypeVar

from prefect import flow, get_run_logger, task
from prefect.cache_policies import NO_CACHE
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State
from prefect.futures import as_completed
from prefect.runtime import flow_run
from prefect.states import Completed
from prefect.task_runners import ThreadPoolTaskRunner

from cathode.errors import CampaignLockedError
from cathode.ledger import Ledger, campaigns, lock, turns
from cathode.loop import (
    Answers,
    Loop,
    assimilate,
    audit,
    dispatch,
    finished_because,
    next_turn,
    propose,
    retrain,
    waiting_because,
)
from cathode.model import Measurement, Proposal, Turn
from cathode.physics.formulas import label
from cathode.protocols import Evaluator
from cathode.report.pictures import turn_pictures
from cathode.report.view import CampaignView, view_of
from cathode.settings import Settings
from flows.housekeeping import close_abandoned_runs
from flows.lab.orders import publish_orders
from flows.publishing import AnswerProgress, publish_turn
from flows.tracking import sync
from flows.wiring import build_loop, exchanged, wire
from flows.workers import Workers

T = TypeVar("T")

EVALUATIONS_AT_ONCE = 64
"""Task runs that wait for a worker process; the processes themselves are fewer."""


STEPPING_ASIDE = timedelta(minutes=1)
"""So long a run may take to see that another one is at work."""


@flow(
    name="turn",
    task_runner=ThreadPoolTaskRunner(max_workers=EVALUATIONS_AT_ONCE),
    persist_result=False,
)
def scheduled_turn(campaign: str) -> State:
    """Run, or continue, the next turn of a campaign; step aside where there is nothing to do.

    Args:
        campaign: name of a campaign in the ledger.
    """
    settings = Settings.from_environment()
    ledger = Ledger.open(settings.ledger_url)
    try:
        with lock(ledger, campaign):
            # Nobody else runs it: what still counts as running was killed.
            close_abandoned_runs(campaign, but=flow_run.id, older=STEPPING_ASIDE)
            if (late := _late(ledger, campaign)) is not None:
                return _aside(late)
            loop = build_loop(ledger, settings, campaign)
            because = finished_because(loop) or waiting_because(loop)
            result = _turn(ledger, settings, campaign, loop)
    except CampaignLockedError as error:
        return _aside(f"another run is at work: {error}")
    if result is None:
        return _aside(because or "there is nothing to do")
    orders = f", {result['open']} open" if result["open"] else ""
    told = f"turn {result['turn']}: {result['answered']} answered{orders}"
    return Completed(message=told, data=result)


def _aside(reason: str) -> State:
    get_run_logger().info(reason)
    return Completed(name="Skipped", message=reason)


def _late(ledger: Ledger, campaign: str) -> str | None:
    """Why a run that was planned earlier is not needed any more; None where it is.

    A worker that was away for a week finds seven runs: one turn does the work of all.
    """
    planned = flow_run.scheduled_start_time
    with ledger.read() as connection:
        past = turns.history(connection, campaign)
    if planned is None or not past or past[-1].finished_at is None:
        return None
    begun = past[-1].started_at
    if begun < planned.astimezone(UTC):
        return None
    due, number = planned.astimezone(UTC), past[-1].turn.number
    return f"planned for {due:%Y-%m-%d %H:%M} UTC, and turn {number} was begun after that"


@flow(
    name="turn",
    task_runner=ThreadPoolTaskRunner(max_workers=EVALUATIONS_AT_ONCE),
    persist_result=False,
)
def run_turn(campaign: str) -> dict[str, Any] | None:
    """Run, or continue, the next turn of a campaign.

    Args:
        campaign: name of a campaign in the ledger.

    Returns:
        The turn's number and how many proposals were answered; None if the campaign has ended.

    Raises:
        CampaignLockedError: another run is at work.
    """
    settings = Settings.from_environment()
    ledger = Ledger.open(settings.ledger_url)
    with lock(ledger, campaign):
        return _turn(ledger, settings, campaign)


def _turn(
    ledger: Ledger, settings: Settings, campaign: str, loop: Loop | None = None
) -> dict[str, Any] | None:
    """A turn of a campaign whose lock is held."""
    loop = loop or build_loop(ledger, settings, campaign)
    turn = next_turn(loop)
    if turn is None:
        get_run_logger().info("the campaign has ended: there is nothing to do")
        return None
    _name_run(turn)
    if turn.revision != loop.revision:  # begun by an earlier spec, ended by it too
        with ledger.read() as connection:
            earlier = campaigns.spec_at(connection, campaign, turn.revision)
        if changed := exchanged(earlier):
            get_run_logger().warning("%s since the turn began, which ends with them", changed)
        loop = wire(ledger, settings, earlier, turn.revision)
    with Workers.closed_when_stopped():
        return _run_steps(loop, turn, settings)


def _run_steps(loop: Loop, turn: Turn, settings: Settings) -> dict[str, Any]:
    up_to = _step("assimilate", lambda: assimilate(loop, turn))
    _step("audit", lambda: audit(loop, turn, up_to))
    serving = _step("retrain", lambda: retrain(loop, turn, up_to))
    _step("propose", lambda: propose(loop, turn, up_to, serving))

    def answer(evaluator: Evaluator, asked: Sequence[Proposal]) -> Answers:
        return _fan_out(loop, evaluator, asked, turn, settings)

    # Not a task itself: tasks it starts could wait for the thread it holds.
    result = dispatch(loop, turn, answer)
    view = view_of(loop.ledger, turn.campaign)
    pictures = _step("draw", lambda: turn_pictures(view))
    _step("publish", lambda: publish_turn(view, turn, pictures))
    if any(evaluator.deferred for evaluator in loop.evaluators.values()):
        _step("publish orders", lambda: publish_orders(loop.ledger, turn.campaign))
    _step("track", lambda: _track(view, settings, pictures))
    return {"turn": turn.number, **result}


def _step(name: str, work: Callable[[], T]) -> T:
    """Run a step as a task, so that the server's pages show it with its time and its logs.

    The ledger is what makes a step run once; Prefect's caching would only add a second memory.
    """
    return task(work, name=name, task_run_name=name, cache_policy=NO_CACHE, persist_result=False)()


def _fan_out(
    loop: Loop,
    evaluator: Evaluator,
    asked: Sequence[Proposal],
    turn: Turn,
    settings: Settings,
) -> Iterator[tuple[Proposal, Sequence[Measurement]]]:
    """Answer proposals side by side, each as a task run, and hand answers on as they come.

    An answer that fails for a reason of the machine does not keep the others from the ledger;
    its error is raised after they are in.
    """
    name = asked[0].evaluator  # of all of them
    pool = Workers.for_campaign(loop.spec, settings, name) if evaluator.isolated else None
    run = pool.evaluate if pool is not None else evaluator.evaluate
    progress = AnswerProgress(turn, len(asked))
    futures = {}
    for proposal in asked:
        evaluate = task(
            lambda proposal=proposal: run(proposal.candidate),
            name="evaluate",
            task_run_name=f"evaluate {label(proposal.candidate, loop.spec.units)}",
            cache_policy=NO_CACHE,
            persist_result=False,
        )
        futures[evaluate.submit()] = proposal
    errors: list[Exception] = []
    for future in as_completed(list(futures)):
        try:
            yield futures[future], future.result()
        except Exception as error:  # noqa: BLE001 - raised below, once the others are in
            errors.append(error)
        progress.advance()
    if errors:
        raise errors[0]


def _track(view: CampaignView, settings: Settings, pictures: Mapping[str, bytes]) -> None:
    """Log to MLflow; what cannot be logged now is logged with the next turn."""
    try:
        sync(view, settings, pictures)
    # A view that is down must not stop the loop; `cathode run` says so at its end.
    except Exception:  # noqa: BLE001
        get_run_logger().exception("MLflow did not take this turn: the next one logs it too")


def _name_run(turn: Turn) -> None:
    if flow_run.id is None:
        return
    with get_client(sync_client=True) as client:
        client.update_flow_run(
            flow_run.id,
            name=f"{turn.campaign} turn {turn.number}",
            tags=[turn.campaign, f"turn {turn.number}"],
        )
