"""What a calendar file says: a zone, weekly hours, the dates that differ. `review.calendar` computes with it.

The shape is that of the `calendar` object in the business-time vectors, as a JSON or a TOML document::

    tz = "Europe/London"
    holidays_yearly = ["01-01"]
    business_day_seconds = 28800          # optional: what "one business day" means in a target
    [week]
    mon = [["09:00", "17:00"]]
    [holidays]                            # or a plain list of dates
    2026-12-25 = "Christmas Day"
    [overrides]                           # replace the weekday and the holiday of a date; [] closes it
    2026-12-24 = [["09:00", "13:00"]]
    [breaks]                              # taken out of what a date would have
    2026-12-23 = [["12:00", "14:00"]]
"""

import re
from calendar import monthrange
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Self, TypeVar
from zoneinfo import ZoneInfo

from review.intervals import Interval, merged

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
BUSINESS_DAY_SECONDS = 28_800
DAY_SECONDS = 86_400

Hours = tuple[Interval, ...]
"""Half-open intervals of one local date in wall-clock seconds after midnight, merged; 86,400 is '24:00'."""

_TIME = re.compile(r"(\d\d):(\d\d)(?::(\d\d))?", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_MONTH_DAY = re.compile(r"\d\d-\d\d", re.ASCII)
_LEAP_YEAR = 2024
_Day = TypeVar("_Day", date, tuple[int, int])


class CalendarInvalid(ValueError):
    """A calendar document that can't be used. The message is one line: where, what was seen, what was expected."""


@dataclass(frozen=True, slots=True)
class CalendarSpec:
    """A calendar as declared; hashable, so equal specs share one compiled calendar.

    `week` has seven rows from Monday. `holidays`, `holidays_yearly`, `overrides` and `breaks` are sorted
    pairs of a date (yearly: month and day) and its name (empty when none was given) or its hours.
    """

    tz: str
    week: tuple[Hours, ...]
    holidays: tuple[tuple[date, str], ...] = ()
    holidays_yearly: tuple[tuple[tuple[int, int], str], ...] = ()
    overrides: tuple[tuple[date, Hours], ...] = ()
    breaks: tuple[tuple[date, Hours], ...] = ()
    business_day_seconds: int = BUSINESS_DAY_SECONDS

    @classmethod
    def parse(cls, document: object) -> Self:
        """Read a JSON- or TOML-shaped document.

        Intervals of one date that overlap or touch are merged: an instant is open when it lies in any of them.
        Raises CalendarInvalid.
        """
        if not isinstance(document, Mapping):
            raise _invalid("calendar", document, "an object with tz and week")
        unknown = sorted(str(key) for key in document if key not in cls.__dataclass_fields__)
        if unknown:
            expected = ", ".join(cls.__dataclass_fields__)
            raise CalendarInvalid(f"calendar: unknown key {unknown[0]!r}; expected {expected}")
        for required in ("tz", "week"):
            if required not in document:
                raise CalendarInvalid(f"calendar: {required} is missing; expected at least tz and week")
        spec = cls(
            tz=_zone(document["tz"]),
            week=_week(document["week"]),
            holidays=_names("holidays", document.get("holidays", ()), _date),
            holidays_yearly=_names("holidays_yearly", document.get("holidays_yearly", ()), _month_day),
            overrides=_dated_hours("overrides", document.get("overrides", {})),
            breaks=_dated_hours("breaks", document.get("breaks", {})),
            business_day_seconds=_business_day(document.get("business_day_seconds", BUSINESS_DAY_SECONDS)),
        )
        if not any(spec.week) and not any(hours for _, hours in spec.overrides):
            raise CalendarInvalid("calendar: no open hours; expected at least one interval in week or overrides")
        return spec

    def as_document(self) -> dict[str, Any]:
        """The JSON-shaped document that `parse` reads back to an equal spec; what a clock pins."""
        return {
            "tz": self.tz,
            "week": {weekday: _written(hours) for weekday, hours in zip(WEEKDAYS, self.week, strict=True) if hours},
            "holidays": {day.isoformat(): name for day, name in self.holidays},
            "holidays_yearly": {f"{month:02}-{day:02}": name for (month, day), name in self.holidays_yearly},
            "overrides": {day.isoformat(): _written(hours) for day, hours in self.overrides},
            "breaks": {day.isoformat(): _written(hours) for day, hours in self.breaks},
            "business_day_seconds": self.business_day_seconds,
        }


def json_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of a calendar file; which dates exist and which hours fit, `parse` says."""
    clock_time = {"type": "string", "pattern": r"^(([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?|24:00(:00)?)$"}
    interval = {"type": "array", "items": clock_time, "minItems": 2, "maxItems": 2}
    hours = {"type": "array", "items": interval, "description": "[from, to] pairs of the wall clock; none: closed"}
    day, day_of_year = {"pattern": r"^\d{4}-\d\d-\d\d$"}, {"pattern": r"^\d\d-\d\d$"}
    by_date = {"type": "object", "propertyNames": day, "additionalProperties": hours}

    def named(key: dict[str, str]) -> dict[str, Any]:
        names = {"type": "object", "propertyNames": key, "additionalProperties": {"type": "string"}}
        return {"oneOf": [{"type": "array", "items": {"type": "string", **key}}, names]}

    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Calendar",
        "type": "object",
        "required": ["tz", "week"],
        "additionalProperties": False,
        "properties": {
            "tz": {"type": "string", "minLength": 1, "description": "a zone of the tz database, as in Europe/London"},
            "week": {"type": "object", "properties": dict.fromkeys(WEEKDAYS, hours), "additionalProperties": False},
            "holidays": {**named(day), "description": "dates that are closed, with or without their names"},
            "holidays_yearly": {**named(day_of_year), "description": "the same for every year, as MM-DD"},
            "overrides": {**by_date, "description": "hours that replace the weekday and the holiday of a date"},
            "breaks": {**by_date, "description": "hours taken out of what a date would have"},
            "business_day_seconds": {
                "type": "integer",
                "minimum": 1,
                "maximum": DAY_SECONDS,
                "default": BUSINESS_DAY_SECONDS,
                "description": "what `calendar due --business-days` counts a day as",
            },
        },
    }


def _invalid(where: str, seen: object, expected: str) -> CalendarInvalid:
    shown = repr(seen)
    return CalendarInvalid(f"{where}: {shown if len(shown) <= 80 else shown[:77] + '...'}; expected {expected}")


def _zone(value: object) -> str:
    expected = "the name of a time zone such as 'Europe/London'"
    if not isinstance(value, str) or not value:
        raise _invalid("tz", value, expected)
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError) as error:  # unknown; not a relative name; a folder such as 'Europe'
        raise _invalid("tz", value, expected) from error
    return value


def _week(value: object) -> tuple[Hours, ...]:
    if not isinstance(value, Mapping):
        raise _invalid("week", value, "an object from weekday to intervals")
    for weekday in value:
        if weekday not in WEEKDAYS:
            raise _invalid("week", weekday, f"weekdays among {', '.join(WEEKDAYS)}")
    return tuple(_hours(f"week.{weekday}", value.get(weekday, ())) for weekday in WEEKDAYS)


def _dated_hours(where: str, value: object) -> tuple[tuple[date, Hours], ...]:
    if not isinstance(value, Mapping):
        raise _invalid(where, value, "an object from date to intervals")
    return tuple(sorted((_date(where, key), _hours(f"{where}.{key}", rows)) for key, rows in value.items()))


def _names(where: str, value: object, day_of: Callable[[str, object], _Day]) -> tuple[tuple[_Day, str], ...]:
    if isinstance(value, Mapping):
        named = {day_of(where, day): name for day, name in value.items()}
        for day, name in named.items():
            if not isinstance(name, str):
                raise _invalid(f"{where}, {day}", name, "the holiday's name")
        return tuple(sorted(named.items()))
    if not isinstance(value, list | tuple):
        raise _invalid(where, value, "a list of dates, or an object from date to name")
    return tuple(sorted({(day_of(where, day), "") for day in value}))


def _hours(where: str, value: object) -> Hours:
    if not isinstance(value, list | tuple):
        raise _invalid(where, value, "a list of [from, to] pairs")
    return merged(_interval(where, row) for row in value)


def _interval(where: str, row: object) -> Interval:
    if not isinstance(row, list | tuple) or len(row) != 2:
        raise _invalid(where, row, "a pair [from, to] such as ['09:00', '17:00']")
    start, end = _second_of_day(where, row[0]), _second_of_day(where, row[1])
    if start >= end:
        raise _invalid(
            where, list(row), "from before to (hours over midnight: split them, [.., '24:00'] and ['00:00', ..])"
        )
    return start, end


def _second_of_day(where: str, value: object) -> int:
    if isinstance(value, time) and value.tzinfo is None and not value.microsecond:
        return value.hour * 3600 + value.minute * 60 + value.second
    match = _TIME.fullmatch(value) if isinstance(value, str) else None
    if match:
        hour, minute, second = (int(part or 0) for part in match.groups())
        seconds = hour * 3600 + minute * 60 + second
        if minute < 60 and second < 60 and seconds <= DAY_SECONDS:
            return seconds
    raise _invalid(where, value, "a wall-clock time 'HH:MM' or 'HH:MM:SS' from '00:00' to '24:00'")


def _date(where: str, value: object) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if isinstance(value, str) and _DATE.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError as error:
            raise _invalid(where, value, "a date that exists, as YYYY-MM-DD") from error
    raise _invalid(where, value, "a date as YYYY-MM-DD")


def _month_day(where: str, value: object) -> tuple[int, int]:
    if isinstance(value, str) and _MONTH_DAY.fullmatch(value):
        month, day = int(value[:2]), int(value[3:])
        if 1 <= month <= 12 and 1 <= day <= monthrange(_LEAP_YEAR, month)[1]:
            return month, day
    raise _invalid(where, value, "a day of the year as MM-DD")


def _business_day(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= DAY_SECONDS:
        raise _invalid("business_day_seconds", value, "whole seconds from 1 to 86400")
    return value


def _written(hours: Iterable[Interval]) -> list[list[str]]:
    return [[wall_time(start), wall_time(end)] for start, end in hours]


def wall_time(seconds: int) -> str:
    """Seconds after midnight as people write them: 09:00, with its seconds only where it has some."""
    hour, minute, second = seconds // 3600, seconds // 60 % 60, seconds % 60
    return f"{hour:02}:{minute:02}" + (f":{second:02}" if second else "")
