"""Versioned documents of the programme (calendars, SLA policies): the newest of a name is in force.

A rulebook writes a document once: what it says becomes a version when that is needed first, and people change it from
there. A rulebook that says something it has not said before (a new release) becomes a version again.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models.clock import CalendarVersion, PolicyVersion


@dataclass(frozen=True, slots=True)
class Pinned:
    """A document under its digest: a cache finds what was made of it without reading it again."""

    digest: str
    document: dict[str, Any] = field(compare=False)


Version = TypeVar("Version", CalendarVersion, PolicyVersion)


def digest_of(document: Mapping[str, Any]) -> str:
    """SHA-256 of the canonical JSON."""
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()


def newest(session: Session, kind: type[Version], name: str) -> Version | None:
    return session.scalar(select(kind).where(kind.name == name).order_by(kind.version.desc()).limit(1))


def in_force(session: Session, kind: type[Version], name: str, digest: str, **written: Any) -> Version:
    """The newest version of the name. When none says what the rulebook says, by its digest, `written` becomes it."""
    known = select(kind.id).where(kind.name == name, kind.digest == digest).limit(1)
    found = newest(session, kind, name)
    if found is not None and session.scalar(known) is not None:
        return found
    version = kind(name=name, version=1 if found is None else found.version + 1, digest=digest, **written)
    try:
        with session.begin_nested():
            session.add(version)
    except IntegrityError:
        # Somebody else wrote a version at the same moment; unless it says the same, the caller tries again.
        if session.scalar(known) is None:
            raise
        found = newest(session, kind, name)
        assert found is not None, "a version of this digest was just seen"
        return found
    return version


def all_of(session: Session, kind: type[Version], name: str = "") -> list[Version]:
    """Every version, newest first within a name; of one name, or of all of them in their order."""
    rows = select(kind).order_by(kind.name, kind.version.desc())
    return list(session.scalars(rows.where(kind.name == name) if name else rows))


def believed_at(session: Session, kind: type[Version], name: str, at: datetime) -> Version | None:
    """The version that was the newest at an instant."""
    rows = select(kind).where(kind.name == name, kind.created_at <= at)
    return session.scalar(rows.order_by(kind.version.desc()).limit(1))
