"""Business time for many clocks at once: the same answers as `review.calendar`, over numpy arrays, without pauses.

Instants are `datetime64` arrays in UTC of any unit; they come back as `datetime64[us]`. A NaT raises ValueError.
"""

from datetime import timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from review.calendar import LONGEST_SECONDS, BeyondCalendar, Calendar
from review.open_time import OpenTime

Instants = NDArray[np.datetime64]
_SECOND = 1_000_000


def elapsed_many(calendar: Calendar, starts: Instants, ends: Instants) -> NDArray[np.float64]:
    """Open seconds from each start to the end beside it (the shapes broadcast); negative where it lies before.

    Raises BeyondCalendar for an instant outside the years 1800 to 2399.
    """
    first, last = np.broadcast_arrays(_microseconds(starts), _microseconds(ends))
    if not first.size:
        return np.zeros(first.shape)
    arrays = _covering(calendar, first, last)
    opened: NDArray[np.float64] = (arrays.total_at(last) - arrays.total_at(first)) / _SECOND
    return opened


def add_many(calendar: Calendar, starts: Instants, seconds: NDArray[Any]) -> tuple[Instants, Instants]:
    """The earliest and the latest instant so many open seconds from each start (the shapes broadcast).

    For positive amounts these are `due_at` and `breach_at`; 0 and negative amounts are as in `Calendar.add`.
    Raises BeyondCalendar when for any of them no open time follows the answer.
    """
    origins, amounts = np.broadcast_arrays(_microseconds(starts), _amounts(seconds))
    if not origins.size:
        return _instants(origins), _instants(origins)
    origin_totals = _covering(calendar, origins).total_at(origins)
    totals = origin_totals + amounts
    forward = amounts >= 0
    if forward.any():
        calendar.reaching_above(_timedelta(totals[forward].max()))
    if not forward.all():
        calendar.reaching_below(_timedelta(totals[~forward].min()))
    # Read after both: each may have extended it, and a total means the same in every extension.
    arrays = _covering(calendar, origins)
    first, last = arrays.first_at(totals), arrays.last_at(totals)
    earliest = np.where(forward, np.where(amounts == 0, origins, first), last)
    return _instants(earliest), _instants(np.where(forward, last, first))


class _Arrays:
    """`OpenTime` over arrays; the same three bisections."""

    def __init__(self, compiled: OpenTime) -> None:
        self._starts, self._totals, self._closed = (
            np.array(amounts, dtype="timedelta64[us]").astype(np.int64)
            for amounts in (compiled.starts, compiled.totals, compiled.closed)
        )

    def total_at(self, instants: NDArray[np.int64]) -> NDArray[np.int64]:
        index = np.searchsorted(self._starts, instants, side="right") - 1
        total: NDArray[np.int64] = np.minimum(self._totals[index], instants - self._closed[index])
        return total

    def first_at(self, totals: NDArray[np.int64]) -> NDArray[np.int64]:
        return totals + self._closed[np.searchsorted(self._totals, totals, side="left")]

    def last_at(self, totals: NDArray[np.int64]) -> NDArray[np.int64]:
        return totals + self._closed[np.searchsorted(self._totals, totals, side="right")]


def _covering(calendar: Calendar, *instants: NDArray[np.int64]) -> _Arrays:
    low, high = min(each.min() for each in instants), max(each.max() for each in instants)
    return _Arrays(calendar.covering(_timedelta(low), _timedelta(high)))


def _timedelta(microseconds: np.int64) -> timedelta:
    return timedelta(0, 0, int(microseconds))


def _microseconds(instants: Instants) -> NDArray[np.int64]:
    if np.isnat(instants).any():
        raise ValueError("an instant is NaT: expected a datetime64 for every one")
    return instants.astype("datetime64[us]").astype(np.int64)


def _amounts(seconds: NDArray[Any]) -> NDArray[np.int64]:
    if not (np.abs(seconds) <= LONGEST_SECONDS).all():
        raise BeyondCalendar("an amount of more than 600 years, all that is computed; ask for fewer seconds")
    if np.issubdtype(seconds.dtype, np.integer):
        return seconds.astype(np.int64) * _SECOND
    amounts: NDArray[np.int64] = np.rint(seconds * _SECOND).astype(np.int64)
    return amounts


def _instants(microseconds: NDArray[np.int64]) -> Instants:
    return microseconds.astype("datetime64[us]")
