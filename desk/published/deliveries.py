"""Messages in JSON: one to one recipient by one channel, and what became of it."""

from collections.abc import Iterable

from pydantic import with_config
from typing_extensions import TypedDict

from desk.published.values import Instant, at_or_none
from desk.viewing.deliveries import text_of, why_it_waits
from models.delivery import ChannelBreaker, Delivery
from models.enums import ChannelName, DeliveryStage
from notifications.public_events import instant


@with_config(extra="forbid")
class DeliveryLine(TypedDict):
    """`subject` is what it is about, such as submission:7; `error` why the last try failed."""

    id: int
    event: str
    channel: ChannelName
    recipient: str
    subject: str
    stage: DeliveryStage
    attempts: int
    planned_at: Instant
    next_try_at: Instant | None
    settled_at: Instant | None
    repeat_possible: bool
    reference: str
    error: str


@with_config(extra="forbid")
class DeliveryShown(DeliveryLine):
    """With its text, and why it waits, if it does."""

    title: str
    waits: str
    text: str


def delivery_line(delivery: Delivery) -> DeliveryLine:
    return {
        "id": delivery.id,
        "event": delivery.event.name,
        "channel": delivery.channel,
        "recipient": delivery.recipient,
        "subject": delivery.subject,
        "stage": delivery.stage,
        "attempts": delivery.attempts,
        "planned_at": instant(delivery.planned_at),
        "next_try_at": at_or_none(delivery.next_try_at),
        "settled_at": at_or_none(delivery.settled_at),
        "repeat_possible": delivery.repeat_possible,
        "reference": delivery.reference,
        "error": delivery.error,
    }


def delivery_shown(delivery: Delivery, trouble: Iterable[ChannelBreaker]) -> DeliveryShown:
    return {
        **delivery_line(delivery),
        "title": str(delivery.message.get("title", "")),
        "waits": why_it_waits(delivery, trouble),
        "text": text_of(delivery),
    }
