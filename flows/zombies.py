"""Runs whose process died: without this they say Running for good. Our own sweeps do their work again.

Deployment runs send heartbeats, and an automation marks one that stopped. It follows Prefect's page "How to detect
and respond to zombie flows", but expects any event of the run, because our flows finish under names of their own.

Runs awaited in-process send none on the embedded server: they are short, and on SQLite the several events of each
would collide in the automation's table. A killed process leaves them behind, so the next one marks them.
"""

from datetime import timedelta

from prefect.automations import AutomationCore
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterDeploymentId,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import StateType
from prefect.events.actions import ChangeFlowRunState
from prefect.events.schemas.automations import EventTrigger, Posture
from prefect.events.schemas.events import ResourceSpecification
from prefect.states import Crashed

HEARTBEAT_SECONDS = 30  # the smallest that Prefect accepts
SILENT_FOR = timedelta(seconds=3 * HEARTBEAT_SECONDS + 5)

ZOMBIES = AutomationCore(
    name="launch-review: runs that stopped giving signs of life",
    description="A deployment run whose process died is marked Crashed.",
    trigger=EventTrigger(
        posture=Posture.Proactive,
        match=ResourceSpecification({"prefect.resource.id": "prefect.flow-run.*"}),
        for_each={"prefect.resource.id"},
        after={"prefect.flow-run.heartbeat"},
        expect={"prefect.flow-run.*"},
        threshold=1,
        within=SILENT_FOR,
    ),
    actions=[
        ChangeFlowRunState(state=StateType.CRASHED, message=f"No sign of life for {SILENT_FOR.total_seconds():.0f} s.")
    ],
)

LEFTOVERS = FlowRunFilter(
    state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.PENDING, StateType.RUNNING])),
    deployment_id=FlowRunFilterDeploymentId(is_null_=True),
)


async def install_zombie_automation() -> None:
    """Create the automation, or bring the one of the same name up to date. Talks to the Prefect API."""
    async with get_client() as client:
        present = await client.read_automations_by_name(ZOMBIES.name)
        if not present:
            await client.create_automation(ZOMBIES)
        for automation in present:
            # An update forgets the runs being watched, so only a changed definition is worth one.
            if automation.model_dump(include=set(AutomationCore.model_fields)) != ZOMBIES.model_dump():
                await client.update_automation(automation.id, ZOMBIES)


async def crash_leftovers() -> int:
    """Mark the unfinished in-process runs as Crashed, and say how many.

    Right only at start-up and on a server of our own, where no other process can be running them.
    """
    async with get_client() as client:
        leftovers = await client.read_flow_runs(flow_run_filter=LEFTOVERS)
        for run in leftovers:
            message = "The process that ran it ended without a word."
            await client.set_flow_run_state(run.id, Crashed(message=message), force=True)
        return len(leftovers)
