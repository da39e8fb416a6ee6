"""Instants that people type."""

from datetime import UTC, date, datetime, time, timedelta

from desk.cli.errors import InputWrong

EXPECTED = "expected an instant with its zone, such as 2026-03-03T09:00:00Z, or a day, such as 2026-03-03"


def moment(where: str, text: str) -> datetime:
    """The instant, or the end of the day in UTC; InputWrong says what was expected."""
    try:
        if len(text) == len("2026-03-03"):
            return datetime.combine(date.fromisoformat(text), time.min, UTC) + timedelta(days=1, microseconds=-1)
        instant = datetime.fromisoformat(text)
        if instant.tzinfo is not None:
            return instant.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise InputWrong(f"{where}: saw {text!r}, {EXPECTED}")
