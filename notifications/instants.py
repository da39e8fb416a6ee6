"""Instants as people read them: in their own zone, with its name."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

UTC_NAMES = frozenset({"UTC", "Etc/UTC", "Etc/UCT", "Zulu", "Etc/Zulu"})


def in_words(instant: datetime | str, zone: str) -> str:
    """As in "Wednesday 25 November 2026, 12:00 EST (America/New_York)".

    An instant as text is ISO 8601 with an offset. A zone nobody knows reads as UTC, which the text then says.
    """
    local = _local(instant, zone)
    day = f"{local:%A} {local.day} {local:%B %Y}, {local:%H:%M}"
    return f"{day} UTC" if local.tzinfo is UTC else f"{day} {local:%Z} ({zone})"


def day_in_words(instant: datetime | str, zone: str) -> str:
    """The day of an instant, as in "25 November 2026"; read as `in_words` reads it."""
    local = _local(instant, zone)
    return f"{local.day} {local:%B %Y}"


def date_in_words(day: date | str) -> str:
    """As in "Tuesday 1 December 2026"; a day that has no zone, as text in ISO 8601."""
    known = date.fromisoformat(day) if isinstance(day, str) else day
    return f"{known:%A} {known.day} {known:%B %Y}"


def _local(instant: datetime | str, zone: str) -> datetime:
    moment = datetime.fromisoformat(instant) if isinstance(instant, str) else instant
    if moment.tzinfo is None:
        raise InstantHasNoZone(moment)
    try:
        return moment.astimezone(UTC if zone in UTC_NAMES else ZoneInfo(zone))
    except (ZoneInfoNotFoundError, ValueError):
        return moment.astimezone(UTC)


class InstantHasNoZone(ValueError):
    """An instant without a zone was about to be shown."""

    def __init__(self, moment: datetime) -> None:
        super().__init__(f"the instant {moment.isoformat()} has no zone; events carry instants with an offset")
