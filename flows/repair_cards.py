"""Cards in Slack that differ from the rows are put right."""

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from flows.wiring import ports
from models.enums import ChannelName
from notifications.repairing import repair_cards as repair


@flow(name="repair_cards", flow_run_name="repair cards")
async def repair_cards() -> State:
    """Compare the cards whose turn has come, and send them again. Safe to run twice at once: a card has one turn."""
    here = ports()
    slack = here.channels.get(ChannelName.SLACK)
    if slack is None:
        return Completed(message="Slack is not configured")
    done = await repair(here.database, slack, clock=here.now, programme=here.programme)
    return Completed(message=f"{done.looked_at} looked at, {done.put_right} put right")
