"""What Prefect recorded of one integration: its runs by tag, in order."""

from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterTags
from prefect.client.schemas.sorting import FlowRunSort


async def runs_of(slug: str) -> list[tuple[str, str, str]]:
    """Name, final state and message of each run, oldest first; at most 200, as many as Prefect gives at once."""
    wanted = FlowRunFilter(tags=FlowRunFilterTags(all_=[f"integration:{slug}"]))
    async with get_client() as client:
        runs = await client.read_flow_runs(flow_run_filter=wanted, sort=FlowRunSort.START_TIME_ASC)
    return [(run.name, run.state_name or "", (run.state.message or "") if run.state else "") for run in runs]
