"""What a recipient wants, asked again as a message goes out: habits change, and the day's mails are known only then."""

from datetime import datetime

from sqlalchemy import and_, exists, func, or_, select
from sqlalchemy.orm import Session

from models.delivery import Delivery
from models.enums import ChannelName, DeliveryStage, HeldFor, How
from notifications.habits import habit_of
from notifications.message import Category, Skipped
from notifications.outbox.leasing import waiting
from notifications.rhythm import (
    Habit,
    Side,
    Today,
    Wait,
    end_of_day,
    start_of_day,
    wait_of_digest,
    wait_of_one,
    zone_of,
)

SWITCHED_OFF = "switched off: the recipient does not want such messages"
FOR_A_DIGEST = (HeldFor.DIGEST, HeldFor.CAP)
BY_MAIL = (ChannelName.MAIL, ChannelName.FILE)


def wish(session: Session, delivery: Delivery, at: datetime, *, cap: int) -> Wait | Skipped | None:
    """Why its recipient wouldn't have this delivery now; None when it may go out."""
    if delivery.person_id is None or delivery.urgent:
        return None
    habit = habit_of(session, delivery.person_id)
    category = Category(delivery.message["category"])
    if category is Category.DIGEST:
        until = wait_of_digest(habit, at, today_of(session, habit, delivery.person_id, at, sender=delivery), cap)
        return None if until is None else Wait(until, HeldFor.QUIET)
    if habit.how(category) is How.OFF:
        return Skipped(SWITCHED_OFF)
    return wait_of_one(habit, category, at, today_of(session, habit, delivery.person_id, at, sender=delivery), cap)


def today_of(session: Session, habit: Habit, person_id: int, at: datetime, *, sender: Delivery | None = None) -> Today:
    """What counts against the cap on this day of the person's; `sender` is the delivery that asks, and doesn't count.

    What another worker is sending counts, and of the own batch what comes first: so two can't both be the last.
    """
    if habit.side is not Side.PARTNER:
        return Today()
    zone = zone_of(habit.time_zone)
    begins, ends = start_of_day(at, zone), end_of_day(at, zone)
    mine = Delivery.person_id == person_id, ~Delivery.urgent, Delivery.channel.in_(BY_MAIL)
    went_out = and_(
        Delivery.stage.in_((DeliveryStage.SENT, DeliveryStage.UNCERTAIN)), Delivery.settled_at.between(begins, ends)
    )
    goes_out = Delivery.stage == DeliveryStage.SENDING
    if sender is not None:
        goes_out = and_(goes_out, or_(Delivery.leased_by != sender.leased_by, Delivery.id < sender.id))
    mails = session.scalar(select(func.count()).select_from(Delivery).where(*mine, or_(went_out, goes_out))) or 0
    to_come = exists().where(
        Delivery.person_id == person_id,
        waiting(Delivery.stage),
        or_(Delivery.held.in_(FOR_A_DIGEST), Delivery.subject == subject_of(person_id)),
        Delivery.next_try_at <= ends,
    )
    if sender is not None:
        to_come = to_come.where(Delivery.id != sender.id)
    return Today(mails, bool(session.scalar(select(to_come))))


def subject_of(person_id: int) -> str:
    """The subject of a person's digests."""
    return f"person:{person_id}"
