"""The watch over clocks: what is due is told, once."""

import asyncio

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from flows.wiring import Ports, ports
from review.actions import watching

BATCH = 100
"""Submissions in one transaction: short enough not to hold up a reviewer's click."""


@flow(name="watch_sla", flow_run_name="watch the clocks")
async def watch_sla() -> State:
    """Fire every rung that is due. Costs what is due, not what is open; safe to run twice at once."""
    done = await asyncio.to_thread(sweep_all, ports())
    if not done:
        return Completed(name="Quiet", message="nothing was due")
    return Completed(name="Told", message=f"{done} warnings, reminders and ended waivers")


def sweep_all(here: Ports) -> int:
    """Sweep in batches until nothing is due, and say how much was."""
    done = 0
    while True:
        with here.database.write.begin() as session:
            swept = watching.sweep(session, at=here.now(), limit=BATCH)
        done += swept.total
        if not swept.looked_at:
            return done
