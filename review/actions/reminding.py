"""What a partner is reminded of while it is their turn."""

from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from checklist.rulebook import Rulebook
from models.enums import EventName
from models.event import Event
from models.submission import Submission
from models.undo import counts
from review.actions.checking import open_findings


def reminder(session: Session, submission: Submission, *, since: datetime) -> dict[str, Any]:
    """What was asked of the partner, when, and each finding that is still open."""
    asked = _asked(session, submission)
    return {
        "since": (asked.at if asked is not None else since).isoformat(),
        "text": asked.data.get("text", "") if asked is not None else "",
        "findings": [
            {
                "item": finding.item,
                "title": _title(submission, finding.item),
                "what": finding.what,
                "fix": finding.fix,
                "fix_by": finding.fix_by.isoformat() if finding.fix_by is not None else None,
            }
            for finding in open_findings(session, submission)
        ],
    }


def reminders(session: Session, submission: Submission, *, since: datetime) -> int:
    """How often the partner has been reminded since then."""
    reminded = select(func.count()).where(
        Event.submission_id == submission.id, Event.name == EventName.PARTNER_REMINDED.value, Event.at >= since
    )
    return session.scalar(reminded) or 0


def _asked(session: Session, submission: Submission) -> Event | None:
    """What made it the partner's turn."""
    return session.scalar(
        select(Event)
        .where(
            Event.submission_id == submission.id,
            Event.name.in_([EventName.CHANGES_REQUESTED.value, EventName.QUESTION_ASKED.value]),
            counts(Event.id),
        )
        .order_by(Event.id.desc())
        .limit(1)
    )


def _title(submission: Submission, item: str) -> str:
    return Rulebook.load(submission.rulebook).item(item).title
