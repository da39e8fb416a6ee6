"""Deliveries: events become messages, messages go out, each is settled."""

import asyncio

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from flows.wiring import ports
from models.enums import ChannelName
from notifications.channels.slack import SlackChannel
from notifications.members import match_members
from notifications.outbox import deliver_due, join_due, plan
from review.actions.endpoints import disable_failing

TO_SYSTEMS = frozenset({ChannelName.WEBHOOK})
TO_PEOPLE = frozenset(ChannelName) - TO_SYSTEMS
"""What is sent in runs of its own: a system may take long to answer, and no person waits for that."""


@flow(name="deliver", flow_run_name="deliver")
async def deliver() -> State:
    """Plan what happened and send people what is due. Safe to run twice at once: a delivery has one worker a time."""
    here = ports()
    slack = here.channels.get(ChannelName.SLACK)
    if isinstance(slack, SlackChannel):
        await match_members(here.database, slack)
    planned = await asyncio.to_thread(plan_all)
    await asyncio.to_thread(join_all)
    return await _send(TO_PEOPLE, f"{planned} planned")


@flow(name="deliver to systems", flow_run_name="deliver to systems")
async def deliver_to_systems() -> State:
    """Send webhook endpoints what is due, and disable those that take nothing for days."""
    sent = await _send(TO_SYSTEMS, "to systems")
    await asyncio.to_thread(disable_those_that_fail)
    return sent


async def _send(only: frozenset[ChannelName], before: str) -> State:
    here = ports()
    report = await deliver_due(
        here.database, here.channels, clock=here.now, worker=here.worker, only=only, programme=here.programme
    )
    message = (
        f"{before}, {report.sent} sent, {report.uncertain} sent perhaps twice, "
        f"{report.retried} tried again later, {report.held} held for their readers, "
        f"{report.skipped} no longer true, {report.dead} dead"
    )
    return Completed(name="Trouble" if report.dead else "Delivered", message=message)


def plan_all() -> int:
    """Turn every unplanned event into deliveries, and say how many there are."""
    here = ports()
    with here.database.write.begin() as session:
        return plan(session, at=here.now(), programme=here.programme)


def join_all() -> int:
    """Make one message of what was held for each person until now, and say how many there are."""
    here = ports()
    with here.database.write.begin() as session:
        return join_due(session, at=here.now(), programme=here.programme)


def disable_those_that_fail() -> int:
    """Disable endpoints that have failed for days or are gone, tell whose they are, and say how many there were."""
    here = ports()
    with here.database.write.begin() as session:
        return len(disable_failing(session, at=here.now()))
