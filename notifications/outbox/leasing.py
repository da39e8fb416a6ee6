"""A worker takes deliveries for a while, and says what came of each."""

import random
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import (
    ColumnElement,
    Select,
    Table,
    and_,
    bindparam,
    case,
    exists,
    literal,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from models.delivery import Card, ChannelBreaker, Delivery
from models.enums import ChannelName, DeliveryStage, HeldFor
from notifications.card import digest_of
from notifications.message import Dead, Result, Retry, Sent, Skipped
from notifications.outbox.patience import next_pause, patience_of
from notifications.rhythm import Wait

REASON_CHARACTERS = 2_000
EVERY_CHANNEL = frozenset(ChannelName)
UNORDERED = frozenset({ChannelName.WEBHOOK})
"""Channels in which a later delivery overtakes one that is tried again: an endpoint that takes one message and not
another would else hear nothing of the subject for days. Their messages say themselves in which order things were.
"""

SETTLED: Mapping[str, Any] = {"held": None, "leased_by": "", "leased_until": None, "next_try_at": None}
"""What a delivery has that nobody may have any more."""

DELIVERIES = cast("Table", Delivery.__table__)
STAGE = DELIVERIES.c.stage.type
PLANNED_AGAIN = Delivery.stage == DeliveryStage.PLANNED
"""Although it was sent: the try in between may have repeated it."""
MINE = and_(Delivery.stage == DeliveryStage.SENDING, Delivery.leased_until == bindparam("lease"))
SENT = (
    update(DELIVERIES)
    .where(Delivery.id == bindparam("delivery"), or_(MINE, PLANNED_AGAIN))
    .values(
        stage=case(
            (or_(bindparam("once"), and_(MINE, ~Delivery.repeat_possible)), literal(DeliveryStage.SENT, STAGE)),
            else_=literal(DeliveryStage.UNCERTAIN, STAGE),
        ),
        **SETTLED,
        settled_at=bindparam("sent_at"),
        reference=bindparam("sent_as"),
        error="",
    )
    .returning(Delivery.stage)
)
"""One statement, made once, that reads no message: this is what becomes of nearly all of them."""


def waiting(stage: InstrumentedAttribute[DeliveryStage]) -> ColumnElement[bool]:
    """Not settled yet. Written out, because a partial index serves only the very words it was made with."""
    return stage.in_([literal_column("'planned'"), literal_column("'sending'")])


def due_now(at: datetime, channels: frozenset[ChannelName] = EVERY_CHANNEL) -> Select[tuple[int]]:
    """Ids of what a worker may take: its instant has come, and nothing before it in its subject still waits."""
    earlier = aliased(Delivery)
    nothing_before = ~exists().where(
        waiting(earlier.stage),
        # What waits for its reader keeps nothing urgent up, and what comes in a digest nothing at all.
        or_(earlier.held.is_(None), and_(earlier.held == HeldFor.QUIET, ~Delivery.urgent)),
        earlier.subject == Delivery.subject,
        earlier.channel == Delivery.channel,
        earlier.recipient == Delivery.recipient,
        earlier.id < Delivery.id,
    )
    due = select(Delivery.id).where(
        waiting(Delivery.stage),
        Delivery.next_try_at <= at,
        or_(Delivery.held.is_(None), Delivery.held == HeldFor.QUIET),
        or_(Delivery.channel.in_(UNORDERED), nothing_before),
    )
    return due if channels == EVERY_CHANNEL else due.where(Delivery.channel.in_(sorted(channels)))


def claim(
    session: Session,
    *,
    worker: str,
    at: datetime,
    lease_seconds: float,
    limit: int,
    channels: frozenset[ChannelName] = EVERY_CHANNEL,
) -> list[Delivery]:
    """Take up to `limit` due deliveries for `lease_seconds`, oldest first; no two workers get the same one.

    Of one subject a recipient gets by one channel what came first, first: a later delivery stays while an
    earlier one waits, except in UNORDERED channels. A delivery whose lease ran out is taken again, marked: its
    worker may have sent it.
    """
    # SQLite keeps no locks on rows, and there the whole transaction has the only writer's lock.
    due = (
        due_now(at, channels)
        .order_by(Delivery.next_try_at, Delivery.id)
        .limit(limit)
        .with_for_update(skip_locked=True, of=Delivery)
        # Without its own name PostgreSQL may run a limited subquery more than once, and take too many.
        .cte("due")
    )
    taken = session.scalars(
        update(Delivery)
        .where(Delivery.id.in_(select(due.c.id)))
        .values(
            stage=DeliveryStage.SENDING,
            held=None,
            leased_by=worker,
            leased_until=at + timedelta(seconds=lease_seconds),
            # The lease is also the next try, so that one index finds new work and abandoned work.
            next_try_at=at + timedelta(seconds=lease_seconds),
            attempts=Delivery.attempts + 1,
            repeat_possible=or_(Delivery.repeat_possible, Delivery.stage == DeliveryStage.SENDING),
        )
        .returning(Delivery)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    return sorted(taken, key=lambda delivery: delivery.id)


def let_go(session: Session, *, at: datetime) -> None:
    """End every lease. For a system that is the only one on its database, when it starts."""
    session.execute(
        update(Delivery).where(Delivery.stage == DeliveryStage.SENDING).values(leased_until=at, next_try_at=at)
    )
    asked = ChannelBreaker.probe_id.is_not(None)
    session.execute(update(ChannelBreaker).where(asked).values(probe_id=None, rests_until=at))


def release(session: Session, deliveries: Sequence[Delivery], *, at: datetime) -> None:
    """Give back what was claimed and not tried; it is due again at once, and this was no attempt."""
    for taken in deliveries:
        delivery = _locked(session, taken.id)
        if _has_lease(delivery, taken.leased_until):
            delivery.stage = DeliveryStage.PLANNED
            delivery.leased_by = ""
            delivery.leased_until = None
            delivery.next_try_at = at
            delivery.attempts -= 1


def postpone(session: Session, delivery_id: int, wait: Wait, *, lease: datetime | None) -> None:
    """Give back what its reader doesn't want now; this was no attempt."""
    delivery = _locked(session, delivery_id)
    if _has_lease(delivery, lease):
        delivery.stage = DeliveryStage.PLANNED
        delivery.leased_by = ""
        delivery.leased_until = None
        delivery.next_try_at = wait.until
        delivery.held = wait.held
        delivery.attempts -= 1


def settle(
    session: Session,
    delivery_id: int,
    result: Result,
    at: datetime,
    *,
    lease: datetime | None,
    rng: random.Random,
    channel_rests: bool = False,
) -> DeliveryStage:
    """Write down what came of one try; returns the stage the delivery is in now.

    What fails while its channel is out of order and rests for that was no attempt, unless it may have gone out:
    a message dies of its own faults, and nobody gets one again and again.

    `lease` is the delivery's `leased_until` as it was claimed. A worker that comes back after its lease ran
    out and another took over changes nothing, with one exception: that it was sent is true whoever says it.
    """
    if isinstance(result, Sent):
        if result.card_reference:
            _remember_card(session, _locked(session, delivery_id), result.card_reference, at)
        return _sent(session, delivery_id, result, at, lease)
    delivery = _locked(session, delivery_id)
    if isinstance(result, Retry) and result.card_reference:
        _remember_card(session, delivery, result.card_reference, at)
    if not _has_lease(delivery, lease):
        return delivery.stage
    delivery.leased_by = ""
    delivery.leased_until = None
    delivery.error = result.reason[:REASON_CHARACTERS]
    match result:
        case Skipped():
            close(delivery, DeliveryStage.SKIPPED, at)
        case Dead():
            close(delivery, DeliveryStage.DEAD, at)
        case Retry():
            delivery.repeat_possible = delivery.repeat_possible or result.may_have_gone_out
            if channel_rests and not result.may_have_gone_out:
                # It comes when the channel works again; until then nothing is tried anyway.
                delivery.attempts -= 1
                delivery.stage = DeliveryStage.PLANNED
                delivery.next_try_at = at + next_pause(1, rng)
            elif delivery.attempts >= patience_of(delivery).attempts:
                delivery.error = f"given up after {delivery.attempts} tries: {delivery.error}"
                close(delivery, DeliveryStage.DEAD, at)
            else:
                delivery.stage = DeliveryStage.PLANNED
                delivery.next_try_at = at + max(
                    result.after or timedelta(0), next_pause(delivery.attempts, rng, patience_of(delivery))
                )
    return delivery.stage


def _locked(session: Session, delivery_id: int) -> Delivery:
    return session.get_one(Delivery, delivery_id, with_for_update=True, populate_existing=True)


def _has_lease(delivery: Delivery, lease: datetime | None) -> bool:
    return delivery.stage is DeliveryStage.SENDING and delivery.leased_until == lease


def close(delivery: Delivery, stage: DeliveryStage, at: datetime) -> None:
    """Settle a delivery for good; nobody else may have it."""
    delivery.stage = stage
    for name, value in SETTLED.items():
        setattr(delivery, name, value)
    delivery.settled_at = at


def _sent(session: Session, delivery_id: int, result: Sent, at: datetime, lease: datetime | None) -> DeliveryStage:
    values = {
        "delivery": delivery_id,
        "lease": lease,
        "once": result.exactly_once,
        "sent_at": at,
        "sent_as": result.reference,
    }
    stage: DeliveryStage | None = session.connection().scalar(SENT, values)
    return stage or session.get_one(Delivery, delivery_id, populate_existing=True).stage


def _remember_card(session: Session, delivery: Delivery, reference: str, at: datetime) -> None:
    submission_id = delivery.event.submission_id
    if submission_id is None:
        return
    card = session.get(Card, (submission_id, delivery.recipient), with_for_update=True)
    if card is None:
        session.add(
            Card(
                submission_id=submission_id,
                channel=delivery.recipient,
                reference=reference,
                event_id=delivery.event_id,
                shown=digest_of(delivery.message["card"]),
                looked_at=at,
                updated_at=at,
            )
        )
    elif card.event_id <= delivery.event_id:
        card.reference = reference
        card.event_id = delivery.event_id
        card.shown = digest_of(delivery.message["card"])
        card.updated_at = at
