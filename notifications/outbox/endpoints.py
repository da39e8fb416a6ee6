"""How endpoints have answered, and what they missed: written in the transaction that settles a delivery."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.delivery import Delivery
from models.enums import ChannelName, DeliveryStage
from models.webhook_endpoint import WebhookEndpoint, endpoint_number
from notifications.message import Dead, Result, Retry, Sent
from notifications.outbox.register import DeliveryUnknown

FAILURE_CHARACTERS = 500
SETTLED = frozenset({DeliveryStage.SENT, DeliveryStage.UNCERTAIN, DeliveryStage.SKIPPED, DeliveryStage.DEAD})
MISSED = frozenset({DeliveryStage.SKIPPED, DeliveryStage.DEAD})


class DeliveryNotSettled(ValueError):
    """There is nothing to send again: it comes by itself, or it could never be written."""

    def __init__(self, delivery: Delivery) -> None:
        waits = f"is {delivery.stage.value} and comes by itself; nothing to replay"
        unwritten = f"could not be written; `deliveries retry {delivery.id}` plans it anew"
        super().__init__(f"delivery {delivery.id} {waits if delivery.message else unwritten}")


def note_answer(session: Session, delivery: Delivery, result: Result, at: datetime) -> None:
    """Remember at the endpoint how it answered. What to make of it is decided elsewhere."""
    number = endpoint_number(delivery.recipient)
    endpoint = None if number is None else session.get(WebhookEndpoint, number, with_for_update=True)
    if endpoint is None:
        return
    match result:
        case Sent():
            endpoint.last_success_at = at
            endpoint.failing_since = endpoint.given_up_at = endpoint.gone_at = None
        case Retry() | Dead():
            endpoint.last_failure_at = at
            endpoint.last_failure = result.reason[:FAILURE_CHARACTERS]
            endpoint.failing_since = endpoint.failing_since or at
            if delivery.stage is DeliveryStage.DEAD:
                endpoint.given_up_at = at
            if isinstance(result, Dead) and result.gone:
                endpoint.gone_at = at


def replay_one(session: Session, endpoint: WebhookEndpoint, delivery_id: int, *, at: datetime) -> None:
    """Send a settled delivery to its endpoint again, with the same id. DeliveryUnknown, DeliveryNotSettled."""
    delivery = session.get(Delivery, delivery_id, with_for_update=True)
    if delivery is None or not _goes_to(delivery, endpoint):
        raise DeliveryUnknown(delivery_id, of=f"endpoint {endpoint.id}")
    if delivery.stage not in SETTLED or not delivery.message:
        raise DeliveryNotSettled(delivery)
    _again(delivery, at)


def replay_since(
    session: Session, endpoint: WebhookEndpoint, since: datetime, *, at: datetime, also_taken: bool = False
) -> Sequence[int]:
    """Send again what it missed of what was planned since then, oldest first; with `also_taken` what it took too."""
    chosen = select(Delivery).where(
        Delivery.channel == ChannelName.WEBHOOK,
        Delivery.recipient == endpoint.recipient,
        Delivery.planned_at >= since,
        Delivery.stage.in_(sorted(SETTLED if also_taken else MISSED)),
    )
    deliveries = [row for row in session.scalars(chosen.order_by(Delivery.id).with_for_update()) if row.message]
    for delivery in deliveries:
        _again(delivery, at)
    return [delivery.id for delivery in deliveries]


def _goes_to(delivery: Delivery, endpoint: WebhookEndpoint) -> bool:
    return delivery.channel is ChannelName.WEBHOOK and delivery.recipient == endpoint.recipient


def _again(delivery: Delivery, at: datetime) -> None:
    # What it has taken, or may have, arrives a second time.
    went_out = delivery.stage in {DeliveryStage.SENT, DeliveryStage.UNCERTAIN}
    delivery.repeat_possible = delivery.repeat_possible or went_out
    delivery.stage = DeliveryStage.PLANNED
    delivery.attempts = 0
    delivery.next_try_at = at
    delivery.settled_at = None
    delivery.error = ""
