"""Pauses that want a second look: taken when hardly any of the target was left, or without a word to the partner."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload

from models.clock import Clock, Pause
from models.delivery import Delivery
from models.enums import ChannelName, DeliveryStage, TargetName
from models.event import Event, UnplannedEvent
from models.integration import Integration
from models.people import Person
from review import clock as rules
from review.reports.period import EVER, Period
from review.reports.promises import Promise, Taken

REACHES: Final = (DeliveryStage.PLANNED, DeliveryStage.SENDING, DeliveryStage.SENT, DeliveryStage.UNCERTAIN)
"""Stages of a delivery that went out or still will."""

WORDS_IN: Final = ("text", "reason")
"""Where an event that makes it the partner's turn keeps what they were told: a question, or requested changes."""

AT_ONCE: Final = 500
"""Rows that one query names by id; databases bound how many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotedPause:
    """A pause, and why it is noted; either or both.

    `late`: at least nine tenths of the target were used when it began, and no more than all of it. `untold`: no
    message of it went out to the partner or still will. `open_seconds` did not count because of it, until now.
    """

    submission_id: int
    slug: str
    target: TargetName
    began: str
    """Name of the event that began it."""
    by: str | None
    """Who began it; None: the engine."""
    since: datetime
    until: datetime | None
    open_seconds: float
    used_percent: float
    late: bool
    untold: bool
    reason: str
    """What it says to the partner."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseReport:
    number: int
    """Pauses that were taken, noted or not."""
    noted: tuple[NotedPause, ...]
    """Newest first."""

    @property
    def late(self) -> int:
        return sum(pause.late for pause in self.noted)

    @property
    def untold(self) -> int:
        return sum(pause.untold for pause in self.noted)


class _Begun(NamedTuple):
    promise: Promise
    pause: Taken
    used: float
    untold: bool
    event_id: int | None

    @property
    def late(self) -> bool:
        target = self.promise.state.target_seconds
        return 10 * self.used >= 9 * target and self.used <= target


def pauses(session: Session, promises: Iterable[Promise], *, at: datetime, period: Period = EVER) -> PauseReport:
    """The pauses of our own promises that began in the period, by the terms that their clocks have now.

    An event whose messages are not planned yet counts as told. Three queries, and a few for each 500 noted.
    """
    taken = [
        (promise, pause)
        for promise in promises
        if promise.is_ours
        for pause in promise.pauses
        if period.has(pause.since.astimezone(promise.hours.zone).date())
    ]
    reasons = {pause.reason for _, pause in taken}
    events = _beginnings(session)
    told = _told(session, reasons)
    begun = [
        _Begun(
            promise=promise,
            pause=pause,
            used=rules.elapsed(promise.hours.calendar, promise.state, pause.since),
            untold=events.get(pause.id) not in told,
            event_id=events.get(pause.id),
        )
        for promise, pause in taken
    ]
    noted = [one for one in begun if one.late or one.untold]
    said = _said(session, [one.event_id for one in noted if one.event_id is not None])
    lines = [_noted(one, said, at) for one in noted]
    return PauseReport(
        number=len(taken),
        noted=tuple(sorted(lines, key=lambda line: (line.since, line.submission_id), reverse=True)),
    )


def _noted(begun: _Begun, said: Mapping[int, Event], at: datetime) -> NotedPause:
    promise, pause = begun.promise, begun.pause
    event = said[begun.event_id] if begun.event_id is not None else None
    return NotedPause(
        submission_id=promise.submission_id,
        slug=promise.slug,
        target=promise.target,
        began=pause.reason,
        by=event.person.name if event is not None and event.person is not None else None,
        since=pause.since,
        until=pause.until,
        open_seconds=promise.hours.calendar.elapsed(pause.since, pause.until or at),
        used_percent=100 * begun.used / promise.state.target_seconds,
        late=begun.late,
        untold=begun.untold,
        reason=next((str(event.data[key]) for key in WORDS_IN if event.data.get(key)), "") if event else "",
    )


def _beginnings(session: Session) -> Mapping[int, int]:
    """The event that began each pause, by their ids. Pauses and events of one instant are paired in their order."""
    rows = session.execute(
        select(Pause.clock_id, Pause.id, Event.id)
        .join(Clock, Clock.id == Pause.clock_id)
        .join(
            Event,
            (Event.submission_id == Clock.submission_id) & (Event.name == Pause.reason) & (Event.at == Pause.from_at),
        )
        .order_by(Pause.id, Event.id)
    )
    events: dict[int, int] = {}
    given: set[tuple[int, int]] = set()
    for clock_id, pause_id, event_id in rows:
        if pause_id not in events and (clock_id, event_id) not in given:
            events[pause_id] = event_id
            given.add((clock_id, event_id))
    return events


def _told(session: Session, reasons: Collection[str]) -> frozenset[int]:
    """Events of these names of which the partner heard or will, by id. What the console narrates is no message."""
    reached = (
        select(Delivery.event_id)
        .join(Event, Event.id == Delivery.event_id)
        .join(Integration, Integration.id == Event.integration_id)
        .join(Person, Person.partner_id == Integration.partner_id)
        .where(
            Event.name.in_(reasons),
            Delivery.channel != ChannelName.CONSOLE,
            Delivery.stage.in_(REACHES),
            or_(Delivery.recipient == Person.email, Delivery.recipient == Person.slack_id),
        )
    )
    return frozenset((*session.scalars(reached), *session.scalars(select(UnplannedEvent.event_id))))


def _said(session: Session, event_ids: Sequence[int]) -> Mapping[int, Event]:
    """These events with who did them, by id."""
    return {
        event.id: event
        for start in range(0, len(event_ids), AT_ONCE)
        for event in session.scalars(
            select(Event).where(Event.id.in_(event_ids[start : start + AT_ONCE])).options(joinedload(Event.person))
        )
    }
