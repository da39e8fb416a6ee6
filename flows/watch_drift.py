"""The watch over data that others keep: what a release of time zones or holidays would move is told, once.

A process computes with the zones that it read when it first needed them, so this runs in a new one: at the start,
and once a day as a deployment, whose runs are processes of their own.
"""

import asyncio

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from flows.wiring import Ports, ports
from review.actions import drifting


@flow(name="watch_drift", flow_run_name="look for due dates that would move")
async def watch_drift() -> State:
    """Compare every running due date with what it would be now. Changes none; safe to run twice at once."""
    found, told = await asyncio.to_thread(look_and_tell, ports())
    if not found:
        return Completed(name="Holds", message="no due date would move")
    return Completed(name="Drifted", message=f"{found} found, {told} of them new")


def look_and_tell(here: Ports) -> tuple[int, int]:
    """How many drifts there are, and of how many somebody is told now."""
    with here.database.read() as session:
        found = drifting.look(session, at=here.now()).drifts
    if not found:
        return 0, 0
    with here.database.write.begin() as session:
        return len(found), sum(drifting.tell(session, drift, at=here.now()) for drift in found)
