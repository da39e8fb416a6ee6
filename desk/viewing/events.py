"""Everything that happened, as the log shows it and as it is taken away."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, select, true
from sqlalchemy.orm import Session

from checklist.rulebook import Rulebook
from desk.viewing.history import HistoryLine, event_rows, history_line
from desk.viewing.team_time import TeamTime
from desk.viewing.telling.told import Teller
from models.enums import EventName
from models.event import Event
from models.integration import Integration
from models.people import Person

PAGE_SIZE: Final = 100
BATCH: Final = 1_000
"""Rows held at once while a log of any length is taken away."""

KINDS: Final = tuple(dict.fromkeys(name.value.partition(".")[0] for name in EventName))
"""What stands before the dot of an event's name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sieve:
    """What the log keeps to: events of one kind, of one person, of one integration."""

    kind: str = ""
    person: str = ""
    """An e-mail address."""
    integration: str = ""
    """A slug."""

    def keeps(self) -> ColumnElement[bool]:
        by_kind = Event.name.like(f"{self.kind}.%") if self.kind else true()
        whose = select(Person.id).where(Person.email == self.person.strip().lower()).scalar_subquery()
        of = select(Integration.id).where(Integration.slug == self.integration.strip()).scalar_subquery()
        return and_(
            by_kind,
            Event.person_id == whose if self.person.strip() else true(),
            Event.integration_id == of if self.integration.strip() else true(),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """One event in words, with the page of what it is about; without one where there is none."""

    id: int
    name: str
    line: HistoryLine
    about: str
    leads_to: str


def log_lines(
    session: Session, sieve: Sieve, *, before: int | None, rulebook: Rulebook, time: TeamTime
) -> tuple[tuple[LogLine, ...], int | None]:
    """The newest PAGE_SIZE before an id, and the id before which the next ones stand; None where there are none."""
    earlier = sieve.keeps() if before is None else and_(sieve.keeps(), Event.id < before)
    rows = event_rows(session, earlier, limit=PAGE_SIZE + 1)
    shown = rows[:PAGE_SIZE]
    slugs = _slugs(session, shown)
    teller = Teller(rulebook, time, {})
    lines = tuple(_line(row, slugs, teller) for row in shown)
    return lines, (shown[-1].id if len(rows) > PAGE_SIZE else None)


def taken_away(session: Session, sieve: Sieve, *, after: int = 0) -> Iterator[str]:
    """Every event after an id as a line of JSON, oldest first; never more than BATCH of them in memory."""
    while True:
        rows = session.scalars(
            select(Event).where(sieve.keeps(), Event.id > after).order_by(Event.id).limit(BATCH)
        ).all()
        yield from (f"{json.dumps(as_document(row), ensure_ascii=True)}\n" for row in rows)
        if len(rows) < BATCH:
            return
        after = rows[-1].id
        session.expunge_all()


def as_document(event: Event) -> dict[str, Any]:
    return {
        "id": event.id,
        "at": _instant(event.at),
        "name": event.name,
        "integration_id": event.integration_id,
        "submission_id": event.submission_id,
        "person_id": event.person_id,
        "data": event.data,
    }


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _slugs(session: Session, rows: Sequence[Event]) -> Mapping[int, str]:
    ids = {row.integration_id for row in rows if row.integration_id is not None}
    found = session.execute(select(Integration.id, Integration.slug).where(Integration.id.in_(ids)))
    return dict(found.tuples().all())


def _line(event: Event, slugs: Mapping[int, str], teller: Teller) -> LogLine:
    if event.submission_id is not None:
        about, leads_to = f"submission {event.submission_id}", f"/submissions/{event.submission_id}"
    elif event.integration_id is not None:
        slug = slugs[event.integration_id]
        about, leads_to = slug, f"/integrations/{slug}"
    else:
        about, leads_to = "the programme", ""
    return LogLine(id=event.id, name=event.name, line=history_line(event, teller), about=about, leads_to=leads_to)
