"""The reasons library in JSON."""

from pydantic import with_config
from typing_extensions import TypedDict

from desk.published.values import Instant, at_or_none
from notifications.public_events import instant
from review.reasons import Entry


@with_config(extra="forbid")
class ReasonShown(TypedDict):
    """A reason in the words it has now; with `retired_at` it is offered no more."""

    key: str
    version: int
    title: str
    text: str
    items: list[str]
    links: list[str]
    fix_by_business_days: int | None
    written_by: str
    written_at: Instant
    retired_at: Instant | None


def reason_as_json(entry: Entry) -> ReasonShown:
    reason = entry.value
    return {
        "key": reason.key,
        "version": reason.version,
        "title": reason.title,
        "text": reason.text,
        "items": list(reason.items),
        "links": list(reason.links),
        "fix_by_business_days": reason.fix_by_days,
        "written_by": entry.words.written_by.email,
        "written_at": instant(entry.words.written_at),
        "retired_at": at_or_none(entry.row.retired_at),
    }
