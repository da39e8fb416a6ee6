"""Versions of a calendar or policy as pages list them, and who changed one since the reader looked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from sqlalchemy.orm import Session

from models.clock import CalendarVersion, PolicyVersion
from models.people import Person
from review import versions
from review.versions import Held

Version = TypeVar("Version", CalendarVersion, PolicyVersion)


@dataclass(frozen=True, slots=True)
class VersionLine:
    """`by` is empty for what a rulebook wrote; `running` and `stopped` are clocks that are pinned to it."""

    version: int
    since: datetime
    by: str
    because: str
    running: int
    stopped: int


def version_lines(session: Session, kind: type[Version], name: str) -> Sequence[VersionLine]:
    """Every version of a name, newest first."""
    held = versions.clocks_on(session, kind, name)
    return [
        VersionLine(one.version, one.created_at, _who(session, one), one.because, *held.get(one.id, Held()))
        for one in versions.all_of(session, kind, name)
    ]


def changed_since(session: Session, stands: Version, seen: int) -> str:
    """Who wrote which version since `seen`, and why; empty when that one is still in force."""
    if stands.version == seen:
        return ""
    if stands.id is None:
        return f"version {stands.version} is in force now, you saw {seen}; a rulebook writes it"
    who = _who(session, stands) or "a rulebook"
    why = f": {stands.because}" if stands.because else ""
    return f"version {stands.version} is in force now, you saw {seen}; {who} wrote it{why}"


def _who(session: Session, version: CalendarVersion | PolicyVersion) -> str:
    return "" if version.created_by_id is None else session.get_one(Person, version.created_by_id).name
