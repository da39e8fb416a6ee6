"""Events in plain words: a sentence for each that can happen, never its data as it is stored."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session, joinedload

from desk.viewing.telling.live import OF_INTEGRATIONS
from desk.viewing.telling.programme import OF_THE_PROGRAMME
from desk.viewing.telling.promises import OF_PROMISES
from desk.viewing.telling.submissions import OF_SUBMISSIONS
from desk.viewing.telling.told import Sentences, Teller, Told
from desk.words import happened
from models.event import Event
from models.people import Person

ENGINE: Final = "Launch Review"
"""Who did it when no person did."""

SENTENCES: Final[Sentences] = {**OF_SUBMISSIONS, **OF_INTEGRATIONS, **OF_PROMISES, **OF_THE_PROGRAMME}
"""Every event has its sentence; the test of this table says so."""


@dataclass(frozen=True, slots=True)
class HistoryLine:
    at: datetime
    who: str
    told: Told


def history_line(event: Event, teller: Teller) -> HistoryLine:
    """An event that only a newer release knows is told by its name alone."""
    who = event.person.name if event.person is not None else ENGINE
    tell = SENTENCES.get(event.name)
    told = tell(teller, event.data) if tell else Told(happened(event.name))
    return HistoryLine(event.at, who, told)


def event_rows(session: Session, about: ColumnElement[bool], *, limit: int) -> Sequence[Event]:
    """Newest first, each with who did it."""
    return session.scalars(
        select(Event)
        .where(about)
        .options(joinedload(Event.person).lazyload(Person.role_rows))
        .order_by(Event.id.desc())
        .limit(limit)
    ).all()


def history(events: Iterable[Event], teller: Teller) -> tuple[HistoryLine, ...]:
    return tuple(history_line(event, teller) for event in events)
