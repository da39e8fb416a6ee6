"""The audit: everything that has launched is looked at again, in batches, and what follows is set in motion."""

import asyncio
from collections.abc import Sequence

from prefect import flow, task
from prefect.artifacts import acreate_markdown_artifact, acreate_table_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.context import FlowRunContext
from prefect.states import Completed

from flows import audit_summary, looking
from flows.wiring import Ports, ports

BATCH = 250
"""Integrations in one task: what Prefect costs for a task is then a fraction of a percent of the work."""


@flow(name="audit", flow_run_name="audit")
async def audit(slugs: list[str] | None = None, asked_by: str = "schedule", *, by_the_hour: bool = False) -> State:
    """Look again at everything that is live, or at those named. A run that died is taken up where it stopped.

    `by_the_hour` looks at those whose hour has come, as the schedule does: everything once an interval.

    IntegrationUnknown when a slug names nothing that is live.
    """
    here = ports()
    if by_the_hour:
        run_id = await asyncio.to_thread(looking.begin_by_the_hour, here)
    else:
        run_id = await asyncio.to_thread(looking.begin, here, slugs, asked_by)
    for batch in await asyncio.to_thread(looking.batches, here, run_id, BATCH):
        await judge(here, run_id, batch)
    counts = await asyncio.to_thread(looking.finish, here, run_id)
    said = ", ".join(f"{number} {name}" for name, number in counts.items() if number) or "nothing is live"
    if FlowRunContext.get() is not None:
        table = await asyncio.to_thread(looking.table, here, run_id)
        summary = await asyncio.to_thread(audit_summary.markdown, here, run_id, counts)
        await acreate_markdown_artifact(summary, key=f"audit-{run_id}-summary", description=f"Audit {run_id}: {said}")
        await acreate_table_artifact(table, key=f"audit-{run_id}", description=f"Audit {run_id}: {said}")
    return Completed(name=f"Audited {run_id}", message=said)


async def judge(here: Ports, run_id: int, batch: Sequence[int]) -> None:
    """Judge a batch, as one task of the run; unrecorded when Prefect is out of reach."""
    if FlowRunContext.get() is None:
        await looking.judge_all(here, run_id, batch)
        return

    @task(name="judge a batch", task_run_name=f"{len(batch)} integrations", cache_policy=NO_CACHE)
    async def judged() -> None:
        await looking.judge_all(here, run_id, batch)

    await judged()
