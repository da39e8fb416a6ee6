"""Taking in a catalog's history: when each integration was first seen in each stage, as events with their real dates.

Nobody is told: these events don't pass the outbox. What a file can't say is kept as such: an integration that stood in
the file's first state was there by then and nobody knows since when; one that is gone was gone by the end.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from checklist.dossier import SLUG_PATTERN
from models.enums import LIVE, EventName, IntegrationStage
from models.event import Event
from models.integration import Integration
from models.people import Partner
from review.past.stages import STAGE_AFTER

NOON: Final = time(12)
LONGEST_SLUG: Final = 100
STAGES: Final = {"public_beta": IntegrationStage.PUBLIC_BETA, "public": IntegrationStage.PUBLIC}
GONE: Final = "gone"
SOURCE: Final = "catalog history"
EXPECTED: Final = '{"about", "end", "integrations": [{"slug", "first_seen", "status_at_end"}, …]}'


class HistoryUnreadable(ValueError):
    """A document that is no history of a catalog; the message says what was seen and expected."""


@dataclass(frozen=True, slots=True)
class Seen:
    """On that day the catalog had it in that stage for the first time; `is_exact` unless only "by then" is known."""

    day: date
    stage: IntegrationStage
    is_exact: bool

    @property
    def at(self) -> datetime:
        """Noon in UTC: that is the same day wherever the team sits."""
        return datetime.combine(self.day, NOON, UTC)


@dataclass(frozen=True, slots=True)
class Course:
    """One integration of the file, oldest first."""

    slug: str
    seen: tuple[Seen, ...]


@dataclass(frozen=True, slots=True)
class History:
    """A file as values, and what of it could not be read."""

    end: date
    courses: tuple[Course, ...]
    wrong: tuple[str, ...]


@dataclass(slots=True)
class Taken:
    """What an import did. `joined` were here before and have a past now; `differs` names what is left as it is."""

    created: int = 0
    joined: int = 0
    unchanged: int = 0
    events: int = 0
    differs: list[str] = field(default_factory=list)


def read_history(document: Any, *, today: date) -> History:
    """The courses in a document. HistoryUnreadable for one of another shape; a row that is odd is named in `wrong`."""
    if not isinstance(document, Mapping) or not isinstance(document.get("integrations"), list):
        raise HistoryUnreadable(f"expected {EXPECTED}")
    end = _day(document.get("end"), "end")
    if end > today:
        raise HistoryUnreadable(f"end: {end} is still to come; expected the day of the last state")
    rows = document["integrations"]
    first = _first_day(rows)
    courses: list[Course] = []
    wrong: list[str] = []
    read: set[str] = set()
    for number, row in enumerate(rows, start=1):
        try:
            course = _course(row, first=first, end=end)
            if course.slug in read:
                raise HistoryUnreadable("the slug stands in the file twice; expected each integration once")  # noqa: TRY301
        except HistoryUnreadable as error:
            slug = row.get("slug") if isinstance(row, Mapping) else None
            wrong.append(f"integration {number} ({slug or 'without a slug'}): {error}")
            continue
        read.add(course.slug)
        courses.append(course)
    return History(end, tuple(courses), tuple(wrong))


def import_history(session: Session, history: History) -> Taken:
    """The courses as events. What is there already is joined by its slug, and the same file again changes nothing."""
    done = Taken()
    known = {integration.slug: integration for integration in session.scalars(select(Integration))}
    partners = {partner.name.lower(): partner for partner in session.scalars(select(Partner))}
    own, there = _events_of(session)
    for course in history.courses:
        integration = known.get(course.slug)
        is_new = integration is None
        if integration is None:
            integration = _created(session, course, partners)
        elif integration.id in own:
            done.differs.append(f"{course.slug}: has gone its way here; the file's history of it is left out")
            continue
        new = [seen for seen in course.seen if (integration.id, seen.at, seen.stage.value) not in there]
        session.add_all(_event(integration, seen) for seen in new)
        _dated(integration, course)
        done.events += len(new)
        done.created += is_new
        done.joined += bool(new) and not is_new
        done.unchanged += not new
    session.flush()
    return done


def _first_day(rows: Iterable[Any]) -> date | None:
    """The day of the file's first state: what stood in it had come before, and nobody knows when."""
    days = []
    for row in rows:
        seen = row.get("first_seen") if isinstance(row, Mapping) else None
        for text in seen.values() if isinstance(seen, Mapping) else ():
            try:
                days.append(_day(text, "first_seen"))
            except HistoryUnreadable:
                continue
    return min(days, default=None)


