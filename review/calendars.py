"""Calendar versions: what the rulebook says today, kept as a row that each clock pins."""

import hashlib
import json
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from checklist.rulebook import CalendarData
from models.clock import CalendarVersion
from review.calendar import Calendar
from review.calendar_spec import CalendarSpec


def pinned(session: Session, name: str, calendar: CalendarData, *, at: datetime) -> CalendarVersion:
    """The version of the calendar `name` that says exactly this; a new one when it says something new."""
    spec = calendar.as_spec()
    digest = hashlib.sha256(json.dumps(spec, sort_keys=True).encode()).hexdigest()
    known = select(CalendarVersion).where(CalendarVersion.name == name, CalendarVersion.digest == digest)
    if (found := session.scalar(known)) is not None:
        return found
    newest = session.scalar(select(func.max(CalendarVersion.version)).where(CalendarVersion.name == name)) or 0
    version = CalendarVersion(name=name, version=newest + 1, digest=digest, spec=spec, created_at=at)
    try:
        with session.begin_nested():
            session.add(version)
    except IntegrityError:
        # Somebody else pinned a version at the same moment; unless it says the same, the caller tries again.
        found = session.scalar(known)
        if found is None:
            raise
        return found
    return version


def compiled(version: CalendarVersion) -> Calendar:
    """The calendar of a version, ready to compute; equal specifications share one compiled calendar."""
    return Calendar.compile(CalendarSpec.parse(version.spec))
