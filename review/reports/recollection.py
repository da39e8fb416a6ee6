"""How it went lately, read into the values that the forecast computes with: positions are open seconds of one calendar.

One calendar has to serve for all, because a queue has one line of time: the hours of the newest promise.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final, Self

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from models.enums import EventName, TargetName
from models.event import Event
from models.people import Person
from models.undo import counts
from review.calendar import Calendar
from review.forecast.backtest import PastClock
from review.forecast.pace import Answer, gaps
from review.forecast.simulation import Arrival, Lately, OpenItem
from review.reports.course import COMES_IN, Course, Turn, turns
from review.reports.promises import Promise
from review.waiting import Curve, Wait

LATELY: Final = timedelta(days=182)
"""The queue is foreseen from the last half year: people come and go."""

ANSWERS: Final = (
    EventName.CLAIMED,
    EventName.QUESTION_ASKED,
    EventName.CHANGES_REQUESTED,
    EventName.APPROVAL_RECORDED,
    EventName.APPROVED,
    EventName.REJECTED,
)
"""A person's acts that end a wait. Of claims only those with a message, which the partner reads."""


class Line:
    """The line of time of one calendar's open seconds, from where it begins to `at`, which is now."""

    def __init__(self, calendar: Calendar, begins_at: datetime, at: datetime) -> None:
        self.begins_at = begins_at
        self.at = at
        self._calendar = calendar

    @classmethod
    def of_late(cls, calendar: Calendar, at: datetime) -> Self:
        return cls(calendar, at - LATELY, at)

    def position(self, instant: datetime) -> int:
        """Whole open seconds since the beginning; negative before it."""
        return int(self._calendar.elapsed(self.begins_at, instant))

    @property
    def now(self) -> int:
        return self.position(self.at)


def answers(session: Session, line: Line) -> list[Answer]:
    """The answers that people gave since the line begins."""
    rows = session.execute(
        select(Event.person_id, Event.at)
        .join(Person, Person.id == Event.person_id)
        .where(
            Event.name.in_(ANSWERS),
            Event.at > line.begins_at,
            Event.at <= line.at,
            Person.partner_id.is_(None),
            counts(Event.id),
            or_(Event.name != EventName.CLAIMED, func.coalesce(Event.data["message"].as_string(), "") != ""),
        )
    )
    return [Answer(person_id, line.position(at)) for person_id, at in rows if person_id is not None]


def answering(session: Session, given: Iterable[Answer]) -> int:
    """How many of those who answered lately still may."""
    people = {answer.reviewer_id for answer in given}
    return session.scalar(select(func.count()).where(Person.id.in_(people), Person.active)) or 0


def lately(ours: Sequence[Promise], ways: Iterable[Course], given: Iterable[Answer], line: Line) -> Lately:
    """Gaps between answers, how long partners take, and what came in; since the line begins."""
    ways = [way for way in ways if way.told]
    shortest: dict[int, int] = {}
    for promise in ours:
        target = promise.state.target_seconds
        shortest[promise.submission_id] = min(target, shortest.get(promise.submission_id, target))
    came = [(way, line.position(way.told[0].at)) for way in ways if way.told[0].name in COMES_IN]
    return Lately(
        gaps=gaps(given, _waited(ways, line)),
        partner=Curve.of(_partners(ours, line)),
        arrivals=[
            Arrival(at_seconds=position, target_seconds=shortest[way.submission_id])
            for way, position in came
            if 0 <= position < line.now and way.told[0].at > line.begins_at
        ],
        seconds=line.now,
    )


def items(ours: Iterable[Promise], line: Line) -> list[OpenItem]:
    """What is open: of each submission the running clock with the least of its target left."""
    nearest: dict[int, Promise] = {}
    for promise in ours:
        if promise.running and (
            promise.submission_id not in nearest or _left(promise) < _left(nearest[promise.submission_id])
        ):
            nearest[promise.submission_id] = promise
    return [
        OpenItem(
            id=number,
            remaining_seconds=_left(promise),
            partner_since=_since(promise, line),
        )
        for number, promise in sorted(nearest.items())
    ]


def past_clocks(ours: Iterable[Promise], at: datetime) -> Iterator[tuple[list[PastClock], int]]:
    """Clocks of one target and one calendar together, each with where now is on their line."""
    together: dict[tuple[TargetName, str], list[Promise]] = defaultdict(list)
    for promise in ours:
        together[promise.target, promise.hours.name].append(promise)
    for of_one in together.values():
        line = Line(of_one[-1].hours.calendar, min(promise.state.started_at for promise in of_one), at)
        yield [_past(promise, line) for promise in of_one], line.now


def _past(promise: Promise, line: Line) -> PastClock:
    stopped_at = promise.state.stopped_at
    return PastClock(
        id=promise.clock_id,
        kind=promise.kind,
        target_seconds=promise.state.target_seconds,
        started=line.position(promise.state.started_at),
        stopped=None if stopped_at is None else line.position(stopped_at),
        answered=not promise.running and not promise.withdrawn,
        pauses=tuple(
            (line.position(pause.since), None if pause.until is None else line.position(pause.until))
            for pause in promise.pauses
        ),
    )


def _left(promise: Promise) -> float:
    return promise.state.target_seconds - promise.used


def _since(promise: Promise, line: Line) -> float | None:
    paused_since = promise.state.paused_since
    return None if paused_since is None else line.now - line.position(paused_since)


def _waited(ways: Iterable[Course], line: Line) -> list[tuple[int, int]]:
    """When something waited for a reviewer."""
    return [
        (line.position(stay.since), line.position(stay.end(line.at)))
        for way in ways
        for stay in turns(way.told)
        if stay.what is Turn.REVIEWER and stay.end(line.at) > line.begins_at
    ]


def _partners(ours: Iterable[Promise], line: Line) -> Iterator[Wait]:
    """How long partners were waited for: each time once, though several clocks stood still."""
    times = {
        (promise.submission_id, pause.since): pause
        for promise in ours
        for pause in promise.pauses
        if (pause.until or line.at) > line.begins_at
    }
    for pause in times.values():
        waited = line.position(pause.until or line.at) - line.position(pause.since)
        yield Wait(float(waited), ended=pause.until is not None)
