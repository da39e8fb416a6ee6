"""Calendars of the programme: the version in force, and a version ready to compute."""

from datetime import date, datetime
from functools import lru_cache

from sqlalchemy import select
from sqlalchemy.orm import Session

from checklist import rulebook as rulebooks
from checklist.rulebook import Rulebook
from models.clock import CalendarVersion
from review import versions
from review.calendar import Calendar
from review.calendar_spec import CalendarSpec
from review.versions import Pinned, Written


def in_force(session: Session, name: str, rulebook: Rulebook, *, at: datetime) -> CalendarVersion:
    """The calendar `name` as it counts now: as people left it, at first as the rulebooks write it.

    CalendarUnknown when it is nowhere.
    """
    return _found(name, versions.in_force(session, CalendarVersion, name, _written(name, at.date(), rulebook), at=at))


def to_change(session: Session, name: str, *, at: datetime) -> CalendarVersion | None:
    """The version that the next one follows, held (`versions.to_change`); None when the name is new."""
    return versions.to_change(session, CalendarVersion, name, _written(name, at.date()), at=at)


def as_it_stands(session: Session, name: str, on: date, rulebook: Rulebook | None = None) -> CalendarVersion | None:
    """The calendar in force on a day, only read (`versions.as_it_stands`); None when it is nowhere."""
    return versions.as_it_stands(session, CalendarVersion, name, _written(name, on, rulebook))


def names(session: Session, on: date, rulebook: Rulebook | None = None) -> list[str]:
    """Every calendar there is: those with a version, and those that a rulebook would write."""
    known = set(session.scalars(select(CalendarVersion.name).distinct()))
    return sorted(known.union(*(book.calendars for book in _rulebooks(on, rulebook))))


def compiled(version: CalendarVersion) -> Calendar:
    """The calendar of a version, ready to compute; equal specifications share one compiled calendar."""
    return _compiled(Pinned(version.digest, version.spec))


class CalendarUnknown(Exception):
    """No calendar of that name is there, in the database or in the rulebook."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no calendar {name!r}: `launch-review calendar list` names those that are there")


def _found(name: str, version: CalendarVersion | None) -> CalendarVersion:
    if version is None:
        raise CalendarUnknown(name)
    return version


@lru_cache(maxsize=256)
def _compiled(pinned: Pinned) -> Calendar:
    return Calendar.compile(CalendarSpec.parse(pinned.document))


def _written(name: str, on: date, rulebook: Rulebook | None = None) -> list[Written]:
    """What the rulebooks write under that name, oldest first."""
    written = [book.calendars[name] for book in _rulebooks(on, rulebook) if name in book.calendars]
    specs = [(data.as_spec(), data.region) for data in written]
    return [Written(versions.digest_of(spec), {"spec": spec, "region": region}) for spec, region in specs]


def _rulebooks(on: date, rulebook: Rulebook | None) -> list[Rulebook]:
    """Those in force up to a day, oldest first, so that the newest has the last word whichever is asked for first.

    One that is asked for before its day, or comes from elsewhere, speaks after them.
    """
    started = [book for version in rulebooks.versions() if (book := Rulebook.load(version)).valid_from <= on]
    return started if rulebook is None or rulebook in started else [*started, rulebook]
