"""Deliveries: events become messages, messages go out, each is settled."""

import asyncio

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from flows.wiring import ports
from models.enums import ChannelName
from notifications.channels.slack import SlackChannel
from notifications.members import match_members
from notifications.outbox import deliver_due, plan


@flow(name="deliver", flow_run_name="deliver")
async def deliver() -> State:
    """Plan what happened and send what is due. Safe to run twice at once: a delivery has one worker at a time."""
    here = ports()
    slack = here.channels.get(ChannelName.SLACK)
    if isinstance(slack, SlackChannel):
        await match_members(here.database, slack)
    planned = await asyncio.to_thread(plan_all)
    report = await deliver_due(here.database, here.channels, clock=here.now, worker=here.worker)
    message = (
        f"{planned} planned, {report.sent} sent, {report.uncertain} sent perhaps twice, "
        f"{report.retried} tried again later, {report.skipped} no longer true, {report.dead} dead"
    )
    return Completed(name="Trouble" if report.dead else "Delivered", message=message)


def plan_all() -> int:
    """Turn every unplanned event into deliveries, and say how many there are."""
    here = ports()
    with here.database.write.begin() as session:
        return plan(session, at=here.now(), programme=here.programme)
