"""Numbers of the outbox by channel. Whoever watches them sees a channel that stands still before people do."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from desk.viewing.gauge import Gauge
from models.delivery import Delivery
from models.enums import ChannelName, DeliveryStage
from notifications.outbox.breakers import in_trouble
from notifications.outbox.leasing import waiting

WAITING = (DeliveryStage.PLANNED, DeliveryStage.SENDING)
WENT_OUT = (DeliveryStage.SENT, DeliveryStage.UNCERTAIN)


def delivery_gauges(session: Session, *, at: datetime) -> tuple[Gauge, ...]:
    """Every channel has its line, also at zero."""
    repeated = func.sum(case((Delivery.attempts > 1, Delivery.attempts - 1), else_=0))
    grouped = select(Delivery.channel, Delivery.stage, func.count(), repeated)
    waits, went_out, dead, again = Counter[str](), Counter[str](), Counter[str](), Counter[str]()
    for channel, stage, count, tries in session.execute(grouped.group_by(Delivery.channel, Delivery.stage)):
        again[channel] += int(tries)
        waits[channel] += count if stage in WAITING else 0
        went_out[channel] += count if stage in WENT_OUT else 0
        dead[channel] += count if stage is DeliveryStage.DEAD else 0
    trouble = {breaker.channel: breaker for breaker in in_trouble(session)}
    resting = {channel: int(breaker.rests_until is not None) for channel, breaker in trouble.items()}
    faults = {channel: breaker.faults for channel, breaker in trouble.items()}
    return (
        _by_channel("deliveries_waiting", "Messages that were not settled yet.", waits),
        _by_channel("deliveries_gone_out", "Messages that went out, perhaps twice.", went_out),
        _by_channel("deliveries_dead", "Messages that were given up.", dead),
        _by_channel("deliveries_tried_again", "Tries of messages beyond the first.", again),
        _by_channel(
            "deliveries_oldest_waiting_seconds",
            "Age of the oldest message that waits, apart from those held for their reader.",
            _ages(session, at),
        ),
        _by_channel("channel_resting", "1 while a channel is out of order and nothing is tried by it.", resting),
        _by_channel("channel_faults", "Tries since a channel last took a message that failed by its fault.", faults),
    )


def _ages(session: Session, at: datetime) -> Mapping[ChannelName, int]:
    oldest = select(Delivery.channel, func.min(Delivery.planned_at)).where(
        waiting(Delivery.stage), Delivery.held.is_(None)
    )
    return {
        channel: max(0, int((at - planned_at).total_seconds()))
        for channel, planned_at in session.execute(oldest.group_by(Delivery.channel))
    }


def _by_channel(name: str, words: str, found: Mapping[ChannelName, int] | Mapping[str, int]) -> Gauge:
    values = {channel.value: found.get(channel, 0) for channel in ChannelName}
    return Gauge(f"launch_review_{name}", words, "channel", values)
