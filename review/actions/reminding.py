"""Reminding a partner that it is their turn: not daily, not for ever, not for things already done."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from checklist.rulebook import Rulebook
from models.enums import EventName, SubmissionStage
from models.event import Event
from models.submission import Submission
from review.actions.checking import open_findings
from review.actions.record import record
from review.calendars import compiled, pinned
from review.facts import is_waiting

MOST_REMINDERS = 3
"""After three unanswered ones another would only be noise; the programme manager sees who is silent."""


def expect_answer(session: Session, submission: Submission, *, at: datetime) -> None:
    """It became the partner's turn: the first reminder is due after the rulebook's time for an answer."""
    submission.reminders = 0
    submission.remind_at = _next_reminder(session, submission, at)


def remind(session: Session, submission: Submission, *, at: datetime) -> bool:
    """Remind the partner if it still is their turn. False when it is not, or no reminder is due."""
    if submission.remind_at is None or submission.remind_at > at:
        return False
    theirs = submission.stage is SubmissionStage.CHANGES_REQUESTED or is_waiting(session, submission)
    if not theirs:
        submission.remind_at = None
        return False
    submission.reminders += 1
    more = submission.reminders < MOST_REMINDERS
    submission.remind_at = _next_reminder(session, submission, at) if more else None
    asked = _asked(session, submission)
    record(
        session,
        EventName.PARTNER_REMINDED,
        at=at,
        submission=submission,
        since=asked.at.isoformat() if asked is not None else at.isoformat(),
        text=asked.data.get("text", "") if asked is not None else "",
        findings=[
            {
                "item": finding.item,
                "title": _title(submission, finding.item),
                "what": finding.what,
                "fix": finding.fix,
            }
            for finding in open_findings(session, submission)
        ],
        count=submission.reminders,
    )
    return True


def _next_reminder(session: Session, submission: Submission, at: datetime) -> datetime:
    rulebook = Rulebook.load(submission.rulebook)
    name = rulebook.sla.partner_answer_calendar
    calendar = compiled(pinned(session, name, rulebook.calendars[name], at=at))
    return calendar.add(at, calendar.business_days(rulebook.sla.partner_answer_business_days)).latest


def _asked(session: Session, submission: Submission) -> Event | None:
    """What made it the partner's turn."""
    return session.scalar(
        select(Event)
        .where(
            Event.submission_id == submission.id,
            Event.name.in_([EventName.CHANGES_REQUESTED.value, EventName.QUESTION_ASKED.value]),
        )
        .order_by(Event.id.desc())
        .limit(1)
    )


def _title(submission: Submission, item: str) -> str:
    return Rulebook.load(submission.rulebook).item(item).title
