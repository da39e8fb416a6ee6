"""Versions of calendars and policies, printed: who wrote each, when, why, and how many clocks it holds."""

from typing import Annotated, Any, TypeVar

from cyclopts import Parameter
from sqlalchemy.orm import Session

from desk.cli.writing import instant, say, say_json, table, tell
from models.clock import CalendarVersion, PolicyVersion
from models.people import Person
from review import versions
from review.versions import Held

Version = TypeVar("Version", CalendarVersion, PolicyVersion)

Because = Annotated[str, Parameter(help="Why, in words that those who hear of it understand.")]
DryRun = Annotated[bool, Parameter(negative="", help="Only show what would move; nothing is written.")]

RULEBOOK = "a rulebook"
"""Who wrote a version when no person did."""


def heading(session: Session, version: Version, kind: str) -> str:
    """Such as "calendar team, version 3, by Lena since 2026-11-23T18:00:00Z: the Friday is free"."""
    if version.id is None:
        return f"{kind} {version.name}: not needed yet; a rulebook writes it, and it becomes version {version.version}"
    why = f": {version.because}" if version.because else ""
    since = instant(version.created_at)
    return f"{kind} {version.name}, version {version.version}, by {_who(session, version)} since {since}{why}"


def tell_version(version: Version, kind: str) -> None:
    """Which version was printed as a document, and how not to undo what others write meanwhile."""
    number = version.version
    tell(
        f"{kind} {version.name}, version {number}: pass `--version {number}` to `{kind} change`, which is then refused "
        "when another one is in force"
    )


def history(session: Session, kind: type[Version], name: str) -> list[dict[str, Any]]:
    """Every version of a name, newest first."""
    held = versions.clocks_on(session, kind, name)
    return [
        {
            "version": version.version,
            "since": instant(version.created_at),
            "by": _who(session, version),
            "because": version.because,
            **held.get(version.id, Held())._asdict(),
        }
        for version in versions.all_of(session, kind, name)
    ]


def print_history(rows: list[dict[str, Any]], words: str, *, json: bool) -> None:
    """The versions; `words` where there are none yet."""
    if json:
        say_json(rows)
    elif rows:
        head = ("version", "since", "by", "running", "stopped", "because")
        say(*table(head, [[row[column] for column in head] for row in rows]))
    else:
        tell(words)


def _who(session: Session, version: Version) -> str:
    return RULEBOOK if version.created_by_id is None else session.get_one(Person, version.created_by_id).name
