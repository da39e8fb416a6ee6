"""Notes of the team about a submission: written apart, read apart, and told to nobody.

No event is written, on purpose: whatever goes out is made of events, so a note has no way out (docs/decisions/0026).
"""

from datetime import datetime

from sqlalchemy.orm import Session

from models.enums import Role
from models.note import Note
from models.people import Person
from models.submission import Submission
from review.facts import actor
from review.guards import Facts, is_active
from review.lifecycle import MoveRefused, lacks_role

WRITERS = frozenset({Role.REVIEWER, Role.LEAD, Role.MANAGER, Role.ADMIN})
"""Auditors read."""
NOTE_CHARACTERS = 10_000


def note(session: Session, submission: Submission, *, by: Person, at: datetime, text: str) -> Note:
    """Write a note. MoveRefused for a partner's person, for who may only read, and for a text that says nothing."""
    if why := _against(by, at, text.strip()):
        raise MoveRefused("note", f"submission {submission.id}", [why])
    written = Note(submission_id=submission.id, text=text.strip(), written_by=by, written_at=at)
    session.add(written)
    session.flush()
    return written


def _against(by: Person, at: datetime, text: str) -> str | None:
    who = actor(by)
    assert who is not None, "a person is somebody who acts"
    if who.partner_id is not None or who.roles <= {Role.PARTNER}:
        return f"{who.name} is not of the team; notes are the team's alone (a partner answers with `answer`)"
    if wrong := lacks_role(who, WRITERS) or is_active(Facts(at=at, actor=who)):
        return wrong
    if not text:
        return "saw nothing; write what the others of the team should know"
    if len(text) > NOTE_CHARACTERS:
        return f"saw {len(text):,} characters, expected at most {NOTE_CHARACTERS:,}"
    return None
