"""When a calendar is open, laid out on the UTC time line: what each local date plans, and where its zone puts it.

All instants here are whole seconds since 1970-01-01T00:00Z; every offset of a zone is a whole number of seconds.
"""

from collections.abc import Iterator
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple
from zoneinfo import ZoneInfo

from review.calendar_spec import DAY_SECONDS, CalendarInvalid, CalendarSpec, Hours
from review.intervals import Interval, common, without

_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
_EPOCH_WEEKDAY = date(1970, 1, 1).weekday()
_DAYS_OF_A_LEAP_YEAR = 366


class Reason(StrEnum):
    """Why planned time counts (week, override) or does not (override, holiday, break, pause)."""

    WEEK = "week"
    OVERRIDE = "override"
    HOLIDAY = "holiday"
    BREAK = "break"
    PAUSE = "pause"


class Planned(NamedTuple):
    """A stretch `[start, end)` that the week or an override mentions, whether it counts, and why."""

    start: int
    end: int
    counted: bool
    reason: Reason
    name: str


class OpeningHours:
    """The spec's precedence and its zone. Stateless once built; raises CalendarInvalid when it can never open."""

    def __init__(self, spec: CalendarSpec) -> None:
        self._zone = ZoneInfo(spec.tz)
        self._ordinary = tuple(_plan(week, None, None, ()) for week in spec.week)
        holidays, overrides, breaks = dict(spec.holidays), dict(spec.overrides), dict(spec.breaks)
        yearly = dict(spec.holidays_yearly)
        self._closed_yearly = {
            month_day: tuple(_plan(week, None, name, ()) for week in spec.week) for month_day, name in yearly.items()
        }
        self._special = {
            day.toordinal() - _EPOCH_ORDINAL: _plan(
                spec.week[day.weekday()],
                overrides.get(day),
                holidays.get(day, yearly.get((day.month, day.day))),
                breaks.get(day, ()),
            )
            for day in {*holidays, *overrides, *breaks}
        }
        self.dated_openings = self._dated_openings()
        """First and last second near the only dates with hours; None when the week opens again for ever."""
        if any(spec.week) and len(yearly) < _DAYS_OF_A_LEAP_YEAR:
            self.dated_openings = None
        elif self.dated_openings is None:
            raise CalendarInvalid("calendar: no open hours are left after holidays and breaks; expected some")

    def planned(self, start: int, end: int) -> Iterator[Planned]:
        """All planned stretches within `[start, end)`, clipped to it, in order; neighbours may touch."""
        for low, high, midnight, plan in self._dates(start, end):
            for stretch in plan:
                opens, closes = max(midnight + stretch.start, low), min(midnight + stretch.end, high)
                if opens < closes:
                    yield stretch._replace(start=opens, end=closes)

    def open_intervals(self, start: int, end: int) -> list[Interval]:
        """The open time within `[start, end)`, merged."""
        intervals: list[Interval] = []
        last_close = None
        for low, high, midnight, plan in self._dates(start, end):
            for opening, closing, counted, _, _ in plan:
                opens, closes = max(midnight + opening, low), min(midnight + closing, high)
                if not counted or opens >= closes:
                    continue
                if opens == last_close:
                    intervals[-1] = (intervals[-1][0], closes)
                else:
                    intervals.append((opens, closes))
                last_close = closes
        return intervals

    def _dates(self, start: int, end: int) -> Iterator[tuple[int, int, int, tuple[Planned, ...]]]:
        """Every local date that meets `[start, end)`: the instants it is bounded by, its midnight, its plan.

        A date is laid out once for every spell of constant offset it meets, so that a wall-clock time skipped
        by the zone yields nothing and a repeated one counts twice.
        """
        for low, high, offset in _spells(self._zone, start, end):
            first, last = (low + offset) // DAY_SECONDS, (high + offset - 1) // DAY_SECONDS
            for day in range(first, last + 1):
                yield low, high, day * DAY_SECONDS - offset, self._plan_of(day)

    def _plan_of(self, day: int) -> tuple[Planned, ...]:
        special = self._special.get(day)
        if special is not None:
            return special
        weekday = (day + _EPOCH_WEEKDAY) % 7
        if self._closed_yearly:
            local_date = date.fromordinal(day + _EPOCH_ORDINAL)
            closed = self._closed_yearly.get((local_date.month, local_date.day))
            if closed is not None:
                return closed[weekday]
        return self._ordinary[weekday]

    def _dated_openings(self) -> Interval | None:
        days = [day for day, plan in self._special.items() if any(stretch.counted for stretch in plan)]
        # No offset from UTC exceeds one day, so a day on either side surely holds the date's open time.
        return ((min(days) - 1) * DAY_SECONDS, (max(days) + 2) * DAY_SECONDS) if days else None


def _plan(week: Hours, override: Hours | None, holiday: str | None, breaks: Hours) -> tuple[Planned, ...]:
    """One local date, in seconds of its wall clock. An override beats the holiday and the week; breaks are
    taken out of what is left. What would have been open and is not is planned too, with the reason.
    """
    if override is None and holiday is not None:
        return tuple(Planned(start, end, False, Reason.HOLIDAY, holiday) for start, end in week)
    hours, reason = (week, Reason.WEEK) if override is None else (override, Reason.OVERRIDE)
    stretches = [Planned(start, end, True, reason, "") for start, end in without(hours, breaks)]
    stretches += (Planned(start, end, False, Reason.BREAK, "") for start, end in common(hours, breaks))
    if override is not None:
        stretches += (Planned(start, end, False, Reason.OVERRIDE, "") for start, end in without(week, override))
    return tuple(sorted(stretches))


def _spells(zone: ZoneInfo, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Consecutive `[low, high)` from start to end with the offset in seconds that holds all through each.

    A zone is asked once a day: the closest two changes of offset in the whole time zone database lie four days
    apart (Africa/Freetown, 1939), so no change can hide between two looks.
    """
    low = probe = start
    offset = _offset(zone, start)
    while probe < end:
        look = min(probe + DAY_SECONDS, end)
        if _offset(zone, look) == offset:
            probe = look
            continue
        before, changed = probe, look
        while changed - before > 1:
            middle = (before + changed) // 2
            if _offset(zone, middle) == offset:
                before = middle
            else:
                changed = middle
        yield low, changed, offset
        low = probe = changed
        offset = _offset(zone, changed)
    if low < end:
        yield low, end, offset


def _offset(zone: ZoneInfo, instant: int) -> int:
    offset = datetime.fromtimestamp(instant, zone).utcoffset()
    assert offset is not None, "a ZoneInfo always knows its offset"
    return offset.days * DAY_SECONDS + offset.seconds
