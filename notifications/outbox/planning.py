"""Turns events that nobody was told of into deliveries, each rendered for its recipient."""

import logging
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import chain
from typing import Any

from sqlalchemy import Insert, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DataError, DBAPIError
from sqlalchemy.orm import Session, joinedload

from models.enums import ChannelName, DeliveryStage, GateName, How
from models.event import Event, UnplannedEvent
from notifications.addressing import Addressee, Directory
from notifications.facts import Facts
from notifications.message import Message
from notifications.outbox.leasing import DELIVERIES
from notifications.outbox.wishes import SWITCHED_OFF
from notifications.programme import ProgrammeSettings
from notifications.reading import Reader
from notifications.rendering import CONSOLE, renderer_for
from notifications.rhythm import Today, is_urgent, wait_of_one
from notifications.routing import OUTSIDE, Route, routes_for, subscribed_routes

LOG = logging.getLogger(__name__)

BATCH = 250
"""Events in one transaction: short enough for others to wait for."""

PLANNER_LOCK = 0x4C52_504C
"""PostgreSQL's name of the lock that planners share: two at once could mix the order within a subject."""

UNPLANNED = Addressee(ChannelName.CONSOLE, "planning", "", "Etc/UTC")
"""Recipient of the dead delivery that stands for an event of which nothing could be planned."""

ERROR_CHARACTERS = 2_000
RECIPIENT_CHARACTERS = 320
UNHELD: dict[str, Any] = {"person_id": None, "urgent": False, "held": None}


def plan(session: Session, *, at: datetime, programme: ProgrammeSettings, limit: int = BATCH) -> int:
    """Plan up to `limit` events, oldest first; returns how many, so 0 means that all are planned.

    Planning the same event again changes nothing. What can't be rendered becomes a dead delivery that says
    why, and keeps nothing else from being planned. On PostgreSQL returns 0 while another one is planning.
    """
    if session.get_bind().dialect.name == "postgresql" and not session.scalar(
        select(func.pg_try_advisory_xact_lock(PLANNER_LOCK))
    ):
        return 0
    chosen = select(UnplannedEvent.event_id, UnplannedEvent.subject).order_by(UnplannedEvent.event_id).limit(limit)
    subjects = {row.event_id: row.subject for row in session.execute(chosen)}
    if not subjects:
        return 0
    events = session.scalars(
        select(Event).where(Event.id.in_(subjects)).options(joinedload(Event.person)).order_by(Event.id)
    ).all()
    planner = _Planner(session, at, programme)
    _store(session, [row for event in events for row in planner.rows(event, subjects[event.id])])
    session.execute(delete(UnplannedEvent).where(UnplannedEvent.event_id.in_(subjects)))
    return len(subjects)


