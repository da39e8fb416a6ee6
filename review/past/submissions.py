"""Which submissions were open at an instant, and how each of them stood: stage, turn, revision."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Final, NamedTuple

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, aliased

from models.decision import Assignment
from models.enums import EventName, GateName, SubmissionStage
from models.event import Event
from models.people import Person
from models.submission import Submission
from models.undo import counts
from review.reports.course import CLOSES, COMES_IN, TELLING, Told, Turn, stages, turns


@dataclass(frozen=True, slots=True)
class Open:
    """One that was open: in which stage since when, whose turn, and which revision it was."""

    submission_id: int
    integration_id: int
    stage: SubmissionStage
    turn: Turn
    revision: int
    checked_revision: int
    """The newest whose checks were done; 0 for none."""
    sent_at: datetime
    """When this revision came in."""


_NAMES: Final = {name.value: name for name in TELLING}
_OPENS: Final = tuple(sorted(COMES_IN))
_CLOSES: Final = tuple(sorted(CLOSES))


class Holder(NamedTuple):
    """Who had a submission."""

    person_id: int
    name: str
    leased_until: datetime
    """As it was at last: what had run out by an instant, nobody had renewed until then."""


def held_at(session: Session, *, at: datetime) -> dict[int, Holder]:
    """Who had each submission at an instant, by its id. A claim that had run out names who let it lie."""
    not_ended = or_(Assignment.ended_at.is_(None), Assignment.ended_at > at)
    rows = session.execute(
        select(Assignment.submission_id, Assignment.person_id, Person.name, Assignment.leased_until)
        .join(Person, Person.id == Assignment.person_id)
        .where(Assignment.assigned_at <= at, not_ended)
        .order_by(Assignment.id)
    )
    return {number: Holder(*holder) for number, *holder in rows}


def open_at(session: Session, *, at: datetime, gate: GateName | None = None) -> list[Open]:
    """Those that had come in by then and were not closed, oldest first. A decision that was undone never counted.

    One query, over what was open and not over all that ever was.
    """
    received, closed = aliased(Event), aliased(Event)
    is_closed = select(closed.id).where(
        closed.submission_id == received.submission_id,
        closed.name.in_(_CLOSES),
        closed.at <= at,
        counts(closed.id),
    )
    ids = (
        select(received.submission_id)
        .join(Submission, Submission.id == received.submission_id)
        .where(received.name.in_(_OPENS), received.at <= at, ~is_closed.exists())
    )
    if gate is not None:
        ids = ids.where(Submission.gate == gate)
    rows = session.execute(
        select(Event.submission_id, Event.integration_id, Event.name, Event.at)
        .where(Event.submission_id.in_(ids), Event.name.in_(_NAMES), Event.at <= at, counts(Event.id))
        .order_by(Event.submission_id, Event.id)
    )
    found = []
    for (submission_id, integration_id), of_one in groupby(rows, lambda row: (row.submission_id, row.integration_id)):
        told = tuple(Told(_NAMES[row.name], row.at) for row in of_one)
        stage, turn = list(stages(told)), list(turns(told))
        if stage and turn:
            sent = [told[0].at, *(event.at for event in told if event.name is EventName.RESUBMITTED)]
            checked = _checked_revision(told)
            stood = (stage[-1].what, turn[-1].what)
            found.append(Open(submission_id, integration_id, *stood, len(sent), checked, sent[-1]))
    return found


def _checked_revision(told: Iterable[Told]) -> int:
    revision, checked = 0, 0
    for event in told:
        if event.name in COMES_IN or event.name is EventName.RESUBMITTED:
            revision += 1
        elif event.name is EventName.SUBMISSION_CHECKED:
            checked = revision
    return checked
