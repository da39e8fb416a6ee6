"""What importing holiday years changes in a calendar document, and the document that comes of it. Pure.

Only the years that were asked for are touched, and of a date on which the calendar is closed anyway (no hours on that
weekday, closed every year) nothing is written. What people wrote there stays: a holiday that the region does not
have, an override. `exact` takes it out, so that the years are the library's alone. Breaks are never touched.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, NamedTuple

from review.calendar_spec import CalendarSpec, Hours
from review.holiday_years import HolidayYears

WrittenHours = tuple[tuple[str, str], ...]
"""Hours of one date as the document has them: pairs of wall-clock times."""


class Named(NamedTuple):
    """A date and what stands there: a holiday's name, or the hours of an override."""

    day: date
    what: str


class Renamed(NamedTuple):
    day: date
    was: str
    now: str


class Shortened(NamedTuple):
    """A half day, the hours it gets, and those of the override that stood there."""

    day: date
    name: str
    hours: WrittenHours
    was: WrittenHours | None


@dataclass(frozen=True, slots=True)
class HolidayDifference:
    """What an import does to a calendar, each row in the order of its dates. It is false when that is nothing."""

    added: tuple[Named, ...] = ()
    removed: tuple[Named, ...] = ()
    renamed: tuple[Renamed, ...] = ()
    half_days: tuple[Shortened, ...] = ()
    kept: tuple[Named, ...] = ()
    """What people wrote and the library does not have; it stays."""
    remarks: tuple[str, ...] = ()
    """What the library itself says about these years."""

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.renamed or self.half_days)

    @property
    def summary(self) -> str:
        """As people say it: "11 added, 2 half days, 1 kept"."""
        counted = {
            "added": len(self.added),
            "removed": len(self.removed),
            "renamed": len(self.renamed),
            "half day" if len(self.half_days) == 1 else "half days": len(self.half_days),
            "kept": len(self.kept),
        }
        said = ", ".join(f"{number} {what}" for what, number in counted.items() if number)
        return said if self else f"nothing to change{f', {said}' if said else ''}"

    @property
    def lines(self) -> tuple[str, ...]:
        """One line for each date, in words."""
        return (
            *(f"added     {_shown(day)}  {name}" for day, name in self.added),
            *(f"removed   {_shown(day)}  {what}" for day, what in self.removed),
            *(f"renamed   {_shown(day)}  {was or 'without a name'} -> {now}" for day, was, now in self.renamed),
            *(f"half day  {_shown(one.day)}  {one.name}: {_half_day_in_words(one)}" for one in self.half_days),
            *(f"kept      {_shown(day)}  {what}" for day, what in self.kept),
        )


class Merged(NamedTuple):
    document: dict[str, Any]
    difference: HolidayDifference


def merged(
    document: Mapping[str, Any], known: HolidayYears, *, half_days_until: int | None = None, exact: bool = False
) -> Merged:
    """The calendar document with these years of holidays in it, and what that changes.

    Half days become overrides: open until `half_days_until` (seconds after midnight), else as `HalfDay.hours` says.
    An override that stands there is kept, unless `half_days_until` or `exact` asks for another.
    Raises CalendarInvalid.
    """
    spec = CalendarSpec.parse(document)
    named = {day: name for day, name in spec.holidays if day.year in known.years}
    opened = {day: hours for day, hours in spec.overrides if day.year in known.years}
    closed = {day: name for day, name in known.holidays.items() if day in named or _would_open(spec, day)}
    extra = {day: name for day, name in named.items() if day not in known.holidays}
    half = dict(_half_days(spec, known, half_days_until))
    shortened = {
        day: hours
        for day, hours in half.items()
        if opened.get(day) != hours
        and (exact or (day not in extra and (day not in opened or half_days_until is not None)))
    }
    own = {day: hours for day, hours in opened.items() if day not in shortened and half.get(day) != hours}
    after = _with_dates(
        spec,
        known.years,
        holidays=closed if exact else extra | closed,
        overrides={day: hours for day, hours in opened.items() if not (exact and day in own)} | shortened,
    )
    hours_before, hours_after = _hours_written(spec), _hours_written(after)
    theirs = [Named(day, name or "a holiday without a name") for day, name in extra.items()]
    theirs += [Named(day, _hours_in_words(hours_before[day])) for day in own]
    difference = HolidayDifference(
        added=tuple(Named(day, name) for day, name in closed.items() if day not in named),
        removed=tuple(sorted(theirs)) if exact else (),
        renamed=tuple(Renamed(day, named[day], name) for day, name in closed.items() if named.get(day, name) != name),
        half_days=tuple(
            Shortened(day, known.half_days[day].name, hours_after[day], hours_before.get(day)) for day in shortened
        ),
        kept=() if exact else tuple(sorted(theirs)),
        remarks=known.remarks,
    )
    return Merged(_document(document, after) if difference else dict(document), difference)


def _would_open(spec: CalendarSpec, day: date) -> bool:
    """Whether the calendar has hours on a date, were it not for its holidays and overrides."""
    closed_yearly = {month_day for month_day, _ in spec.holidays_yearly}
    return bool(spec.week[day.weekday()]) and (day.month, day.day) not in closed_yearly


def _half_days(spec: CalendarSpec, known: HolidayYears, until: int | None) -> Iterator[tuple[date, Hours]]:
    """The half days that shorten something, and what is left of each."""
    overridden = {day for day, _ in spec.overrides}
    for day, half_day in known.half_days.items():
        usual = spec.week[day.weekday()]
        left = half_day.hours(usual, until)
        # Told to end at or after the close, it is no half day; an override that made it one is set right.
        if _would_open(spec, day) and (left != usual or (until is not None and day in overridden)):
            yield day, left


def _with_dates(
    spec: CalendarSpec, years: tuple[int, ...], *, holidays: Mapping[date, str], overrides: Mapping[date, Hours]
) -> CalendarSpec:
    """The spec with these years' holidays and overrides in place of its own."""
    other_holidays = [(day, name) for day, name in spec.holidays if day.year not in years]
    other_overrides = [(day, hours) for day, hours in spec.overrides if day.year not in years]
    return replace(
        spec,
        holidays=tuple(sorted([*other_holidays, *holidays.items()])),
        overrides=tuple(sorted([*other_overrides, *overrides.items()])),
    )


def _document(before: Mapping[str, Any], after: CalendarSpec) -> dict[str, Any]:
    """The document with the holidays and overrides of a spec; everything else is left as it was written."""
    written = after.as_document()
    return {**before, "holidays": written["holidays"], "overrides": written["overrides"]}


def _hours_written(spec: CalendarSpec) -> dict[date, WrittenHours]:
    overrides = spec.as_document()["overrides"]
    return {
        date.fromisoformat(day): tuple((opens, closes) for opens, closes in rows) for day, rows in overrides.items()
    }


def _half_day_in_words(half_day: Shortened) -> str:
    was = f", was {_hours_in_words(half_day.was)}" if half_day.was is not None else ""
    return f"{_hours_in_words(half_day.hours)}{was}"


def _hours_in_words(hours: WrittenHours) -> str:
    return f"open {' and '.join(f'{opens} to {closes}' for opens, closes in hours)}" if hours else "closed"


def _shown(day: date) -> str:
    return f"{day:%Y-%m-%d %a}"
