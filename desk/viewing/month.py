"""A month of a calendar: each day with its open hours, and why it has none."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from review.calendar_spec import CalendarSpec, Hours, wall_time

DAYS_OF_A_WEEK = 7


@dataclass(frozen=True, slots=True)
class Day:
    """`hours` are such as "09:00–17:00"; `why` says what makes it differ from its weekday."""

    date: date
    hours: Sequence[str]
    why: str = ""


@dataclass(frozen=True, slots=True)
class Month:
    """Weeks from Monday; None stands where a day is another month's."""

    first: date
    weeks: Sequence[Sequence[Day | None]]

    @property
    def before(self) -> str:
        return f"{self.first - timedelta(days=1):%Y-%m}"

    @property
    def after(self) -> str:
        return f"{_next(self.first):%Y-%m}"


def month_of(spec: CalendarSpec, any_day: date) -> Month:
    first = any_day.replace(day=1)
    days = [_day(spec, first + timedelta(days=n)) for n in range((_next(first) - first).days)]
    cells: list[Day | None] = [None] * first.weekday() + list(days)
    cells += [None] * (-len(cells) % DAYS_OF_A_WEEK)
    return Month(first, [cells[n : n + DAYS_OF_A_WEEK] for n in range(0, len(cells), DAYS_OF_A_WEEK)])


def _day(spec: CalendarSpec, day: date) -> Day:
    """By the order of rules: hours of that date, else a holiday, else the week; breaks are taken out of it."""
    overrides, holidays, yearly = dict(spec.overrides), dict(spec.holidays), dict(spec.holidays_yearly)
    if day in overrides:
        hours, why = overrides[day], "Other hours"
    elif day in holidays:
        hours, why = (), holidays[day] or "Holiday"
    elif (day.month, day.day) in yearly:
        hours, why = (), yearly[(day.month, day.day)] or "Holiday"
    else:
        hours, why = spec.week[day.weekday()], ""
    breaks = dict(spec.breaks).get(day, ())
    if breaks:
        hours, why = _without(hours, breaks), ", ".join(filter(None, (why, "With a break")))
    return Day(day, [f"{wall_time(start)}–{wall_time(end)}" for start, end in hours], why)


def _without(hours: Hours, breaks: Hours) -> Hours:
    left = list(hours)
    for start, end in breaks:
        left = [
            piece
            for opens, closes in left
            for piece in ((opens, min(closes, start)), (max(opens, end), closes))
            if piece[0] < piece[1]
        ]
    return tuple(left)


def _next(first: date) -> date:
    return (first + timedelta(days=32)).replace(day=1)
