"""Business time for many clocks at once: the same answers as `review.calendar`, over numpy arrays, without pauses.

Instants are `datetime64` arrays in UTC of any unit; they come back as `datetime64[us]`. A NaT raises ValueError.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from review.calendar import FIRST_INSTANT, LAST_INSTANT, LONGEST_SECONDS, BeyondCalendar, Calendar
from review.open_time import OpenTime

Instants = NDArray[np.datetime64]
Microseconds = NDArray[np.int64]
"""Since 1970 for an instant; an amount of open time otherwise."""

_SECOND = 1_000_000
_ROWS = 32_768
"""So many at once stay in the processor's cache, which doubles the speed."""


def elapsed_many(calendar: Calendar, starts: Instants, ends: Instants) -> NDArray[np.float64]:
    """Open seconds from each start to the end beside it (the shapes broadcast); negative where it lies before.

    Raises BeyondCalendar for an instant outside the years 1800 to 2399.
    """
    shape, starts, ends = _flat(starts, ends)
    opened = np.empty(starts.size)
    for rows in _portions(starts.size):
        first, last = _microseconds(starts[rows]), _microseconds(ends[rows])
        tables = _covering(calendar, first, last)
        opened[rows] = tables.total_at(last) - tables.total_at(first)
    opened /= _SECOND
    return opened.reshape(shape)


def add_many(calendar: Calendar, starts: Instants, seconds: NDArray[Any]) -> tuple[Instants, Instants]:
    """The earliest and the latest instant so many open seconds from each start (the shapes broadcast).

    For positive amounts these are `due_at` and `breach_at`; 0 and negative amounts are as in `Calendar.add`.
    Raises BeyondCalendar when for any of them no open time follows the answer.
    """
    shape, starts, seconds = _flat(starts, seconds)
    earliest, latest = np.empty(starts.size, "datetime64[us]"), np.empty(starts.size, "datetime64[us]")
    for rows in _portions(starts.size):
        origins, amounts = _microseconds(starts[rows]), _amounts(seconds[rows])
        totals = _covering(calendar, origins).total_at(origins) + amounts
        forward = amounts >= 0
        if forward.any():
            calendar.reaching_above(_timedelta(totals[forward].max()))
        if not forward.all():
            calendar.reaching_below(_timedelta(totals[~forward].min()))
        # Read after both: each may have extended it, and a total means the same in every extension.
        first, last = _covering(calendar, origins).span(totals)
        earliest[rows] = np.where(forward, np.where(amounts == 0, origins, first), last)
        latest[rows] = np.where(forward, last, first)
    return earliest.reshape(shape), latest.reshape(shape)


class _Table:
    """Sorted numbers, and for each of many equal stretches of the number line the place among them where it begins:
    a value is placed by one look-up and a step or two. Where too many numbers crowd into one stretch it is bisected.

    There are at most eight stretches for each number, so that its size is in proportion.
    """

    _MOST_STEPS = 2

    def __init__(self, numbers: Microseconds) -> None:
        self._numbers = np.append(numbers, np.iinfo(np.int64).max)
        self._low, span = int(numbers[0]), int(numbers[-1] - numbers[0])
        self._shift = max((span // (4 * numbers.size)).bit_length() - 1, 0)
        edges = self._low + (np.arange((span >> self._shift) + 2) << self._shift)
        self._place = np.searchsorted(numbers, edges, side="right") - 1
        self._steps = int(np.diff(self._place).max())

    def last_not_above(self, values: Microseconds) -> NDArray[np.intp]:
        """The index of the last number that is not above each value, of which none lies below the first number."""
        if self._steps > self._MOST_STEPS:
            return np.searchsorted(self._numbers, values, side="right") - 1
        index: NDArray[np.intp] = self._place[np.minimum((values - self._low) >> self._shift, self._place.size - 1)]
        for _ in range(self._steps):
            index += self._numbers[index + 1] <= values
        return index


class _Tables:
    """`OpenTime` over arrays."""

    def __init__(self, compiled: OpenTime) -> None:
        self._totals = _array(compiled.totals)
        self._closed = _array(compiled.closed)
        self._by_start = _Table(_array(compiled.starts))
        self._by_total = _Table(self._totals)

    def total_at(self, instants: Microseconds) -> Microseconds:
        index = self._by_start.last_not_above(instants)
        total: Microseconds = np.minimum(self._totals[index], instants - self._closed[index])
        return total

    def span(self, totals: Microseconds) -> tuple[Microseconds, Microseconds]:
        """The first and the last instant with each total."""
        index = self._by_total.last_not_above(totals)
        used_up = self._totals[index] == totals
        return totals + self._closed[index + 1 - used_up], totals + self._closed[index + 1]


_TABLES: WeakKeyDictionary[OpenTime, _Tables] = WeakKeyDictionary()
"""Made once for what was compiled, and gone with it."""


def _covering(calendar: Calendar, *instants: Microseconds) -> _Tables:
    low, high = min(each.min() for each in instants), max(each.max() for each in instants)
    compiled = calendar.covering(_timedelta(low), _timedelta(high))
    tables = _TABLES.get(compiled)
    if tables is None:
        tables = _TABLES[compiled] = _Tables(compiled)
    return tables


def _flat(left: NDArray[Any], right: NDArray[Any]) -> tuple[tuple[int, ...], NDArray[Any], NDArray[Any]]:
    """The shape that both have together, and each laid out in one row."""
    left, right = np.broadcast_arrays(left, right)
    return left.shape, left.ravel(), right.ravel()


def _portions(rows: int) -> Iterator[slice]:
    return (slice(first, first + _ROWS) for first in range(0, rows, _ROWS))


def _microseconds(instants: Instants) -> Microseconds:
    ends = np.array([instants.min(), instants.max()])
    if np.isnat(ends).any():
        raise ValueError("an instant is NaT: expected a datetime64 for every one")
    # Asked before the unit is changed, which would silently wrap what is too far away.
    for year in ends.astype("datetime64[Y]").astype(int) + 1970:
        if not FIRST_INSTANT.year <= year <= LAST_INSTANT.year:
            raise BeyondCalendar(f"the year {year}: calendars are computed from 1800 to 2399 only")
    return instants.astype("datetime64[us]").astype(np.int64)


def _amounts(seconds: NDArray[Any]) -> Microseconds:
    if not ((seconds >= -LONGEST_SECONDS) & (seconds <= LONGEST_SECONDS)).all():
        raise BeyondCalendar("an amount of more than 600 years, all that is computed; ask for fewer seconds")
    whole = np.trunc(seconds)
    amounts: Microseconds = whole.astype(np.int64) * _SECOND
    if np.issubdtype(seconds.dtype, np.inexact):
        # The fraction is rounded by itself, as timedelta does.
        amounts += np.rint((seconds - whole) * _SECOND).astype(np.int64)
    return amounts


def _array(amounts: list[timedelta]) -> Microseconds:
    return np.array(amounts, dtype="timedelta64[us]").astype(np.int64)


def _timedelta(microseconds: np.int64) -> timedelta:
    return timedelta(0, 0, int(microseconds))
