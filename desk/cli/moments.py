"""Instants of the past, and days, that people type."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from desk.cli.errors import InputWrong

EXPECTED = "expected an instant with its zone, such as 2026-03-03T09:00:00Z, or a day, such as 2026-03-03"


def past_moment(where: str, text: str, zone: ZoneInfo, now: datetime) -> datetime:
    """The instant, or the end of the day in that zone; of today, now. InputWrong for what is still to come."""
    instant, is_day = _moment(where, text, zone)
    if instant <= now:
        return instant
    # Whoever types today's date may sit in a zone where it is later already.
    if is_day and instant.date() <= max(now.astimezone(zone).date(), now.astimezone(UTC).date()):
        return now
    raise InputWrong(f"{where} {text}: that is still to come; `report forecast` tells of what may be")


def since_moment(where: str, text: str, now: datetime) -> datetime:
    """The instant, or the beginning of the day in UTC. InputWrong for what is still to come."""
    zone = ZoneInfo("Etc/UTC")
    instant, is_day = _moment(where, text, zone)
    since = datetime.combine(instant.date(), time.min, zone) if is_day else instant
    if since > now:
        raise InputWrong(f"{where} {text}: that is still to come; expected an instant of the past")
    return since


def day_of(where: str, text: str) -> date:
    """The day that is written; InputWrong for anything else."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InputWrong(f"{where}: saw {text!r}, expected a day such as 2027-01-31") from None


def _moment(where: str, text: str, zone: ZoneInfo) -> tuple[datetime, bool]:
    try:
        if len(text) == len("2026-03-03"):
            day = date.fromisoformat(text)
            return datetime.combine(day, time.max, zone), True
        instant = datetime.fromisoformat(text)
        if instant.tzinfo is not None:
            return instant.astimezone(zone), False
    except (ValueError, OverflowError):
        pass
    raise InputWrong(f"{where}: saw {text!r}, {EXPECTED}")
