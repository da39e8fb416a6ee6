"""Business time: how much open time lies between two instants, and which instant lies so much open time away.

An instant is open when the wall clock of the calendar's zone lies in one of that local date's `[from, to)`
intervals (`review.calendar_hours`), daylight saving included, and no pause covers it. Open time is compiled once
into UTC intervals with running totals (`review.open_time`), as far as somebody asked; every answer is then a
bisection. Instants are aware datetimes (a naive one raises TypeError) and come back in UTC, exact to the
microsecond.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache
from threading import Lock
from typing import NamedTuple

from review.calendar_hours import OpeningHours, Reason
from review.calendar_ledger import LedgerRow, account
from review.calendar_spec import CalendarInvalid, CalendarSpec
from review.intervals import Interval, merged
from review.open_time import MICROSECONDS, OpenTime, to_instant, to_microseconds, to_seconds

__all__ = [
    "FIRST_INSTANT",
    "LAST_INSTANT",
    "LONGEST_SECONDS",
    "Added",
    "BeyondCalendar",
    "Calendar",
    "CalendarInvalid",
    "CalendarSpec",
    "LedgerRow",
    "PauseInvalid",
    "Pauses",
    "Reason",
]

Pauses = Iterable[tuple[datetime, datetime]]
"""Stretches `[from, to)` that count as closed; in any order, they may overlap or be empty."""

FIRST_INSTANT = datetime(1800, 1, 1, tzinfo=UTC)
LAST_INSTANT = datetime(2400, 1, 1, tzinfo=UTC)
_FIRST, _LAST = to_microseconds(FIRST_INSTANT), to_microseconds(LAST_INSTANT)
LONGEST_SECONDS = (_LAST - _FIRST) // MICROSECONDS
_DAY = 86_400 * MICROSECONDS
_MARGIN = 366 * _DAY


class BeyondCalendar(Exception):
    """The answer lies where the calendar has no open time left, or outside the years that are computed."""


class PauseInvalid(ValueError):
    """A pause that ends before it starts."""


class Added(NamedTuple):
    """The two ends of the answer to "so much open time from here"; they differ when it ends exactly at a close.

    For an amount of 0 or more: `earliest` is the first instant at or after the start with at least that much
    open time between, `latest` the last one with at most that much. Negative amounts mirror this to the past:
    `earliest` is then the instant nearest to the start, `latest` the farthest.
    """

    earliest: datetime
    latest: datetime


class Calendar:
    """A compiled calendar. Safe to share between threads: what is compiled is replaced, never changed."""

    def __init__(self, spec: CalendarSpec) -> None:
        self.spec = spec
        self._hours = OpeningHours(spec)
        self._compiled = OpenTime.of(0, 0, ())
        self._extending = Lock()
        opens_from, opens_until = self._hours.dated_openings or (_FIRST // MICROSECONDS, _LAST // MICROSECONDS)
        self._opens_within = max(opens_from * MICROSECONDS, _FIRST), min(opens_until * MICROSECONDS, _LAST)

    @staticmethod
    def compile(spec: CalendarSpec) -> "Calendar":
        """The calendar of a spec, shared between equal specs. Raises CalendarInvalid when it can never open."""
        return _shared(spec)

    def elapsed(self, start: datetime, end: datetime, pauses: Pauses = ()) -> int | float:
        """Open seconds from start to end without the pauses; negative when end lies before start; an int when
        whole. Raises PauseInvalid, and BeyondCalendar for an instant outside the years 1800 to 2399.
        """
        first, last = to_microseconds(start), to_microseconds(end)
        low, high = (first, last) if first <= last else (last, first)
        compiled = self._compiled
        if low < compiled.low or high > compiled.high:
            compiled = self.covering(low, high)
        opened = compiled.total_at(last) - compiled.total_at(first)
        if pauses:
            for pause_from, pause_to in _merged(pauses):
                if pause_from < high and pause_to > low:
                    cut = compiled.total_at(min(pause_to, high)) - compiled.total_at(max(pause_from, low))
                    opened += cut if first > last else -cut
        return to_seconds(opened)

    def add(self, start: datetime, seconds: float, pauses: Pauses = ()) -> Added:
        """The instants that lie so many open seconds after start (before it when negative), pauses left out.

        Adding 0 gives start itself as `earliest` and the next open instant as `latest`.
        Raises PauseInvalid, and BeyondCalendar when no open time follows the answer.
        """
        origin = to_microseconds(start)
        if not -LONGEST_SECONDS <= seconds <= LONGEST_SECONDS:
            raise BeyondCalendar("an amount of more than 600 years, all that is computed; ask for fewer seconds")
        amount = round(seconds * MICROSECONDS)
        cuts = _merged(pauses) if pauses else ()
        earliest, latest = self._backward(origin, amount, cuts) if amount < 0 else self._forward(origin, amount, cuts)
        return Added(to_instant(earliest) if amount else start.astimezone(UTC), to_instant(latest))

    def is_open(self, instant: datetime) -> bool:
        at = to_microseconds(instant)
        compiled = self.covering(at, at + 1)
        return compiled.total_at(at + 1) > compiled.total_at(at)

    def next_open(self, instant: datetime) -> datetime:
        """The instant itself when open, else the next opening. Raises BeyondCalendar when there is none."""
        return self.add(instant, 0).latest

    def business_days(self, days: float) -> int | float:
        """The seconds of so many business days as the calendar declares them; an int when whole."""
        return to_seconds(round(days * self.spec.business_day_seconds * MICROSECONDS))

    def ledger(self, start: datetime, end: datetime, pauses: Pauses = ()) -> tuple[LedgerRow, ...]:
        """The account of the open time between two instants (in either order), oldest first.

        One row for each stretch that counted, and for each that the week or an override would have opened and
        a holiday, an override, a break or a pause closed. Nights and weekends have no row. The last total is
        what `elapsed` says. Raises PauseInvalid, BeyondCalendar.
        """
        first, last = sorted((to_microseconds(start), to_microseconds(end)))
        _within_years(first, last)
        return account(self._hours, first, last, _merged(pauses))

    def covering(self, low: int, high: int) -> OpenTime:
        """The compiled open time, extended so that it covers `[low, high]`, in microseconds since 1970.

        Raises BeyondCalendar outside the years 1800 to 2399.
        """
        compiled = self._compiled
        if compiled.low <= low and high <= compiled.high and compiled.low < compiled.high:
            return compiled
        with self._extending:
            compiled = self._compiled
            _within_years(low, high)
            if compiled.low == compiled.high:
                around = max(low // _DAY * _DAY - _MARGIN, _FIRST)
                compiled = OpenTime.of(around, around, ())
            # At least doubling keeps the copying linear, however small the steps of the callers.
            growth = max(_MARGIN, compiled.high - compiled.low)
            new_low, new_high = compiled.low, compiled.high
            if low < new_low:
                new_low = max(min(low // _DAY * _DAY, new_low - growth), _FIRST)
            if high > new_high:
                new_high = min(max(-(-high // _DAY) * _DAY, new_high) + growth, _LAST)
            before = self._compile(new_low, compiled.low)
            after = self._compile(compiled.high, new_high)
            self._compiled = compiled.extended(new_low, new_high, before, after)
            return self._compiled

    def reaching_above(self, total: int) -> OpenTime:
        """The compiled open time, extended until its top lies above a total. Raises BeyondCalendar."""
        compiled = self._compiled
        while compiled.top <= total:
            if compiled.high >= self._opens_within[1]:
                edge = compiled.ends[-1] if compiled.ends else compiled.high
                raise self._exhausted("after", edge, total - compiled.top)
            compiled = self.covering(compiled.low, min(compiled.high + _DAY, _LAST))
        return compiled

    def reaching_below(self, total: int) -> OpenTime:
        """The compiled open time, extended until its bottom lies below a total. Raises BeyondCalendar."""
        compiled = self._compiled
        while compiled.bottom >= total:
            if compiled.low <= self._opens_within[0]:
                edge = compiled.starts[0] if compiled.starts else compiled.low
                raise self._exhausted("before", edge, compiled.bottom - total)
            compiled = self.covering(max(compiled.low - _DAY, _FIRST), compiled.high)
        return compiled

    def _forward(self, origin: int, amount: int, cuts: tuple[Interval, ...]) -> Interval:
        early = late = self.covering(origin, origin).total_at(origin) + amount
        compiled = self.reaching_above(late)
        for pause_from, pause_to in cuts:
            if pause_to <= origin:
                continue
            closes = max(pause_from, origin)
            if closes > compiled.last_at(late):
                break
            compiled = self.covering(origin, pause_to)
            opened = compiled.total_at(closes)
            cut = compiled.total_at(pause_to) - opened
            # A pause that begins exactly when the amount is used up delays the last such instant, not the first.
            early += cut if opened < early else 0
            late += cut
            compiled = self.reaching_above(late)
        return compiled.first_at(early) if amount else origin, compiled.last_at(late)

    def _backward(self, origin: int, amount: int, cuts: tuple[Interval, ...]) -> Interval:
        early = late = self.covering(origin, origin).total_at(origin) + amount
        compiled = self.reaching_below(late)
        for pause_from, pause_to in reversed(cuts):
            if pause_from >= origin:
                continue
            opens = min(pause_to, origin)
            if opens < compiled.first_at(late):
                break
            compiled = self.covering(pause_from, origin)
            opened = compiled.total_at(opens)
            cut = opened - compiled.total_at(pause_from)
            early -= cut if opened > early else 0
            late -= cut
            compiled = self.reaching_below(late)
        return compiled.last_at(early), compiled.first_at(late)

    def _compile(self, low: int, high: int) -> list[Interval]:
        intervals = self._hours.open_intervals(low // MICROSECONDS, high // MICROSECONDS)
        return [(opens * MICROSECONDS, closes * MICROSECONDS) for opens, closes in intervals]

    def _exhausted(self, direction: str, edge: int, missing: int) -> BeyondCalendar:
        return BeyondCalendar(
            f"no open time is left {direction} {_shown(edge)} in the calendar of {self.spec.tz}, and the answer "
            f"lies {to_seconds(missing)} open seconds beyond; give the calendar hours there, or ask for less"
        )


@lru_cache(maxsize=256)
def _shared(spec: CalendarSpec) -> Calendar:
    return Calendar(spec)


def _merged(pauses: Pauses) -> tuple[Interval, ...]:
    """In microseconds, cut to the years that are computed."""
    cuts: list[Interval] = []
    for pause_from, pause_to in pauses:
        start, end = to_microseconds(pause_from), to_microseconds(pause_to)
        if end < start:
            raise PauseInvalid(f"pause {_shown(start)} to {_shown(end)}: expected its end at or after its start")
        cuts.append((min(max(start, _FIRST), _LAST), min(max(end, _FIRST), _LAST)))
    return merged(cuts)


def _within_years(low: int, high: int) -> None:
    for instant in (low, high):
        if not _FIRST <= instant <= _LAST:
            raise BeyondCalendar(f"{_shown(instant)}: calendars are computed from 1800 to 2399 only")


def _shown(microseconds: int) -> str:
    return to_instant(microseconds).isoformat().replace("+00:00", "Z")
