"""Put right what a killed process left on the Prefect server."""

from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
    FlowRunFilterTags,
)
from prefect.client.schemas.objects import StateType
from prefect.states import Crashed


def close_abandoned_runs(campaign: str, but: str | None = None) -> int:
    """Mark flow runs of a campaign that still count as running as crashed.

    Call it only while holding the campaign's lock: then nobody else can be running it.

    Args:
        campaign: name of the campaign, a tag of its runs.
        but: id of the run that asks, which is running.

    Returns:
        How many there were.
    """
    running = FlowRunFilter(
        tags=FlowRunFilterTags(all_=[campaign]),
        state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.RUNNING])),
    )
    with get_client(sync_client=True) as client:
        found = [r for r in client.read_flow_runs(flow_run_filter=running) if str(r.id) != but]
        for run in found:
            state = Crashed(message="its process was killed; the ledger kept what it had done")
            client.set_flow_run_state(run.id, state, force=True)
    return len(found)
