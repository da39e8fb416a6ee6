"""Calendars of the programme: the version in force, and a version ready to compute."""

from datetime import datetime
from functools import lru_cache

from sqlalchemy.orm import Session

from checklist.rulebook import CalendarData, Rulebook
from models.clock import CalendarVersion
from review import versions
from review.calendar import Calendar
from review.calendar_spec import CalendarSpec
from review.versions import Pinned


def in_force(session: Session, name: str, rulebook: Rulebook, *, at: datetime) -> CalendarVersion:
    """The calendar `name` as it counts now: as people left it, at first as the rulebook writes it.

    CalendarUnknown when it is nowhere.
    """
    written = rulebook.calendars.get(name)
    if written is None:
        found = versions.newest(session, CalendarVersion, name)
        if found is None:
            raise CalendarUnknown(name)
        return found
    return _written_in_rulebook(session, name, written, at)


def compiled(version: CalendarVersion) -> Calendar:
    """The calendar of a version, ready to compute; equal specifications share one compiled calendar."""
    return _compiled(Pinned(version.digest, version.spec))


class CalendarUnknown(Exception):
    """No calendar of that name is there, in the database or in the rulebook."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no calendar {name!r}: `launch-review calendar list` names those that are there")


@lru_cache(maxsize=256)
def _compiled(pinned: Pinned) -> Calendar:
    return Calendar.compile(CalendarSpec.parse(pinned.document))


def _written_in_rulebook(session: Session, name: str, written: CalendarData, at: datetime) -> CalendarVersion:
    spec = written.as_spec()
    return versions.in_force(
        session,
        CalendarVersion,
        name,
        versions.digest_of(spec),
        spec=spec,
        region=written.region,
        created_at=at,
        because="",
    )
