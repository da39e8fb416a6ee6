"""Writing and retiring reasons of the library. Each change is a version: what was decided keeps its words."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.enums import EventName
from models.people import Person
from models.reason import Reason, ReasonVersion
from review.actions.record import record
from review.actions.refusing import lock, refuse_programme
from review.guards import is_active
from review.reasons import Entry, reason_called
from review.reasons_entry import ReasonEntry


class Change(StrEnum):
    """What writing an entry comes to."""

    NEW = "new"
    CHANGED = "changed"
    OFFERED_AGAIN = "offered again"
    SAME = "same"


@dataclass(frozen=True, slots=True)
class Difference:
    """An entry against the library: what it comes to, and which parts of its words are others."""

    key: str
    change: Change
    parts: tuple[str, ...] = ()


def difference(session: Session, entry: ReasonEntry) -> Difference:
    """What writing the entry would change; nothing is written."""
    found = session.scalar(select(Reason).where(Reason.key == entry.key))
    if found is None:
        return Difference(entry.key, Change.NEW)
    stands = reason_called(session, entry.key)
    parts = tuple(name for name, value in _columns(entry).items() if getattr(stands.words, name) != value)
    if stands.row.retired_at is not None:
        return Difference(entry.key, Change.OFFERED_AGAIN, parts)
    return Difference(entry.key, Change.CHANGED if parts else Change.SAME, parts)


def set_reason(session: Session, entry: ReasonEntry, *, by: Person, at: datetime) -> Difference:
    """Write a reason, new or in another version; what says the same writes nothing. MoveRefused for who may not.

    A retired one is offered again.
    """
    refuse(entry.key, by=by, at=at)
    reason = session.scalar(select(Reason).where(Reason.key == entry.key))
    if reason is None:
        reason = Reason(key=entry.key, version=1, created_at=at)
        session.add(reason)
        session.flush()
        differs = Difference(entry.key, Change.NEW)
    else:
        lock(session, reason)
        differs = difference(session, entry)
    if differs.change is Change.SAME:
        return differs
    if differs.change is Change.NEW or differs.parts:
        reason.version += 0 if differs.change is Change.NEW else 1
        session.add(
            ReasonVersion(
                reason_id=reason.id, version=reason.version, written_by_id=by.id, written_at=at, **_columns(entry)
            )
        )
    reason.retired_at = None
    record(
        session,
        EventName.REASON_SET,
        at=at,
        by=by,
        key=entry.key,
        version=reason.version,
        title=entry.title,
        change=differs.change.value,
        changed=list(differs.parts),
    )
    return differs


def set_all(session: Session, entries: Iterable[ReasonEntry], *, by: Person, at: datetime) -> list[Difference]:
    """Write each; a second time nothing changes."""
    return [set_reason(session, entry, by=by, at=at) for entry in entries]


def retire(session: Session, key: str, *, by: Person, at: datetime) -> bool:
    """Offer it no more; decisions made with it stay as they are. False when it is retired already.

    Raises ReasonUnknown, and MoveRefused for who may not.
    """
    refuse(key, by=by, at=at)
    reason, _ = reason_called(session, key)
    lock(session, reason)
    if reason.retired_at is not None:
        return False
    reason.retired_at = at
    record(session, EventName.REASON_RETIRED, at=at, by=by, key=reason.key, version=reason.version)
    return True


def refuse(key: str, *, by: Person, at: datetime) -> None:
    """MoveRefused unless the person may change the library."""
    refuse_programme(f"reason {key}", "change the library", by=by, at=at, guards=(is_active,))


def as_entry(entry: Entry) -> ReasonEntry:
    """A reason of the library as people write it."""
    reason = entry.value
    return ReasonEntry(
        key=reason.key,
        title=reason.title,
        text=reason.text,
        items=reason.items,
        links=reason.links,
        fix_by_business_days=reason.fix_by_days,
    )


def _columns(entry: ReasonEntry) -> dict[str, object]:
    return {
        "title": entry.title,
        "text": entry.text,
        "items": list(entry.items),
        "links": list(entry.links),
        "fix_by_days": entry.fix_by_business_days,
    }
