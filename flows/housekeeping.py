"""Put right what a killed process left on the Prefect server."""

from datetime import UTC, datetime, timedelta

from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
    FlowRunFilterTags,
    WorkerFilter,
    WorkerFilterStatus,
    WorkPoolFilter,
    WorkPoolFilterName,
)
from prefect.client.schemas.objects import StateType
from prefect.exceptions import ObjectNotFound
from prefect.states import Crashed, Scheduled

KILLED = "its process was killed; the ledger kept what it had done"


def close_abandoned_runs(
    campaign: str, but: str | None = None, older: timedelta = timedelta(0)
) -> int:
    """Mark flow runs of a campaign that still count as running as crashed.

    Call it only while holding the campaign's lock: then nobody else can be running it.

    Args:
        campaign: name of the campaign, a tag of its runs.
        but: id of the run that asks, which is running.
        older: runs that have begun since are left alone: they may be about to ask for the lock.

    Returns:
        How many there were.
    """
    running = FlowRunFilter(
        tags=FlowRunFilterTags(all_=[campaign]),
        state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.RUNNING])),
    )
    with get_client(sync_client=True) as client:
        begun = datetime.now(UTC) - older
        found = [
            run
            for run in client.read_flow_runs(flow_run_filter=running)
            if str(run.id) != but and run.state is not None and run.state.timestamp <= begun
        ]
        for run in found:
            client.set_flow_run_state(run.id, Crashed(message=KILLED), force=True)
    return len(found)


def free_abandoned_runs(pool: str, worker: str, before: datetime) -> int:
    """End the runs of a pool whose worker is dead, and plan those anew that had not begun.

    Call it only while the worker does not run. Where workers of other names poll the pool, its
    runs may be theirs, and nothing is done.

    Args:
        pool: name of the work pool.
        worker: name of the worker that is dead.
        before: runs whose state is younger belong to others.

    Returns:
        How many runs there were.
    """
    states = [StateType.RUNNING, StateType.PENDING, StateType.CANCELLING]
    online = WorkerFilter(status=WorkerFilterStatus(any_=["ONLINE"]))
    unfinished = FlowRunFilter(state=FlowRunFilterState(type=FlowRunFilterStateType(any_=states)))
    of_pool = WorkPoolFilter(name=WorkPoolFilterName(any_=[pool]))
    with get_client(sync_client=True) as client:
        try:
            client.read_work_pool(pool)
        except ObjectNotFound:  # and so no run has been in it
            return 0
        others = client.read_workers_for_work_pool(pool, worker_filter=online)
        if any(each.name != worker for each in others):
            return 0
        found = [
            run
            for run in client.read_flow_runs(flow_run_filter=unfinished, work_pool_filter=of_pool)
            if run.state is not None and run.state.timestamp < before
        ]
        for run in found:
            begun = run.state_type != StateType.PENDING
            state = Crashed(message=KILLED) if begun else Scheduled()
            client.set_flow_run_state(run.id, state, force=True)
    return len(found)