class _Planner:
    def __init__(self, session: Session, at: datetime, programme: ProgrammeSettings) -> None:
        self._at = at
        self._programme = programme
        self._reader = Reader(session, at, cards=ChannelName.SLACK in programme.channels)
        self._directory = Directory(session, programme)
        self._renderer = renderer_for(programme)

    def rows(self, event: Event, subject: str) -> Iterator[dict[str, Any]]:
        """The event's deliveries as rows to insert."""
        try:
            facts = self._reader.facts(event, subject)
            addressed = list(self._addressed(event, facts))
        except DBAPIError:
            raise
        except Exception as error:  # noqa: BLE001 - a bad event must not stop the others; it is kept and logged
            yield self._dead(event, subject, UNPLANNED, error)
            return
        for addressee, route in addressed:
            try:
                message = self._message(facts, addressee, route)
            except Exception as error:  # noqa: BLE001 - a bad message must not stop the others
                yield self._dead(event, subject, addressee, error)
            else:
                row = _as_row(event.id, subject, addressee, self._at, message) | self._rhythm(facts, addressee, route)
                yield _once_it_stands(row, facts, route)

    def _addressed(self, event: Event, facts: Facts) -> Iterator[tuple[Addressee, Route | None]]:
        """Who hears of it, each person and each group once; without a route it is the console that narrates."""
        if ChannelName.CONSOLE in self._programme.channels:
            yield CONSOLE, None
        told: set[int | tuple[ChannelName, str]] = set()
        routes = routes_for(facts.name, facts.data, gate=_gate(facts))
        if self._directory.has_endpoints:
            routes = chain(routes, subscribed_routes(facts.name, facts.data, gate=_gate(facts)))
        for route in routes:
            for addressee in self._directory.addressees(route, event):
                who = addressee.person_id or (addressee.channel, addressee.recipient)
                if who not in told:
                    told.add(who)
                    yield addressee, route

    def _message(self, facts: Facts, addressee: Addressee, route: Route | None) -> Message:
        if route is None:
            return self._renderer.narration(facts)
        return self._renderer.message(facts, route, addressee)

    def _rhythm(self, facts: Facts, addressee: Addressee, route: Route | None) -> dict[str, Any]:
        """What is another in the row because its recipient is a person with habits."""
        if route is None or addressee.person_id is None:
            return {}
        if is_urgent(route.category, facts.name, receipt=route.receipt):
            return {"person_id": addressee.person_id, "urgent": True}
        habit = self._directory.habits.of(addressee.person_id)
        if habit.how(route.category) is How.OFF:
            settled = {
                "stage": DeliveryStage.SKIPPED,
                "next_try_at": None,
                "settled_at": self._at,
                "error": SWITCHED_OFF,
            }
            return {"person_id": addressee.person_id, **settled}
        # How much they get in a day is known only as it goes out.
        wait = wait_of_one(habit, route.category, self._at, Today(), self._programme.mails_a_day)
        held = {} if wait is None else {"held": wait.held, "next_try_at": wait.until}
        return {"person_id": addressee.person_id, **held}

    def _dead(self, event: Event, subject: str, addressee: Addressee, error: Exception) -> dict[str, Any]:
        LOG.error(
            "event %s (%s) could not be planned for %s", event.id, event.name, addressee.recipient, exc_info=error
        )
        return _as_dead_row(event.id, subject, addressee, self._at, error)


def _once_it_stands(row: dict[str, Any], facts: Facts, route: Route | None) -> dict[str, Any]:
    """What goes outside waits while the decision that it tells can still be undone; the team hears at once."""
    stands_at, not_before = facts.data.get("stands_at"), row["next_try_at"]
    if stands_at is None or not_before is None or route is None or route.audience not in OUTSIDE:
        return row
    return row | {"next_try_at": max(not_before, datetime.fromisoformat(stands_at))}


def _gate(facts: Facts) -> GateName | None:
    return None if facts.submission is None else facts.submission.gate


def _as_row(event_id: int, subject: str, addressee: Addressee, at: datetime, message: Message) -> dict[str, Any]:
    return {
        "event_id": event_id,
        "channel": addressee.channel,
        "recipient": addressee.recipient,
        "subject": subject,
        "message": message.as_json(),
        **UNHELD,
        "stage": DeliveryStage.PLANNED,
        "next_try_at": at,
        "error": "",
        "planned_at": at,
        "settled_at": None,
    }


def _as_dead_row(event_id: int, subject: str, addressee: Addressee, at: datetime, error: Exception) -> dict[str, Any]:
    return {
        "event_id": event_id,
        "channel": addressee.channel,
        "recipient": addressee.recipient[:RECIPIENT_CHARACTERS],
        "subject": subject,
        "message": {},
        **UNHELD,
        "stage": DeliveryStage.DEAD,
        "next_try_at": None,
        "error": f"could not be planned: {type(error).__name__}: {error}"[:ERROR_CHARACTERS],
        "planned_at": at,
        "settled_at": at,
    }


def _store(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Insert the rows that are not there yet, all at once; one that the database refuses becomes a dead one."""
    if not rows:
        return
    statement = _insert(session)
    try:
        with session.begin_nested():
            session.execute(statement, rows)
    except DBAPIError:
        for row in rows:
            _store_one(session, statement, row)


def _store_one(session: Session, statement: Insert, row: dict[str, Any]) -> None:
    try:
        with session.begin_nested():
            session.execute(statement, [row])
    except DataError as error:
        LOG.exception("the database refused a delivery of event %s", row["event_id"])
        addressee = Addressee(row["channel"], row["recipient"], "", "Etc/UTC")
        dead = _as_dead_row(row["event_id"], row["subject"], addressee, row["planned_at"], error)
        session.execute(statement, [dead])


def _insert(session: Session) -> Insert:
    # The same words on both databases, but each dialect has its own class for them.
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    return insert(DELIVERIES).on_conflict_do_nothing(index_elements=["event_id", "channel", "recipient"])
