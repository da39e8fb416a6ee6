"""Business time: how much open time lies between two instants, and which instant lies so much open time away.

An instant is open when the wall clock of the calendar's zone lies in one of that local date's `[from, to)`
intervals (`review.calendar_hours`), daylight saving included, and no pause covers it. Open time is compiled once
into UTC intervals with running totals (`review.open_time`), as far as somebody asked; every answer is then a
bisection. Instants are aware datetimes (a naive one raises TypeError) and come back in UTC, exact to the
microsecond.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from threading import Lock
from typing import NamedTuple

from review.calendar_hours import OpeningHours, Reason
from review.calendar_ledger import LedgerRow, account
from review.calendar_spec import CalendarInvalid, CalendarSpec
from review.intervals import Stretch, merged
from review.open_time import DAY, EPOCH, NOTHING, SECOND, OpenTime, to_seconds

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
_FIRST, _LAST = FIRST_INSTANT - EPOCH, LAST_INSTANT - EPOCH
LONGEST_SECONDS = (_LAST - _FIRST) // SECOND
_MARGIN = 366 * DAY
_MOMENT = timedelta(microseconds=1)


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
        self._compiled = OpenTime.of(_LAST, _FIRST, ())  # covers no instant yet
        self._extending = Lock()
        opens_from, opens_until = self._hours.dated_openings or (_FIRST // SECOND, _LAST // SECOND)
        self._opens_within = max(opens_from * SECOND, _FIRST), min(opens_until * SECOND, _LAST)

    @staticmethod
    def compile(spec: CalendarSpec) -> "Calendar":
        """The calendar of a spec, shared between equal specs. Raises CalendarInvalid when it can never open."""
        return _shared(spec)

    def elapsed(self, start: datetime, end: datetime, pauses: Pauses = ()) -> int | float:
        """Open seconds from start to end without the pauses; negative when end lies before start; an int when
        whole. Raises PauseInvalid, and BeyondCalendar for an instant outside the years 1800 to 2399.
        """
        first, last = start - EPOCH, end - EPOCH
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
        origin, amount = start - EPOCH, _amount(seconds)
        compiled = self._compiled
        if not compiled.low <= origin <= compiled.high:
            compiled = self.covering(origin, origin)
        early = late = compiled.total_at(origin) + amount
        if amount < NOTHING:
            if pauses:
                early, late = self._moved_back(origin, late, _merged(pauses))
            if late <= compiled.bottom:
                compiled = self.reaching_below(late)
            latest, earliest = compiled.span(late, early)
        else:
            if pauses:
                early, late = self._moved_on(origin, late, _merged(pauses))
            if late >= compiled.top:
                compiled = self.reaching_above(late)
            earliest, latest = compiled.span(early, late)
        return Added(EPOCH + (earliest if amount else origin), EPOCH + latest)

    def is_open(self, instant: datetime) -> bool:
        at = instant - EPOCH
        compiled = self.covering(at, at + _MOMENT)
        return compiled.total_at(at + _MOMENT) > compiled.total_at(at)

    def next_open(self, instant: datetime) -> datetime:
        """The instant itself when open, else the next opening. Raises BeyondCalendar when there is none."""
        return self.add(instant, 0).latest

    def business_days(self, days: float) -> int | float:
        """The seconds of so many business days as the calendar declares them; an int when whole.

        Raises BeyondCalendar for more than 600 years of them.
        """
        return to_seconds(_amount(days * self.spec.business_day_seconds))

    def ledger(self, start: datetime, end: datetime, pauses: Pauses = ()) -> tuple[LedgerRow, ...]:
        """The account of the open time between two instants (in either order), oldest first.

        One row for each stretch that counted, and for each that the week or an override would have opened and
        a holiday, an override, a break or a pause closed. Nights and weekends have no row. The last total is
        what `elapsed` says. Raises PauseInvalid, BeyondCalendar.
        """
        first, last = sorted((start - EPOCH, end - EPOCH))
        _within_years(first, last)
        return account(self._hours, first, last, _merged(pauses))

    def covering(self, low: timedelta, high: timedelta) -> OpenTime:
        """The compiled open time, extended so that it covers `[low, high]`, both counted from 1970.

        Raises BeyondCalendar outside the years 1800 to 2399.
        """
        compiled = self._compiled
        if compiled.low <= low and high <= compiled.high:
            return compiled
        with self._extending:
            compiled = self._compiled
            _within_years(low, high)
            if compiled.low > compiled.high:
                around = max(low // DAY * DAY - _MARGIN, _FIRST)
                compiled = OpenTime.of(around, around, ())
            # At least doubling keeps the copying linear, however small the steps of the callers.
            growth = max(_MARGIN, compiled.high - compiled.low)
            new_low, new_high = compiled.low, compiled.high
            if low < new_low:
                new_low = max(min(low // DAY * DAY, new_low - growth), _FIRST)
            if high > new_high:
                new_high = min(max(-(-high // DAY) * DAY, new_high) + growth, _LAST)
            before = self._compile(new_low, compiled.low)
            after = self._compile(compiled.high, new_high)
            self._compiled = compiled.extended(new_low, new_high, before, after)
            return self._compiled

    def reaching_above(self, total: timedelta) -> OpenTime:
        """The compiled open time, extended until its top lies above a total. Raises BeyondCalendar."""
        compiled = self._compiled
        while compiled.top <= total:
            if compiled.high >= self._opens_within[1]:
                edge = compiled.top + compiled.closed[-1]
                raise self._exhausted("after", edge, total - compiled.top)
            compiled = self.covering(compiled.low, min(compiled.high + DAY, _LAST))
        return compiled

    def reaching_below(self, total: timedelta) -> OpenTime:
        """The compiled open time, extended until its bottom lies below a total. Raises BeyondCalendar."""
        compiled = self._compiled
        while compiled.bottom >= total:
            if compiled.low <= self._opens_within[0]:
                edge = min(compiled.starts[1:], default=compiled.high)
                raise self._exhausted("before", edge, compiled.bottom - total)
            compiled = self.covering(max(compiled.low - DAY, _FIRST), compiled.high)
        return compiled

    def _moved_on(self, origin: timedelta, total: timedelta, pauses: Sequence[Stretch]) -> Stretch:
        """A total to be reached from origin, with the open time of the pauses met on the way added to it: once for
        its first instant and once for its last.
        """
        early = late = total
        for pause_from, pause_to in pauses:
            if pause_to <= origin:
                continue
            closes, opens = max(pause_from, origin), min(pause_to, _LAST)
            if closes > self.reaching_above(late).last_at(late):
                break
            compiled = self.covering(origin, opens)
            opened = compiled.total_at(closes)
            cut = compiled.total_at(opens) - opened
            # A pause that begins exactly when the amount is used up delays the last such instant, not the first.
            if opened < early:
                early += cut
            late += cut
        return early, late

    def _moved_back(self, origin: timedelta, total: timedelta, pauses: Sequence[Stretch]) -> Stretch:
        """The same from origin back, with the open time of the pauses taken off the total."""
        early = late = total
        for pause_from, pause_to in reversed(pauses):
            if pause_from >= origin:
                continue
            closes, opens = max(pause_from, _FIRST), min(pause_to, origin)
            if opens < self.reaching_below(late).first_at(late):
                break
            compiled = self.covering(closes, origin)
            opened = compiled.total_at(opens)
            cut = opened - compiled.total_at(closes)
            if opened > early:
                early -= cut
            late -= cut
        return early, late

    def _compile(self, low: timedelta, high: timedelta) -> list[Stretch]:
        intervals = self._hours.open_intervals(low // SECOND, high // SECOND)
        return [(timedelta(0, opens), timedelta(0, closes)) for opens, closes in intervals]

    def _exhausted(self, direction: str, edge: timedelta, missing: timedelta) -> BeyondCalendar:
        return BeyondCalendar(
            f"no open time is left {direction} {_shown(edge)} in the calendar of {self.spec.tz}, and the answer "
            f"lies {to_seconds(missing)} open seconds beyond; give the calendar hours there, or ask for less"
        )


@lru_cache(maxsize=256)
def _shared(spec: CalendarSpec) -> Calendar:
    return Calendar(spec)


@lru_cache(maxsize=1024)  # targets are few, and making a timedelta takes as long as reading the calendar
def _amount(seconds: float) -> timedelta:
    if not -LONGEST_SECONDS <= seconds <= LONGEST_SECONDS:
        raise BeyondCalendar("an amount of more than 600 years, all that is computed; ask for fewer seconds")
    return timedelta(0, seconds)


def _merged(pauses: Pauses) -> tuple[Stretch, ...]:
    cuts = [(pause_from - EPOCH, pause_to - EPOCH) for pause_from, pause_to in pauses]
    for pause_from, pause_to in cuts:
        if pause_to < pause_from:
            raise PauseInvalid(
                f"pause {_shown(pause_from)} to {_shown(pause_to)}: expected its end at or after its start"
            )
    return merged(cuts)


def _within_years(low: timedelta, high: timedelta) -> None:
    for instant in (low, high):
        if not _FIRST <= instant <= _LAST:
            raise BeyondCalendar(f"{_shown(instant)}: calendars are computed from 1800 to 2399 only")


def _shown(instant: timedelta) -> str:
    try:
        return (EPOCH + instant).isoformat().replace("+00:00", "Z")
    except OverflowError:  # the last hours of the year 9999, written in another zone
        return "an instant outside the years 1 to 9999"
