"""What due dates rest on, in JSON: calendars and policies as they are in force."""

from typing import Any

from pydantic import with_config
from sqlalchemy.orm import Session
from typing_extensions import TypedDict

from checklist.promises import SlaPolicy
from desk.published.values import Instant, at_or_none
from models.clock import CalendarVersion
from review import versions


@with_config(extra="forbid")
class CalendarLine(TypedDict):
    """One calendar; without a version it is not needed yet. `running` are the clocks on any of its versions."""

    name: str
    version: int | None
    region: str
    tz: str
    since: Instant | None
    running: int


def calendar_line(session: Session, version: CalendarVersion) -> CalendarLine:
    held = versions.clocks_on(session, CalendarVersion, version.name)
    is_written = version.id is not None
    return {
        "name": version.name,
        "version": version.version if is_written else None,
        "region": version.region,
        "tz": version.spec["tz"],
        "since": at_or_none(version.created_at) if is_written else None,
        "running": sum(one.running for one in held.values()),
    }


def policy_document(policy: SlaPolicy) -> dict[str, Any]:
    """As people edit it: without keys that say nothing."""
    return policy.model_dump(mode="json", exclude_none=True)
