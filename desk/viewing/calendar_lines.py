"""A calendar as lines that people edit in a form, and read back from them.

The week has a line of hours a day, such as "09:00-12:00, 13:00-17:00"; dates have a line each, such as
"2026-12-25 Christmas Day", "12-25 Christmas Day" or "2026-12-24 09:00-13:00", and "closed" for a date without hours.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from review.calendar_spec import WEEKDAYS, CalendarInvalid, CalendarSpec

CLOSED: Final = "closed"
_SPAN: Final = re.compile(r"(\d\d:\d\d(?::\d\d)?)\s*[-–]\s*(\d\d:\d\d(?::\d\d)?)", re.ASCII)
NAMED: Final = ("holidays", "holidays_yearly")
DATED: Final = ("overrides", "breaks")


def as_fields(spec: CalendarSpec) -> dict[str, str]:
    """The form's fields, filled in."""
    document = spec.as_document()
    week = {day: _hours_in_words(document["week"].get(day, ()), "") for day in WEEKDAYS}
    named = {key: "\n".join(f"{day} {name}".strip() for day, name in document[key].items()) for key in NAMED}
    dated = {
        key: "\n".join(f"{day} {_hours_in_words(hours, CLOSED)}" for day, hours in document[key].items())
        for key in DATED
    }
    return {"tz": spec.tz, **week, **named, **dated, "business_day_seconds": str(spec.business_day_seconds)}


def read_fields(fields: Mapping[str, str]) -> dict[str, Any]:
    """The document that the fields say. Raises CalendarInvalid, which names the field and the line."""
    week = {day: hours for day in WEEKDAYS if (hours := _hours(day, fields.get(day, "")))}
    document: dict[str, Any] = {"tz": fields.get("tz", "").strip(), "week": week}
    for key in NAMED:
        document[key] = dict(_dated(key, fields.get(key, "")))
    for key in DATED:
        document[key] = {day: _hours(f"{key}, {day}", hours) for day, hours in _dated(key, fields.get(key, ""))}
    seconds = fields.get("business_day_seconds", "").strip()
    if seconds:
        if not (seconds.isascii() and seconds.isdigit() and len(seconds) < 9):
            raise CalendarInvalid(f"business_day_seconds: {seconds[:40]!r}; expected whole seconds from 1 to 86400")
        document["business_day_seconds"] = int(seconds)
    return CalendarSpec.parse(document).as_document()


def _dated(key: str, text: str) -> Iterator[tuple[str, str]]:
    seen = set()
    for line in text.splitlines():
        day, _, rest = line.strip().partition(" ")
        if not day:
            continue
        if day in seen:
            raise CalendarInvalid(f"{key}: {day[:40]!r} twice; expected one line for each date")
        seen.add(day)
        yield day, rest.strip()


def _hours(where: str, text: str) -> list[list[str]]:
    said = text.strip()
    if not said or said.lower() == CLOSED:
        return []
    found = [_SPAN.fullmatch(part.strip()) for part in said.split(",")]
    if not all(found):
        raise CalendarInvalid(f"{where}: {said[:60]!r}; expected hours such as 09:00-12:00, 13:00-17:00, or closed")
    return [[span[1], span[2]] for span in found if span]


def _hours_in_words(hours: Iterable[Iterable[str]], none: str) -> str:
    return ", ".join("-".join(span) for span in hours) or none
