"""A question to the partner and its answer: the clock waits meanwhile."""

from datetime import datetime

from sqlalchemy.orm import Session

from models.enums import EventName
from models.people import Person
from models.submission import Submission
from review.actions import clocks
from review.actions.assigning import renew
from review.actions.record import record
from review.actions.refusing import refuse
from review.lifecycle import MoveName


def ask_partner(
    session: Session,
    submission: Submission,
    *,
    by: Person,
    at: datetime,
    text: str,
    seen_version: int | None = None,
) -> None:
    """Ask the partner something: our first response is given, and it is their turn."""
    refuse(session, submission, MoveName.ASK_PARTNER, by=by, at=at, reason=text, seen_version=seen_version)
    renew(session, submission, by=by, at=at)
    clocks.stop(session, submission, at=at, because=EventName.QUESTION_ASKED, targets=clocks.ANSWERS)
    theirs = clocks.pause(session, submission, at=at, because=EventName.QUESTION_ASKED)
    record(
        session,
        EventName.QUESTION_ASKED,
        at=at,
        by=by,
        submission=submission,
        text=text,
        reminded_at=clocks.partner_reminded_at(theirs),
    )


def answer(session: Session, submission: Submission, *, by: Person, at: datetime, text: str) -> None:
    """The partner's answer: it is our turn again."""
    refuse(session, submission, MoveName.ANSWER, by=by, at=at, reason=text)
    clocks.resume(session, submission, at=at, because=EventName.ANSWERED)
    record(session, EventName.ANSWERED, at=at, by=by, submission=submission, text=text)
