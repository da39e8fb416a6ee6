"""The audit: everything that has launched is looked at again, in batches, and what follows is set in motion.

The batches lie in our own tables: any worker takes them, wherever the run was begun (flows.sharing).
"""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial

from prefect import flow, task
from prefect.artifacts import acreate_markdown_artifact, acreate_table_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.context import FlowRunContext
from prefect.states import Completed

from flows import audit_summary, looking, sharing
from flows.looking import Outlook
from flows.wiring import Ports, ports


@flow(name="audit", flow_run_name="audit")
async def audit(slugs: list[str] | None = None, asked_by: str = "schedule", *, by_the_hour: bool = False) -> State:
    """Look again at everything that is live, or at those named. A run that died is taken up where it stopped.

    `by_the_hour` looks at those whose hour has come, as the schedule does: everything once an interval. Ends when all
    of it is done, by this worker or by others. IntegrationUnknown when a slug names nothing that is live.
    """
    here = ports()
    if by_the_hour:
        run_id = await asyncio.to_thread(looking.begin_by_the_hour, here)
    else:
        run_id = await asyncio.to_thread(looking.begin, here, slugs, asked_by)
    await _work_through(here, run_id)
    counts = await asyncio.to_thread(looking.finish, here, run_id)
    said = _in_words(counts)
    if FlowRunContext.get() is not None:
        table = await asyncio.to_thread(looking.table, here, run_id)
        summary = await asyncio.to_thread(audit_summary.markdown, here, run_id, counts)
        await acreate_markdown_artifact(summary, key=f"audit-{run_id}-summary", description=f"Audit {run_id}: {said}")
        await acreate_table_artifact(table, key=f"audit-{run_id}", description=f"Audit {run_id}: {said}")
    return Completed(name=f"Audited {run_id}", message=said)


@flow(name="share audits", flow_run_name="share audits")
async def share_audits() -> State:
    """Take batches of the audits that other workers have begun, and end those that have nothing left to do."""
    here = ports()
    told = []
    for run_id in await asyncio.to_thread(sharing.runs_to_share, here):
        await _work_through(here, run_id, to_the_end=False)
        if await asyncio.to_thread(sharing.is_all_done, here, run_id):
            told.append(f"audit {run_id}: {_in_words(await asyncio.to_thread(looking.finish, here, run_id))}")
        else:
            told.append(f"audit {run_id} goes on elsewhere")
    return Completed(message="; ".join(told) or "no audit to share")


def _in_words(counts: dict[str, int]) -> str:
    return ", ".join(f"{number} {name}" for name, number in counts.items() if number) or "nothing is live"


async def _work_through(here: Ports, run_id: int, *, to_the_end: bool = True) -> None:
    async with looking.outlook(here) as out:
        await sharing.work_through(here, run_id, partial(_judge, here, out, run_id), to_the_end=to_the_end)


async def _judge(here: Ports, out: Outlook, run_id: int, batch: Sequence[int], all_begun: Callable[[], None]) -> None:
    """Judge a batch, as one task of the run; unrecorded when Prefect is out of reach."""
    if FlowRunContext.get() is None:
        await looking.judge_batch(here, out, run_id, batch, all_begun)
        return

    @task(name="judge a batch", task_run_name=f"{len(batch)} integrations", cache_policy=NO_CACHE)
    async def judged() -> None:
        await looking.judge_batch(here, out, run_id, batch, all_begun)

    await judged()
