"""Calendars of the programme: the version in force, and a version ready to compute."""

from collections.abc import Iterable, Iterator
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
    written = _written(name, _up_to(rulebook))
    return _found(name, versions.in_force(session, CalendarVersion, name, written, at=at))


def to_change(session: Session, name: str, *, at: datetime) -> CalendarVersion | None:
    """The version that the next one follows, held (`versions.to_change`); None when the name is new."""
    return versions.to_change(session, CalendarVersion, name, _written(name, _started(at.date())), at=at)


def as_it_stands(session: Session, name: str, on: date, rulebook: Rulebook | None = None) -> CalendarVersion | None:
    """The calendar in force on a day, or for a rulebook's submissions, only read; None when it is nowhere."""
    written = _written(name, _started(on) if rulebook is None else _up_to(rulebook))
    return versions.as_it_stands(session, CalendarVersion, name, written)


def as_believed(session: Session, name: str, at: datetime) -> CalendarVersion | None:
    """The calendar in force at an instant; before its first version, as the rulebooks of that day wrote it."""
    found = versions.believed_at(session, CalendarVersion, name, at)
    return found or versions.unwritten(CalendarVersion, name, _written(name, _started(at.date())))


def names(session: Session, on: date, rulebook: Rulebook | None = None) -> list[str]:
    """Every calendar there is: those with a version, and those that a rulebook would write."""
    known = set(session.scalars(select(CalendarVersion.name).distinct()))
    books = _started(on) if rulebook is None else _up_to(rulebook)
    return sorted(known.union(*(book.calendars for book in books)))


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


def _written(name: str, books: Iterable[Rulebook]) -> list[Written]:
    """What the rulebooks write under that name, in their order."""
    data = [book.calendars[name] for book in books if name in book.calendars]
    specs = [(one.as_spec(), one.region) for one in data]
    return [Written(versions.digest_of(spec), {"spec": spec, "region": region}) for spec, region in specs]


def _up_to(rulebook: Rulebook) -> list[Rulebook]:
    """A rulebook and those before it, oldest first: so that an older one that is needed later finds its word said."""
    order = rulebook.valid_from, rulebook.version
    return [*(book for book in _all_of_them() if (book.valid_from, book.version) < order), rulebook]


def _started(on: date) -> list[Rulebook]:
    """The rulebooks whose day has come, oldest first."""
    return [book for book in _all_of_them() if book.valid_from <= on]


def _all_of_them() -> Iterator[Rulebook]:
    return (Rulebook.load(version) for version in rulebooks.versions())
