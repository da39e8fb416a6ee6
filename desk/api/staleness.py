"""Whether what somebody looked at is still so; if not, who changed what since."""

import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from desk.api.answering import etag
from desk.api.problems import Problem
from desk.published.partner_side import PUBLIC_NAMES
from models.event import Event
from models.integration import Integration
from models.people import Person
from models.submission import Submission
from notifications.public_events import instant
from review.actions.refusing import lock
from review.tokens import Bearer

SEEN: Final = re.compile(r'"\d{1,18}\.(\d{1,18})"')
"""A tag; its end is the newest event that was seen."""
MOST_CHANGES: Final = 20


def current(session: Session, submission: Submission, if_match: str | None, bearer: Bearer) -> None:
    """Lock it; Problem, with who changed what, unless it stands as one of the tags of `If-Match` says."""
    lock(session, submission)
    subject, about = f"submission {submission.id}", Event.submission_id == submission.id
    _refuse_stale(session, subject, about, etag(session, submission), if_match, bearer, version=submission.version)


def current_integration(session: Session, integration: Integration, if_match: str | None, bearer: Bearer) -> None:
    """The same for an integration."""
    lock(session, integration)
    subject, about = f"integration {integration.slug}", Event.integration_id == integration.id
    _refuse_stale(session, subject, about, integration_tag(session, integration), if_match, bearer)


def integration_tag(session: Session, integration: Integration) -> str:
    """Whatever falls, is waived, moved or told of it writes an event; its number names what somebody looked at."""
    newest = session.scalar(select(func.max(Event.id)).where(Event.integration_id == integration.id))
    return f'"{integration.id}.{newest or 0}"'


def may_name(bearer: Bearer, person: Person) -> bool:
    """Names of the team stay inside it; a partner reads those of its own people."""
    return bearer.partner_id is None or person.partner_id == bearer.partner_id


def _refuse_stale(
    session: Session,
    subject: str,
    about: ColumnElement[bool],
    stands: str,
    if_match: str | None,
    bearer: Bearer,
    **more: Any,
) -> None:
    if if_match is None or if_match.strip() == "*" or stands in _tags(if_match):
        return
    changed = [
        {
            "at": instant(event.at),
            "event": event.name,
            "by": event.person.name if event.person is not None and may_name(bearer, event.person) else None,
        }
        for event in _since(session, about, if_match, bearer)
    ]
    who = [f"{one['by'] or 'the programme'}, {one['event']}, {one['at']}" for one in changed]
    told = f"{subject} is at {stands}, you saw {if_match.strip()[:60]}; since then: {'; '.join(who)}"
    raise Problem("stale", told, headers={"ETag": stands}, changed=changed, **more)


def _since(session: Session, subject: ColumnElement[bool], if_match: str, bearer: Bearer) -> Sequence[Event]:
    """What happened since the newest tag that was seen, oldest first; the last thing, where that can't be told."""
    seen = max((int(found[1]) for found in map(SEEN.fullmatch, _tags(if_match)) if found), default=0)
    about = [subject]
    if bearer.partner_id is not None:
        about.append(Event.name.in_(PUBLIC_NAMES))
    after = [*about, Event.id > seen] if seen else about
    newest = select(Event).where(*after).order_by(Event.id.desc()).limit(MOST_CHANGES if seen else 1)
    found = (
        session.scalars(newest).all()
        or session.scalars(select(Event).where(*about).order_by(Event.id.desc()).limit(1)).all()
    )
    return found[::-1]


def _tags(header: str) -> Iterable[str]:
    """The strong ones; a weak one never matches (RFC 9110, section 13.1.1)."""
    return [tag for part in header.split(",") if (tag := part.strip()).startswith('"')]
