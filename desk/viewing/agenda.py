"""An agenda as an iCalendar document (RFC 5545 and 7986), as people's own calendar programs read it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, Timezone, vDuration
from icalendar.enums import STATUS, TRANSP

from desk.words import business_time, said
from notifications.rendering import one_line, sentence
from notifications.words import level_in_words
from review.agenda import Agenda, Due

NAME: Final = "Launch Review due dates"
PRODUCT: Final = "-//Launch Review//Agenda//EN"

LOOK_AGAIN_AFTER: Final = timedelta(hours=1)

SHOWN_FOR: Final = timedelta(minutes=15)
"""A due date is an instant, and an entry without any length is drawn badly or not at all. It starts at the due date:
lists and months show the start, which has to be the time that the desk and the mails say."""


def as_icalendar(agenda: Agenda, base_url: str) -> bytes:
    """The document. Asked for again, it differs only where there is something new to say.

    `base_url` is where people reach the desk, without a slash at its end; its host makes the entries' names unique.
    """
    side = f"{base_url}/partner" if agenda.of_partner else base_url
    place = Place(side, urlsplit(base_url).hostname or "localhost")
    calendar = Calendar.new(name=NAME, prodid=PRODUCT, uid=f"agenda-{agenda.person_id}@{place.host}")
    # The library's own setter leaves out the type, which RFC 7986 requires here.
    calendar.add("REFRESH-INTERVAL", LOOK_AGAIN_AFTER, {"VALUE": "DURATION"})
    calendar.add("X-PUBLISHED-TTL", vDuration(LOOK_AGAIN_AFTER))
    for entry in _entries(agenda, place):
        calendar.add_component(entry)
    if not agenda.dues:
        # RFC 5545 wants at least one component, and some programs refuse a calendar without any.
        calendar.add_component(Timezone.from_tzid("UTC"))
    document: bytes = calendar.to_ical()
    return document


@dataclass(frozen=True, slots=True)
class Place:
    """Where the desk is, on its reader's side."""

    base_url: str
    host: str


def _entries(agenda: Agenda, place: Place) -> Iterator[Event]:
    for due in agenda.dues:
        yield _due_date(due, agenda, place)
        if agenda.of_partner and not due.is_ours:
            yield _your_turn(due, agenda, place)


def _due_date(due: Due, agenda: Agenda, place: Place) -> Event:
    what = "Your answer" if agenda.of_partner and not due.is_ours else said(due.target)
    return _entry(
        due,
        place,
        name="clock",
        title=f"{what} {'late' if due.late else 'due'}",
        category=what,
        said_below=_account(due, agenda),
        start=due.due_at,
        end=due.due_at + SHOWN_FOR,
        changes=due.changes,
        changed_at=due.changed_at,
    )


def _your_turn(due: Due, agenda: Agenda, place: Place) -> Event:
    """Whole days from when it became the partner's turn up to today, so that it can be seen on each of them."""
    zone = ZoneInfo(agenda.time_zone)
    since, today = due.started_at.astimezone(zone).date(), agenda.at.astimezone(zone).date()
    return _entry(
        due,
        place,
        name="turn",
        title="Your turn",
        category="Your turn",
        said_below=_account(due, agenda),
        start=since,
        end=today + timedelta(days=1),
        changes=(today - since).days,
        changed_at=max(due.changed_at, datetime.combine(today, time(), zone)),
    )


def _entry(
    due: Due,
    place: Place,
    *,
    name: str,
    title: str,
    category: str,
    said_below: str,
    start: date,
    end: date,
    changes: int,
    changed_at: datetime,
) -> Event:
    url = f"{place.base_url}/submissions/{due.submission_id}"
    return Event.new(
        uid=f"{name}-{due.clock_id}@{place.host}",
        # In a document that is published, not sent, the stamp says when the entry was last revised.
        stamp=changed_at,
        last_modified=changed_at,
        sequence=changes,
        start=start,
        end=end,
        # The library escapes what would end a line for the standard; other programs end lines at more than that.
        summary=one_line(f"{title}: {due.integration} ({due.kind.value})"),
        description=f"{said_below}\n{url}",
        url=url,
        categories=["Launch Review", category],
        status=STATUS.CONFIRMED,
        # A due date keeps nobody busy.
        transparency=TRANSP.TRANSPARENT,
    )


def _account(due: Due, agenda: Agenda) -> str:
    """Whose turn it is, and how much time there is for it."""
    ours, theirs = ("the reviewers’", "your") if agenda.of_partner else ("our", "the partner’s")
    promised = business_time(due.target_seconds, due.business_day_seconds)
    used = level_in_words(due.used) if due.used else "less than half of the time is used"
    return f"It is {ours if due.is_ours else theirs} turn.\nTime for it: {promised}. {sentence(used)}."
