"""A channel that is out of order rests: nothing is tried by it for a while, and no message dies of it.

One row for each channel in trouble, shared by all workers; a channel that works has none.
"""

import logging
import random
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from models.delivery import ChannelBreaker, Delivery
from models.enums import ChannelName
from notifications.message import Result, Retry, Sent
from notifications.outbox.leasing import UNORDERED, claim

LOG = logging.getLogger(__name__)

FAULTS_IN_A_ROW = 5
FIRST_REST = timedelta(seconds=30)
LONGEST_REST = timedelta(minutes=10)
REASON_CHARACTERS = 500
NAMES = select(ChannelBreaker.channel)
"""Made once, because every settlement asks it."""


def troubled(session: Session) -> frozenset[ChannelName]:
    """Names of the channels in trouble."""
    return frozenset(session.connection().scalars(NAMES))


def in_trouble(session: Session) -> Sequence[ChannelBreaker]:
    """Channels whose last try failed by their own fault, whether they rest yet or not."""
    return session.scalars(select(ChannelBreaker).order_by(ChannelBreaker.channel)).all()


def awake(session: Session, channels: frozenset[ChannelName], at: datetime) -> frozenset[ChannelName]:
    """Those by which something may be tried now, if only one message to see whether the channel works again."""
    resting = select(ChannelBreaker.channel).where(ChannelBreaker.rests_until > at)
    return channels - frozenset(session.scalars(resting))


def claim_awake(
    session: Session,
    *,
    worker: str,
    at: datetime,
    lease_seconds: float,
    limit: int,
    channels: frozenset[ChannelName],
) -> list[Delivery]:
    """Claim what is due by the channels that work, and one message by each that has rested; to see how it goes."""
    resting = select(ChannelBreaker.channel).where(ChannelBreaker.rests_until.is_not(None))
    shut = frozenset(session.scalars(resting)) & channels
    batch = claim(session, worker=worker, at=at, lease_seconds=lease_seconds, limit=limit, channels=channels - shut)
    for channel in sorted(shut):
        rested = select(ChannelBreaker).where(ChannelBreaker.channel == channel, ChannelBreaker.rests_until <= at)
        # Another worker that asks at this moment leaves it to this one.
        breaker = session.scalar(rested.with_for_update(skip_locked=True).execution_options(populate_existing=True))
        if breaker is None:
            continue
        one = frozenset({channel})
        for probe in claim(session, worker=worker, at=at, lease_seconds=lease_seconds, limit=1, channels=one):
            # Until the answer is known; should the worker die, another one asks once the lease has run out.
            breaker.probe_id, breaker.rests_until = probe.id, probe.leased_until
            batch.append(probe)
    return batch


def note(session: Session, delivery: Delivery, result: Result, at: datetime, rng: random.Random) -> bool:
    """Remember how the channel itself answered, and say whether it rests now.

    It works when it took the message, or asks for it later for reasons of its own. What was refused or not sent at
    all says nothing of the channel.
    """
    if delivery.channel in UNORDERED:
        # Each recipient is another server with a patience of its own.
        return False
    match result:
        case Retry(of_channel=True):
            return _fault(session, delivery, result.reason, at, rng)
        case Sent() | Retry():
            session.execute(delete(ChannelBreaker).where(ChannelBreaker.channel == delivery.channel))
            LOG.info("%s takes messages again", delivery.channel.value)
        case _:
            hand_back(session, [delivery], at)
    return False


def says_something(result: Result, channel: ChannelName, troubled: frozenset[ChannelName]) -> bool:
    """Whether an answer has to be noted: nearly all go to a channel that works, and say that it does."""
    return channel in troubled or (isinstance(result, Retry) and result.of_channel)


def hand_back(session: Session, deliveries: Iterable[Delivery], at: datetime) -> None:
    """These were not tried after all: where one of them was to show whether its channel works, another may."""
    probing = ChannelBreaker.probe_id.in_([delivery.id for delivery in deliveries])
    session.execute(update(ChannelBreaker).where(probing).values(probe_id=None, rests_until=at))


def rest_of(rests: int, rng: random.Random) -> timedelta:
    """How long a channel rests for the given time in a row: doubles up to ten minutes, varied by up to a fifth."""
    doublings: int = 2 ** min(rests - 1, 10)
    return min(FIRST_REST * doublings, LONGEST_REST) * rng.uniform(0.8, 1.0)


def _fault(session: Session, delivery: Delivery, reason: str, at: datetime, rng: random.Random) -> bool:
    breaker = _locked(session, delivery.channel, at)
    breaker.faults += 1
    breaker.reason = reason[:REASON_CHARACTERS]
    rests_already = breaker.rests_until is not None
    if breaker.probe_id == delivery.id or (not rests_already and breaker.faults >= FAULTS_IN_A_ROW):
        breaker.rests += 1
        breaker.rests_until = at + rest_of(breaker.rests, rng)
        breaker.probe_id = None
        LOG.warning("%s rests until %s: %s", delivery.channel.value, breaker.rests_until, breaker.reason)
    return breaker.rests_until is not None


def _locked(session: Session, channel: ChannelName, at: datetime) -> ChannelBreaker:
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    # Two workers may meet the first fault at the same moment, and another may take the row out as the channel works
    # again: whichever was there is held by this very statement.
    row = {"channel": channel, "since": at, "faults": 0, "rests": 0, "reason": ""}
    made = insert(ChannelBreaker).values(row)
    session.execute(made.on_conflict_do_update(index_elements=["channel"], set_={"channel": made.excluded.channel}))
    return session.get_one(ChannelBreaker, channel, populate_existing=True)
