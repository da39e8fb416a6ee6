"""What team and partner have said to each other about a submission, in order; nothing of it is private.

Read off the events: what was said is written there once, by the verb that said it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from desk.viewing.history import ENGINE
from desk.viewing.links import excerpt
from models.enums import EventName
from models.event import Event

LONGEST: Final = 10_000
Data = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Line:
    """One thing said. `text` is as they wrote it, for showing as plain text with its line breaks."""

    at: datetime
    who: str
    from_partner: bool
    kind: str
    text: str


SPOKEN: Final[Mapping[str, tuple[str, Callable[[Data], object]]]] = {
    EventName.CLAIMED: ("took it", lambda data: data.get("message")),
    EventName.QUESTION_ASKED: ("asked", lambda data: data.get("text")),
    EventName.ANSWERED: ("answered", lambda data: data.get("text")),
    EventName.MESSAGE_SENT: ("wrote", lambda data: data.get("text")),
    EventName.CHANGES_REQUESTED: ("asked for changes", lambda data: data.get("reason")),
    EventName.APPROVED: ("approved it", lambda data: data.get("reason")),
    EventName.REJECTED: ("rejected it", lambda data: data.get("reason")),
    EventName.WITHDRAWN: ("took it back", lambda data: data.get("reason")),
    EventName.RESUBMITTED: ("sent it again", lambda data: f"Revision {data.get('revision', '?')}"),
    EventName.PARTNER_REMINDED: ("reminded", lambda data: data.get("text")),
}
"""Events that one side writes and the other reads, each with where its words are."""


def conversation(events: Iterable[Event]) -> tuple[Line, ...]:
    """Oldest first; without what was undone before the other side heard of it. `events` come newest first."""
    rows = list(events)
    undone = {event.data.get("undone_event") for event in rows if event.name == EventName.DECISION_UNDONE}
    lines = []
    for event in reversed(rows):
        kind, words = SPOKEN.get(event.name, ("", None))
        if words is None or event.id in undone:
            continue
        text = words(event.data)
        if not isinstance(text, str) or not text.strip():
            continue
        lines.append(
            Line(
                at=event.at,
                who=event.person.name if event.person is not None else ENGINE,
                from_partner=event.person is not None and event.person.partner_id is not None,
                kind=kind,
                text=excerpt(text.strip(), LONGEST),
            )
        )
    return tuple(lines)
