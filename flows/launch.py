"""The path of one integration, from submission through Public Beta to Public.

No run waits for a person: each does what is due now and ends; a decision wakes the next one.
"""

import asyncio

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.context import FlowRunContext
from prefect.states import Completed

from flows.steps import Steps
from flows.turn import Turn
from flows.wiring import ports
from review.path import Step


@flow(name="launch", flow_run_name="launch {slug}")
async def launch(slug: str) -> State:
    """Do what is due for one integration. Safe to run at any time, also twice at once."""
    here = ports()
    turn = Turn(here, slug)
    async with turn.taken() as is_ours:
        if not is_ours:
            return Completed(name="Taken", message=f"another worker is on {slug}")
        path = Steps(here, slug)

        # The partner has submitted.
        await take(path, Step.ACKNOWLEDGE)
        await take(path, Step.CHECK)
        await take(path, Step.OPEN_REVIEW)

        # Only where the rulebook says so, and only what held in every audit for days; a person may be quicker.
        await take(path, Step.DECIDE_GRADUATION)

        # A reviewer decides, hours or days later, and wakes the next run, which begins to build or goes live:
        await take(path, Step.GRANT_ACCESS)
        await take(path, Step.DECLINE_ACCESS)
        await take(path, Step.PUBLISH)

        # In Public Beta the audit looks after it, and wakes a run once everything that Public asks holds. The
        # proposal is checked and decided like any submission, and publishing its approval makes it Public.
        await take(path, Step.PROPOSE_GRADUATION)

        # A programme manager took it out of the catalog, or put it back.
        await take(path, Step.RESTATE)
    name, message = await asyncio.to_thread(turn.came_to)
    return Completed(name=name, message=message)


async def take(path: Steps, step: Step) -> None:
    """Take a step if it is due, as a task of the run; what is not due leaves no trace in Prefect."""
    if step not in await path.due():
        return
    if FlowRunContext.get() is None:  # Prefect is out of reach: the step is taken all the same, unrecorded
        await path.take(step)
        return
    name = step.value.replace("_", " ")

    # No parameters: Prefect would take them apart to look for other tasks' results.
    @task(name=name, task_run_name=name, cache_policy=NO_CACHE)
    async def taken() -> bool:
        return await path.take(step)

    await taken()
