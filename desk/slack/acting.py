"""A verb done for somebody in Slack: in one transaction, once, and with words for whatever came of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import select
from sqlalchemy.orm import Session

from desk.cli.errors import Refused
from desk.wiring import writing
from flows.wiring import Ports
from models.enums import EventName
from models.event import Event
from models.people import Person
from models.submission import Submission
from models.undo import counts
from notifications.buttons import Act, Click
from notifications.reading import Reader
from notifications.rendering import renderer_for
from notifications.repairing import ask_for_look
from review.actions.attesting import ItemUnknown
from review.actions.refusing import lock
from review.facts import of_submission
from review.finding_submissions import SubmissionUnknown
from review.lifecycle import MoveName, MoveRefused, refusals
from review.reasons import ReasonRetired, ReasonUnknown

HAPPENED: Final = {
    Act.CLAIM: (EventName.CLAIMED,),
    Act.APPROVE: (EventName.APPROVED, EventName.APPROVAL_RECORDED),
    Act.REQUEST_CHANGES: (EventName.CHANGES_REQUESTED,),
    Act.ASK_PARTNER: (EventName.QUESTION_ASKED,),
    Act.WAIVE: (EventName.WAIVER_GRANTED,),
}
"""What an act leaves behind when it is done."""

SOME_REASON = "said in the dialog"
"""Stands for the words that a dialog asks for, while it is only asked whether it is worth opening."""


@dataclass(frozen=True, slots=True)
class Deed:
    """One verb with its words; `same` is what its event says, by which a repeat is told from another deed."""

    act: Act
    do: Callable[[Session, Submission, Person, datetime], Any]
    says: Callable[[Session, Submission, Person], str]
    same: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    said: str
    refused: bool = False


def act(here: Ports, click: Click, person_id: int, deed: Deed) -> Answer:
    """Do it, unless this person's click on this state of the card has done it already.

    Slack may hand a click over twice, and people press twice. Whatever has come of the first is an event later
    than the last one that the card knew, by the same person; the row is locked before that is asked.
    """
    at = here.now()
    try:
        with writing(here) as session:
            submission = _submission(session, click)
            person = session.get_one(Person, person_id)
            lock(session, submission)
            if not _is_done(session, click, person, deed):
                deed.do(session, submission, person, at)
                session.flush()
            return Answer(deed.says(session, submission, person))
    except MoveRefused as refused:
        return refusal(here, click, person_id, refused.reasons)
    except (ItemUnknown, ReasonRetired, ReasonUnknown, SubmissionUnknown, Refused) as refused:
        return Answer(f"Not done: {refused}.", refused=True)


def stands_against(here: Ports, click: Click, person_id: int, move: Act) -> Answer | None:
    """Why the dialog of a move is not worth opening; None when it is."""
    with here.database.read() as session:
        submission = _submission(session, click)
        known = of_submission(
            session,
            submission,
            by=session.get_one(Person, person_id),
            at=here.now(),
            reason=SOME_REASON,
            seen_version=click.version,
        )
        reasons = refusals(MoveName(move.value), submission.stage, known)
    return refusal(here, click, person_id, reasons) if reasons else None


def refusal(here: Ports, click: Click, person_id: int, reasons: Any) -> Answer:
    """The reasons; before them what has happened since the card was drawn, which is then drawn anew."""
    with here.database.read() as session:
        since = _since(here, session, click, session.get_one(Person, person_id))
    if since:
        with writing(here) as session:
            ask_for_look(session, click.submission)
    return Answer(f"{since}Not done: {'; '.join(reasons)}.", refused=True)


def _submission(session: Session, click: Click) -> Submission:
    submission = session.get(Submission, click.submission)
    if submission is None:
        raise SubmissionUnknown(str(click.submission))
    return submission


def _is_done(session: Session, click: Click, person: Person, deed: Deed) -> bool:
    later = select(Event).where(
        Event.submission_id == click.submission,
        Event.id > click.event,
        Event.person_id == person.id,
        Event.name.in_([name.value for name in HAPPENED[deed.act]]),
        counts(Event.id),
    )
    return any(
        all(event.data.get(key) == value for key, value in deed.same.items()) for event in session.scalars(later)
    )


def _since(here: Ports, session: Session, click: Click, person: Person) -> str:
    """The last thing that happened after the card was drawn, in a sentence; empty when nothing has."""
    facts = Reader(session, here.now()).newest(click.submission)
    if facts is None or facts.submission is None or facts.submission.newest_event <= click.event:
        return ""
    happened = renderer_for(here.programme).line(facts)
    return f"This card was out of date: {happened} at {clock_time(facts.at, person.time_zone)}. "


def clock_time(instant: datetime, zone: str) -> str:
    """As in "10:04 CET"; in UTC where nobody knows the zone."""
    try:
        local = instant.astimezone(ZoneInfo(zone))
    except (ZoneInfoNotFoundError, ValueError):
        local = instant.astimezone(UTC)
    return f"{local:%H:%M %Z}"
