"""Versioned documents of the programme (calendars, SLA policies): the newest of a name is in force.

A rulebook writes a document once: what it says becomes a version when that is needed first, and people change it from
there. A rulebook that says something it has not said before (a new release) becomes a version again.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models.clock import CalendarVersion, Clock, PolicyVersion
from models.people import Person


@dataclass(frozen=True, slots=True)
class Pinned:
    """A document under its digest: a cache finds what was made of it without reading it again."""

    digest: str
    document: dict[str, Any] = field(compare=False)


@dataclass(frozen=True, slots=True)
class Written:
    """A document as a rulebook writes it: its digest, and the columns that a version of it has."""

    digest: str
    columns: Mapping[str, Any]


class Held(NamedTuple):
    """Clocks that are pinned to a version."""

    running: int = 0
    stopped: int = 0


Version = TypeVar("Version", CalendarVersion, PolicyVersion)


def digest_of(document: Mapping[str, Any]) -> str:
    """SHA-256 of the canonical JSON."""
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()


def in_force(
    session: Session, kind: type[Version], name: str, written: Sequence[Written], *, at: datetime
) -> Version | None:
    """The version to pin: the newest of the name. What rulebooks write, oldest first, and no version says, becomes one.

    Nobody writes a newer one until the transaction ends, so that what pins it now can't be missed by a change.
    """
    _write(session, kind, name, written, at)
    return _held(session, kind, name, against_pinning=False)


def to_change(
    session: Session, kind: type[Version], name: str, written: Sequence[Written], *, at: datetime
) -> Version | None:
    """The version to write the next one after: `in_force`, and until the transaction ends nobody pins it either.

    Waits for those who do so at this moment; what they pinned is seen by whatever is read afterwards.
    """
    _write(session, kind, name, written, at)
    return _held(session, kind, name, against_pinning=True)


def as_it_stands(session: Session, kind: type[Version], name: str, written: Sequence[Written]) -> Version | None:
    """What is in force, only read: one without an id is a rulebook's, and becomes a version when it is needed."""
    found = newest(session, kind, name)
    unsaid = _unsaid(session, kind, name, written)
    return unwritten(kind, name, unsaid, after=0 if found is None else found.version) if unsaid else found


def unwritten(kind: type[Version], name: str, written: Sequence[Written], *, after: int = 0) -> Version | None:
    """The version that comes of the last of these once they are needed; it has no id. None when there are none."""
    if not written:
        return None
    last = written[-1]
    return kind(name=name, version=after + len(written), digest=last.digest, because="", **last.columns)


def next_of(
    session: Session,
    kind: type[Version],
    name: str,
    *,
    after: Version | None,
    digest: str,
    by: Person,
    at: datetime,
    because: str,
    **columns: Any,
) -> Version:
    """A person's version of a name; `after` is the one `to_change` gave."""
    version = kind(
        name=name,
        version=1 if after is None else after.version + 1,
        digest=digest,
        created_at=at,
        created_by_id=by.id,
        because=because,
        **columns,
    )
    session.add(version)
    session.flush()
    return version


def newest(session: Session, kind: type[Version], name: str) -> Version | None:
    return session.scalar(select(kind).where(kind.name == name).order_by(kind.version.desc()).limit(1))


def numbered(session: Session, kind: type[Version], name: str, version: int) -> Version | None:
    return session.scalar(select(kind).where(kind.name == name, kind.version == version))


def all_of(session: Session, kind: type[Version], name: str = "") -> list[Version]:
    """Every version, newest first within a name; of one name, or of all of them in their order."""
    rows = select(kind).order_by(kind.name, kind.version.desc())
    return list(session.scalars(rows.where(kind.name == name) if name else rows))


def believed_at(session: Session, kind: type[Version], name: str, at: datetime) -> Version | None:
    """The version that was the newest at an instant."""
    rows = select(kind).where(kind.name == name, kind.created_at <= at)
    return session.scalar(rows.order_by(kind.version.desc()).limit(1))


def clocks_on(session: Session, kind: type[Version], name: str) -> dict[int, Held]:
    """How many clocks each version of a name holds, by the version's id."""
    column = Clock.calendar_id if kind is CalendarVersion else Clock.policy_id
    runs = Clock.stopped_at.is_(None)
    counted = (
        select(column, func.count().filter(runs), func.count().filter(~runs))
        .join(kind, kind.id == column)
        .where(kind.name == name)
        .group_by(column)
    )
    return {number: Held(running, stopped) for number, running, stopped in session.execute(counted)}


def _write(session: Session, kind: type[Version], name: str, written: Sequence[Written], at: datetime) -> None:
    for one in _unsaid(session, kind, name, written):
        last = session.scalar(select(func.max(kind.version)).where(kind.name == name)) or 0
        version = kind(name=name, version=last + 1, digest=one.digest, created_at=at, because="", **one.columns)
        try:
            with session.begin_nested():
                session.add(version)
        except IntegrityError:
            # Somebody else wrote a version at the same moment; unless it says the same, the caller tries again.
            if _unsaid(session, kind, name, [one]):
                raise


def _unsaid(session: Session, kind: type[Version], name: str, written: Sequence[Written]) -> list[Written]:
    """What no version of the name says."""
    if not written:
        return []
    said = set(session.scalars(select(kind.digest).where(kind.name == name)))
    return [one for one in written if one.digest not in said]


def _held(session: Session, kind: type[Version], name: str, *, against_pinning: bool) -> Version | None:
    # PostgreSQL alone locks rows, and a foreign key shares its row's lock already: sharing it sooner only moves the
    # wait before the reading. Whoever had to wait may have waited for a newer version, so it is looked for again.
    newest_of_name = select(kind).where(kind.name == name).order_by(kind.version.desc()).limit(1)
    held = newest_of_name.with_for_update(read=not against_pinning, key_share=not against_pinning)
    while (found := session.scalar(held)) is not None:
        if session.scalar(select(func.max(kind.version)).where(kind.name == name)) == found.version:
            return found
    return None
