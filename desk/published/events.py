"""What happened, in JSON: to one submission, and to the whole programme."""

from typing import Any

from pydantic import with_config
from typing_extensions import TypedDict

from desk.published.values import Instant
from models.event import Event
from notifications.public_events import instant


@with_config(extra="forbid")
class HistoryEntry(TypedDict):
    """One thing that happened to a submission; `by` is empty where the engine did it."""

    at: Instant
    event: str
    by: str | None
    data: dict[str, Any]


@with_config(extra="forbid")
class EventEntry(HistoryEntry):
    """One thing that happened, and whom it concerns."""

    id: int
    integration: int | None
    submission: int | None


def event_as_json(event: Event) -> HistoryEntry:
    return {
        "at": instant(event.at),
        "event": event.name,
        "by": event.person.email if event.person is not None else None,
        "data": event.data,
    }


def entry_as_json(event: Event) -> EventEntry:
    return {
        **event_as_json(event),
        "id": event.id,
        "integration": event.integration_id,
        "submission": event.submission_id,
    }
