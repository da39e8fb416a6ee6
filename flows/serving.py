"""The deployments: what runs on a schedule or by hand, in processes of its own.

The schedules are a safety net below `flows.pulse`, which wakes the same flows promptly in-process. `prefect.yaml`
lists the same deployments for a work pool; a test keeps the two equal.
"""

import asyncio
import logging
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Literal

from prefect.deployments.runner import RunnerDeployment
from prefect.runner import Runner
from prefect.schedules import Cron

from flows.zombies import HEARTBEAT_SECONDS, install_zombie_automation

LOG = logging.getLogger(__name__)

RUNNER_NAME = "launch-review"
AT_ONCE = 4
RETRY_SECONDS = 10.0
STOP_WITHIN_SECONDS = 3.0


@dataclass(frozen=True)
class Served:
    """One deployment: `flow` is the module path of the flow, `cron` is in UTC, None means by hand only."""

    name: str
    flow: str
    description: str
    tags: tuple[str, ...]
    cron: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def deployment(self) -> RunnerDeployment:
        """The deployment as Prefect's runner wants it. Imports the flow."""
        return RunnerDeployment.from_entrypoint(
            entrypoint=self.flow,
            name=self.name,
            description=self.description,
            tags=list(self.tags),
            schedule=Cron(self.cron, timezone="UTC") if self.cron else None,
            parameters=dict(self.parameters),
        )


DEPLOYMENTS = (
    Served(
        name="by-hand",
        flow="flows.launch.launch",
        description="Run the checks of one submission again and take the moves they allow.",
        tags=("launch-review", "launch"),
    ),
    Served(
        name="nightly",
        flow="flows.audit.audit",
        description="Check again what has launched, each at its hour, and propose graduations.",
        tags=("launch-review", "audit"),
        cron="17 * * * *",
        parameters={"by_the_hour": True},
    ),
    Served(
        name="safety-net",
        flow="flows.audit.share_audits",
        description="Take batches of audits that run elsewhere, and of those whose worker died.",
        tags=("launch-review", "audit"),
        cron="13-59/15 * * * *",
    ),
    Served(
        name="nightly",
        flow="flows.watch_drift.watch_drift",
        description="Tell of due dates that new time zones or holidays would move.",
        tags=("launch-review", "calendars"),
        cron="47 2 * * *",
    ),
    Served(
        name="nightly",
        flow="flows.tidy.tidy",
        description="Take out what is past its time: old results of audits, messages, pictures, files, drafts.",
        tags=("launch-review", "retention"),
        cron="37 3 * * *",
    ),
    Served(
        name="safety-net",
        flow="flows.prompt_partners.prompt_partners",
        description="Ask partners for what the pulse did not, while the team's calendar is open.",
        tags=("launch-review", "partners"),
        # Often enough to meet the hours of a team in any zone.
        cron="52 */3 * * *",
    ),
    Served(
        name="safety-net",
        flow="flows.watch_sla.watch_sla",
        description="Warn about and escalate what the pulse did not.",
        tags=("launch-review", "sla"),
        cron="*/15 * * * *",
    ),
    Served(
        name="safety-net",
        flow="flows.deliver.deliver",
        description="Send what the pulse did not.",
        tags=("launch-review", "deliveries"),
        cron="7-59/15 * * * *",
    ),
    Served(
        name="safety-net",
        flow="flows.deliver.deliver_to_systems",
        description="Send webhook endpoints what the pulse did not.",
        tags=("launch-review", "deliveries"),
        cron="11-59/15 * * * *",
    ),
)


async def serve(stop: asyncio.Event, deployments: Sequence[Served] = DEPLOYMENTS) -> None:
    """Register the deployments and start their runs until `stop` is set; begin again when the API went away.

    Prefect's runner takes SIGTERM for itself when it starts in the main thread, and leaves the whole process
    by it. So it has a thread and a loop of its own here, and signals stay with who started the process.
    """
    handed_over: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    async def serve_here() -> None:
        ours = asyncio.Event()
        handed_over.set_result((asyncio.get_running_loop(), ours))
        await _serve_until(ours, deployments)

    thread = threading.Thread(target=asyncio.run, args=(serve_here(),), name="prefect runner", daemon=True)
    thread.start()
    loop, ours = await asyncio.wrap_future(handed_over)
    await stop.wait()
    loop.call_soon_threadsafe(ours.set)
    await asyncio.to_thread(thread.join, STOP_WITHIN_SECONDS)


async def _serve_until(stop: asyncio.Event, deployments: Sequence[Served]) -> None:
    stopping = asyncio.create_task(stop.wait())
    while not stop.is_set():
        try:
            await _serve_once(stopping, deployments)
        except Exception as error:  # noqa: BLE001 - whatever ended it, serving begins again
            LOG.warning("serving the deployments is begun again in %.0f s: %s", RETRY_SECONDS, error)
            await asyncio.wait({stopping}, timeout=RETRY_SECONDS)


async def _serve_once(stopping: "asyncio.Task[Literal[True]]", deployments: Sequence[Served]) -> None:
    await install_zombie_automation()
    runner = Runner(name=RUNNER_NAME, limit=AT_ONCE, pause_on_shutdown=False, heartbeat_seconds=HEARTBEAT_SECONDS)
    for served in deployments:
        await runner.aadd_deployment(served.deployment())
    LOG.info("serving %d deployments", len(deployments))
    running = asyncio.create_task(runner.start())
    await asyncio.wait([running, stopping], return_when=asyncio.FIRST_COMPLETED)
    if not running.done():
        await runner.astop()
    await running
