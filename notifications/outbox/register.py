"""What stands in the outbox: is anything due, which deliveries are there, and a second chance for a dead one."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from models.delivery import Delivery
from models.enums import ChannelName, DeliveryStage
from models.event import UnplannedEvent
from notifications.outbox.breakers import awake
from notifications.outbox.joining import due_for_digest
from notifications.outbox.leasing import EVERY_CHANNEL, due_now


class DeliveryUnknown(LookupError):
    """There is no delivery with this id."""

    def __init__(self, delivery_id: int, *, of: str = "") -> None:
        where = f" to {of}" if of else ""
        super().__init__(f"there is no delivery {delivery_id}{where}; `deliveries list` shows those there are")


class DeliveryNotDead(ValueError):
    """Only a dead delivery gets a second chance; the others are settled or come by themselves."""

    def __init__(self, delivery: Delivery) -> None:
        super().__init__(
            f"delivery {delivery.id} is {delivery.stage.value}, only a dead one can be retried; "
            "`deliveries list --dead` shows those"
        )


def anything_due(session: Session, *, at: datetime, channels: frozenset[ChannelName] = EVERY_CHANNEL) -> bool:
    """Whether there is an event to plan, a digest to join or a delivery to try; looks into small indexes."""
    if session.scalar(select(UnplannedEvent.event_id).limit(1)) is not None:
        return True
    if session.scalar(due_for_digest(at).limit(1)) is not None:
        return True
    return anything_to_send(session, at=at, channels=channels)


def anything_to_send(session: Session, *, at: datetime, channels: frozenset[ChannelName]) -> bool:
    """Whether there is a delivery to try by one of the channels that don't rest."""
    return session.scalar(due_now(at, awake(session, channels, at)).limit(1)) is not None


def delivery_of(session: Session, delivery_id: int) -> Delivery:
    """The delivery with this id. DeliveryUnknown."""
    delivery = session.get(Delivery, delivery_id)
    if delivery is None:
        raise DeliveryUnknown(delivery_id)
    return delivery


def listed(
    session: Session,
    *,
    stages: frozenset[DeliveryStage] = frozenset(DeliveryStage),
    channel: ChannelName | None = None,
    subject: str = "",
    limit: int = 100,
) -> Sequence[Delivery]:
    """The newest `limit` deliveries in these stages, newest first; of one channel and about one subject, if given."""
    chosen = select(Delivery).where(Delivery.stage.in_(sorted(stages)), *narrowed(channel, subject))
    return session.scalars(chosen.order_by(Delivery.id.desc()).limit(limit)).all()


def narrowed(channel: ChannelName | None, subject: str) -> Sequence[ColumnElement[bool]]:
    """What keeps to one channel and one subject; without either, nothing."""
    by_channel = [] if channel is None else [Delivery.channel == channel]
    return [*by_channel, *([Delivery.subject == subject] if subject else [])]


def dead_ones(session: Session, channel: ChannelName | None = None, subject: str = "") -> Sequence[int]:
    """Ids of what was given up, oldest first."""
    dead = select(Delivery.id).where(Delivery.stage == DeliveryStage.DEAD, *narrowed(channel, subject))
    return session.scalars(dead.order_by(Delivery.id)).all()


def retry(session: Session, delivery_id: int, at: datetime) -> None:
    """Give a dead delivery a second chance; one that could not be rendered is planned anew.

    Raises DeliveryUnknown and DeliveryNotDead.
    """
    delivery = session.get(Delivery, delivery_id, with_for_update=True)
    if delivery is None:
        raise DeliveryUnknown(delivery_id)
    if delivery.stage is not DeliveryStage.DEAD:
        raise DeliveryNotDead(delivery)
    if not delivery.message:
        # What the event's other recipients got stays: planning leaves deliveries alone that are there.
        if session.get(UnplannedEvent, delivery.event_id) is None:
            session.add(UnplannedEvent(event_id=delivery.event_id, subject=delivery.subject))
        session.delete(delivery)
        return
    delivery.stage = DeliveryStage.PLANNED
    delivery.attempts = 0
    delivery.next_try_at = at
    delivery.settled_at = None
    delivery.error = ""
