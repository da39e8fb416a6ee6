"""What was held for one person becomes one message: a digest in the morning, or along with something urgent."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from models.delivery import Delivery
from models.enums import ChosenCategory, DeliveryStage, EventName, HeldFor, How
from models.event import Event
from models.people import Person
from notifications.addressing import MAILS, Addressee
from notifications.facts import Facts
from notifications.habits import habit_of
from notifications.message import Category, Message
from notifications.outbox.leasing import close
from notifications.outbox.truth import no_longer_true
from notifications.outbox.wishes import FOR_A_DIGEST, SWITCHED_OFF, subject_of, today_of
from notifications.programme import ProgrammeSettings
from notifications.reading import Reader
from notifications.rendering import renderer_for
from notifications.rhythm import Habit, wait_of_digest
from notifications.routing import DIGEST
from notifications.unsubscribing import Stop, sealed

LOG = logging.getLogger(__name__)

AT_ONCE = 50
"""People in one transaction."""
AFTER_A_FAULT = timedelta(hours=1)
"""A digest that could not be written is tried again so much later, and keeps no other up."""
ONE_CLICK = "https://"
"""Mail programs post by themselves only there (RFC 8058); elsewhere the mail has the link alone."""


def due_for_digest(at: datetime) -> Select[tuple[int | None]]:
    """People for whom something was held until now."""
    return (
        select(Delivery.person_id)
        .where(Delivery.stage == DeliveryStage.PLANNED, Delivery.held.in_(FOR_A_DIGEST), Delivery.next_try_at <= at)
        .distinct()
    )


def join_due(session: Session, *, at: datetime, programme: ProgrammeSettings, limit: int = AT_ONCE) -> int:
    """Make one message of what was held for each of up to `limit` people; returns how many messages there are.

    What is no longer true or no longer wanted is left out, and where nothing is left nothing is sent. Outside of
    somebody's working hours, and on a day that has no room for a further mail, it waits for the next digest.
    """
    made = 0
    for person_id in session.scalars(due_for_digest(at).limit(limit)).all():
        assert person_id is not None
        held = _locked(session, person_id, at)
        try:
            with session.begin_nested():
                made += _joined(session, session.get_one(Person, person_id), held, at, programme)
        except Exception:
            LOG.exception("the digest of person %s could not be written; it is tried again later", person_id)
            for delivery in _locked(session, person_id, at):
                delivery.next_try_at = at + AFTER_A_FAULT
    return made


def take_along(session: Session, delivery_id: int, at: datetime, programme: ProgrammeSettings) -> Message | None:
    """Tell with an urgent delivery what waits before it about the same subject, so that nothing comes out of order.

    None when nothing waits. The message is stored before its first try, so that every try is the same.
    """
    urgent = session.get_one(Delivery, delivery_id, with_for_update=True)
    person = session.get_one(Person, urgent.person_id)
    held = session.scalars(
        select(Delivery)
        .where(*_held_before(urgent), Delivery.stage == DeliveryStage.PLANNED)
        .order_by(Delivery.id)
        .with_for_update(of=Delivery)
    ).all()
    told = list(_still_wanted(session, held, habit_of(session, person.id), at))
    if not told:
        return None
    lines = [_line(delivery, "") for delivery in told]
    message = Message.from_json(urgent.message)
    message = renderer_for(programme).with_earlier(message, lines, urgent.channel, person.time_zone)
    urgent.message = message.as_json()
    _settle(told, at, _told_with(urgent.id))
    return message


def put_back(session: Session, urgent: Delivery, at: datetime) -> None:
    """What an urgent delivery took along comes by itself after all: between two tries the urgent one became untrue."""
    taken = select(Delivery).where(
        Delivery.person_id == urgent.person_id,
        Delivery.subject == urgent.subject,
        Delivery.stage == DeliveryStage.SKIPPED,
        Delivery.error == _told_with(urgent.id),
    )
    for delivery in session.scalars(taken.with_for_update(of=Delivery)):
        delivery.stage = DeliveryStage.PLANNED
        delivery.held = HeldFor.QUIET  # its reader is asked again as it goes out
        delivery.next_try_at = at
        delivery.settled_at = None
        delivery.error = ""
        delivery.repeat_possible = delivery.repeat_possible or urgent.repeat_possible


def _told_with(delivery_id: int) -> str:
    return f"told with delivery {delivery_id}, which could not wait"


def can_take_along(urgent: Delivery, held: Delivery | None = None) -> bool:
    """Whether it may tell what waits before it, or just `held`. A repeat may not: every try is the same message."""
    able = urgent.urgent and urgent.person_id is not None and not urgent.repeat_possible
    return able and (held is None or (urgent.person_id, urgent.subject) == (held.person_id, held.subject))


def urgent_with_company(session: Session, batch: Sequence[Delivery]) -> frozenset[int]:
    """Which urgent deliveries of a batch have something to take along; one question for all."""
    urgent = [one for one in batch if can_take_along(one)]
    if not urgent:
        return frozenset()
    held = (
        select(Delivery.person_id, Delivery.subject, func.min(Delivery.id))
        .where(
            Delivery.person_id.in_({one.person_id for one in urgent}),
            Delivery.settled_at.is_(None),
            Delivery.held.is_not(None),
        )
        .group_by(Delivery.person_id, Delivery.subject)
    )
    first = {(person_id, subject): number for person_id, subject, number in session.execute(held).tuples()}
    return frozenset(one.id for one in urgent if first.get((one.person_id, one.subject), one.id) < one.id)


def _held_before(urgent: Delivery) -> tuple[Any, ...]:
    return (
        Delivery.person_id == urgent.person_id,
        Delivery.subject == urgent.subject,
        Delivery.settled_at.is_(None),
        Delivery.held.is_not(None),
        Delivery.id < urgent.id,
    )


def _locked(session: Session, person_id: int, at: datetime) -> Sequence[Delivery]:
    held = select(Delivery).where(
        Delivery.person_id == person_id,
        Delivery.stage == DeliveryStage.PLANNED,
        Delivery.held.in_(FOR_A_DIGEST),
        Delivery.next_try_at <= at,
    )
    return session.scalars(
        held.order_by(Delivery.id).with_for_update(of=Delivery).execution_options(populate_existing=True)
    ).all()


def _joined(
    session: Session, person: Person, held: Sequence[Delivery], at: datetime, programme: ProgrammeSettings
) -> int:
    habit = habit_of(session, person.id)
    until = wait_of_digest(habit, at, today_of(session, habit, person.id, at), programme.mails_a_day)
    if until is not None:
        for delivery in held:
            delivery.next_try_at = until
        return 0
    over_cap = all(delivery.held is HeldFor.CAP for delivery in held)
    told = list(_still_wanted(session, held, habit, at))
    if not told:
        return 0
    reader = Reader(session, at, cards=False)
    lines = [_line(delivery, _turn(reader, delivery)) for delivery in told]
    data = {
        "lines": lines,
        "since": lines[0]["at"],
        "over_cap": over_cap,
        "side": habit.side.value,
        "stop": _stop(person, told, programme),
    }
    digest = _written(session, person, told[-1], data, at, programme)
    _settle(told, at, f"in digest delivery {digest.id}")
    return 1


def _still_wanted(session: Session, held: Sequence[Delivery], habit: Habit, at: datetime) -> Iterator[Delivery]:
    for delivery in held:
        off = habit.how(Category(delivery.message["category"])) is How.OFF
        if reason := SWITCHED_OFF if off else no_longer_true(session, delivery, at=at):
            _settle([delivery], at, reason)
        else:
            yield delivery


def _written(
    session: Session,
    person: Person,
    last: Delivery,
    data: dict[str, Any],
    at: datetime,
    programme: ProgrammeSettings,
) -> Delivery:
    subject = subject_of(person.id)
    event = Event(
        at=at, name=EventName.DIGEST_JOINED.value, data={"person_id": person.id, "messages": len(data["lines"])}
    )
    session.add(event)
    session.flush()
    facts = Facts(EventName.DIGEST_JOINED, at, subject, data=data, number=event.id)
    addressee = Addressee(last.channel, last.recipient, person.name, person.time_zone, person.id)
    message = renderer_for(programme).message(facts, DIGEST, addressee)
    if last.channel in MAILS and data["stop"].startswith(ONE_CLICK):
        message = replace(message, unsubscribe=data["stop"])
    digest = Delivery(
        event_id=event.id,
        channel=last.channel,
        recipient=last.recipient,
        person_id=person.id,
        subject=subject,
        message=message.as_json(),
        stage=DeliveryStage.PLANNED,
        next_try_at=at,
        planned_at=at,
    )
    session.add(digest)
    session.flush()
    return digest


def _line(delivery: Delivery, turn: str) -> dict[str, str]:
    message = delivery.message
    return {"title": message["title"], "at": message["at"], "url": message["url"], "turn": turn}


def _turn(reader: Reader, delivery: Delivery) -> str:
    """Whose turn it is by now; empty where nobody's turn can be meant."""
    facts = reader.facts(delivery.event, delivery.subject)
    return "" if facts.submission is None else facts.submission.turn.value


def _stop(person: Person, told: Sequence[Delivery], programme: ProgrammeSettings) -> str:
    names = {delivery.message["category"] for delivery in told}
    categories = frozenset(category for category in ChosenCategory if category.value in names)
    if not programme.links_key or not categories:
        return ""
    return f"{programme.base_url}/unsubscribe/{sealed(Stop(person.id, categories), programme.links_key)}"


def _settle(deliveries: Sequence[Delivery], at: datetime, reason: str) -> None:
    for delivery in deliveries:
        close(delivery, DeliveryStage.SKIPPED, at)
        delivery.error = reason