def _course(row: Any, *, first: date | None, end: date) -> Course:
    if not isinstance(row, Mapping):
        raise HistoryUnreadable("expected an object with slug, first_seen and status_at_end")
    slug, first_seen, at_end = row.get("slug"), row.get("first_seen"), row.get("status_at_end")
    if not isinstance(slug, str) or not re.fullmatch(SLUG_PATTERN, slug) or len(slug) > LONGEST_SLUG:
        raise HistoryUnreadable(f"slug: saw {str(slug)[:60]!r}, expected small letters, digits and hyphens")
    if not isinstance(first_seen, Mapping) or not first_seen:
        raise HistoryUnreadable("first_seen: expected a day for each stage it was seen in")
    if strangers := [str(name)[:40] for name in first_seen if name not in STAGES]:
        raise HistoryUnreadable(f"first_seen: saw {', '.join(strangers)}, expected {' or '.join(STAGES)}")
    if at_end not in {*STAGES, GONE}:
        raise HistoryUnreadable(f"status_at_end: saw {str(at_end)[:40]!r}, expected {', '.join(STAGES)} or {GONE}")
    days = sorted((_day(text, f"first_seen.{name}"), STAGES[name]) for name, text in first_seen.items())
    if days[-1][0] > end:
        raise HistoryUnreadable(f"first_seen: {days[-1][0]} is after the end, {end}")
    seen = [Seen(day, stage, is_exact=day != first) for day, stage in days]
    if at_end == GONE:
        seen.append(Seen(end, IntegrationStage.DELISTED, is_exact=False))
    elif seen[-1].stage is not STAGES[at_end]:
        # It went back to a stage in which it had been seen before; the day of that is not in the file.
        seen.append(Seen(end, STAGES[at_end], is_exact=False))
    return Course(slug, tuple(seen))


def _day(text: Any, where: str) -> date:
    try:
        if not isinstance(text, str):
            raise ValueError  # noqa: TRY004, TRY301 - told as all others
        return date.fromisoformat(text)
    except ValueError:
        raise HistoryUnreadable(f"{where}: saw {str(text)[:40]!r}, expected a day such as 2023-04-11") from None


def _events_of(session: Session) -> tuple[set[int], set[tuple[int, datetime, str]]]:
    """Integrations that have moved here, and what a history has told of which already."""
    moves = [name.value for name in (*STAGE_AFTER, EventName.INTEGRATION_CREATED, EventName.RELISTED)]
    own = select(Event.integration_id).where(Event.name.in_(moves), Event.integration_id.is_not(None)).distinct()
    told = select(Event).where(Event.name == EventName.SEEN_IN_CATALOG.value)
    there = {(event.integration_id or 0, event.at, event.data["stage"]) for event in session.scalars(told)}
    return {number for number in session.scalars(own) if number is not None}, there


def _created(session: Session, course: Course, partners: dict[str, Partner]) -> Integration:
    """Of what is in no other record: its slug is all that the file tells, so no audit can look at it."""
    partner = partners.get(course.slug)
    if partner is None:
        partner = partners[course.slug] = Partner(name=course.slug, website="", created_at=course.seen[0].at)
        session.add(partner)
        session.flush()
    last = course.seen[-1]
    is_gone = last.stage is IntegrationStage.DELISTED
    integration = Integration(
        slug=course.slug,
        name=course.slug,
        partner_id=partner.id,
        stage=last.stage,
        stage_since=last.at,
        delisted_from=course.seen[-2].stage if is_gone else None,
    )
    session.add(integration)
    session.flush()
    return integration


def _dated(integration: Integration, course: Course) -> None:
    """What a catalog was taken in with has no date of its own; its history knows better."""
    last = course.seen[-1]
    if integration.stage is last.stage and integration.stage in LIVE and integration.stage_since > last.at:
        integration.stage_since = last.at


def _event(integration: Integration, seen: Seen) -> Event:
    data = {"stage": seen.stage.value, "is_exact": seen.is_exact, "source": SOURCE}
    return Event(at=seen.at, name=EventName.SEEN_IN_CATALOG.value, integration_id=integration.id, data=data)
