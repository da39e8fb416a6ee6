"""The course of each submission, read off its events: in which stage it stood, and whose turn it was, from when to
when. The event is written by the transaction that moves, so both are exact, also for what has long been closed.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import groupby
from operator import itemgetter
from typing import Final, Generic, NamedTuple, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.enums import EventName, SubmissionKind, SubmissionStage
from models.event import Event
from models.undo import counts
from review.reports.promises import Hours, Promise

COMES_IN: Final = frozenset({EventName.SUBMISSION_RECEIVED, EventName.GRADUATION_PROPOSED})
"""The engine itself submits a graduation, and tells of that alone."""

CLOSES: Final = frozenset({EventName.APPROVED, EventName.REJECTED, EventName.WITHDRAWN})

STAGE_AFTER: Final[Mapping[EventName, SubmissionStage]] = {
    **dict.fromkeys(COMES_IN, SubmissionStage.SUBMITTED),
    EventName.REVIEW_OPENED: SubmissionStage.IN_REVIEW,
    EventName.CHANGES_REQUESTED: SubmissionStage.CHANGES_REQUESTED,
    EventName.RESUBMITTED: SubmissionStage.IN_REVIEW,
}
"""The open stage that each event leads to; those that close lead out of all of them, others change none."""

TELLING: Final = (*STAGE_AFTER, *CLOSES, EventName.SUBMISSION_CHECKED, EventName.QUESTION_ASKED, EventName.ANSWERED)
"""All events that say something of stage or turn."""


class Turn(StrEnum):
    """Whom a submission waits for."""

    REVIEWER = "reviewer"
    PARTNER = "partner"
    ENGINE = "engine"


class Told(NamedTuple):
    """An event as the course needs it."""

    name: EventName
    at: datetime


What = TypeVar("What")


@dataclass(frozen=True, slots=True)
class Stay(Generic[What]):
    """So long it was in one stage, or with one side; `until` is None while it is."""

    what: What
    since: datetime
    until: datetime | None

    def end(self, at: datetime) -> datetime:
        return at if self.until is None else self.until


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """A submission and its events, oldest first; `hours` are those of the first promise made to it."""

    submission_id: int
    kind: SubmissionKind
    slug: str
    hours: Hours
    told: tuple[Told, ...]


def courses(session: Session, promises: Iterable[Promise], *, at: datetime) -> list[Course]:
    """The course until `at` of each submission to which something of ours was promised, oldest first. One query."""
    first: dict[int, Promise] = {}
    for promise in promises:
        if promise.is_ours:
            first.setdefault(promise.submission_id, promise)
    names = {name.value: name for name in TELLING}
    events = session.execute(
        select(Event.submission_id, Event.name, Event.at)
        .where(Event.submission_id.is_not(None), Event.name.in_(names), Event.at <= at, counts(Event.id))
        .order_by(Event.submission_id, Event.id)
    )
    return [
        Course(
            submission_id=submission_id,
            kind=first[submission_id].kind,
            slug=first[submission_id].slug,
            hours=first[submission_id].hours,
            told=tuple(Told(names[name], when) for _, name, when in rows),
        )
        for submission_id, rows in groupby(events, key=itemgetter(0))
        if submission_id in first
    ]


def stages(told: Iterable[Told]) -> Iterator[Stay[SubmissionStage]]:
    """The stages in which it stood, oldest first; its checks running again after a resubmission are in review."""
    return _stays(
        (event.at, STAGE_AFTER.get(event.name)) for event in told if event.name in STAGE_AFTER or event.name in CLOSES
    )


def turns(told: Iterable[Told]) -> Iterator[Stay[Turn]]:
    """Whose turn it was, oldest first.

    The partner's while changes are requested or a question is open, also when checks run meanwhile: just so long
    no clock counts. Else the engine's until the checks of the revision are done, else the reviewer's.
    """
    return _stays(_marks(told))


def _marks(told: Iterable[Told]) -> Iterator[tuple[datetime, Turn | None]]:
    stage: SubmissionStage | None = None
    checked = asked = False
    for event in told:
        stage = None if event.name in CLOSES else STAGE_AFTER.get(event.name, stage)
        if event.name in COMES_IN or event.name is EventName.RESUBMITTED:
            checked = asked = False
        elif event.name is EventName.SUBMISSION_CHECKED:
            checked = True
        elif event.name in {EventName.QUESTION_ASKED, EventName.ANSWERED}:
            asked = event.name is EventName.QUESTION_ASKED
        if stage is None:
            yield event.at, None
        elif asked or stage is SubmissionStage.CHANGES_REQUESTED:
            yield event.at, Turn.PARTNER
        elif stage is SubmissionStage.SUBMITTED or not checked:
            yield event.at, Turn.ENGINE
        else:
            yield event.at, Turn.REVIEWER


def _stays(marks: Iterable[tuple[datetime, What | None]]) -> Iterator[Stay[What]]:
    """From each mark to the next that says something else; None is nowhere."""
    begun: Stay[What] | None = None
    for at, now in marks:
        if begun is not None:
            if now == begun.what:
                continue
            yield Stay(begun.what, begun.since, max(begun.since, at))
        begun = None if now is None else Stay(now, at, None)
    if begun is not None:
        yield begun
