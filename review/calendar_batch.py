"""Business time for many clocks at once: the same answers as `review.calendar`, over numpy arrays, without pauses.

Instants are `datetime64` arrays in UTC of any unit; they come back as `datetime64[us]`. A NaT raises ValueError.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from review.calendar import LONGEST_SECONDS, BeyondCalendar, Calendar
from review.open_time import MICROSECONDS, OpenTime

Instants = NDArray[np.datetime64]


def elapsed_many(calendar: Calendar, starts: Instants, ends: Instants) -> NDArray[np.float64]:
    """Open seconds from each start to the end beside it (the shapes broadcast); negative where it lies before.

    Raises BeyondCalendar for an instant outside the years 1800 to 2399.
    """
    first, last = np.broadcast_arrays(_microseconds(starts), _microseconds(ends))
    if not first.size:
        return np.zeros(first.shape)
    arrays = _Arrays(calendar.covering(int(min(first.min(), last.min())), int(max(first.max(), last.max()))))
    return (arrays.total_at(last) - arrays.total_at(first)) / MICROSECONDS


def add_many(calendar: Calendar, starts: Instants, seconds: NDArray[Any]) -> tuple[Instants, Instants]:
    """The earliest and the latest instant so many open seconds from each start (the shapes broadcast).

    For positive amounts these are `due_at` and `breach_at`; 0 and negative amounts are as in `Calendar.add`.
    Raises BeyondCalendar when for any of them no open time follows the answer.
    """
    origins, amounts = np.broadcast_arrays(_microseconds(starts), _amounts(seconds))
    if not origins.size:
        return _instants(origins), _instants(origins)
    origin_totals = _Arrays(calendar.covering(int(origins.min()), int(origins.max()))).total_at(origins)
    totals = origin_totals + amounts
    forward = amounts >= 0
    if forward.any():
        calendar.reaching_above(int(totals[forward].max()))
    if not forward.all():
        calendar.reaching_below(int(totals[~forward].min()))
    # Read after both: each may have extended it, and a total means the same in every extension.
    arrays = _Arrays(calendar.covering(int(origins.min()), int(origins.max())))
    first, last = arrays.first_at(totals), arrays.last_at(totals)
    earliest = np.where(forward, np.where(amounts == 0, origins, first), last)
    return _instants(earliest), _instants(np.where(forward, last, first))


class _Arrays:
    """`OpenTime` over arrays; the same three bisections."""

    def __init__(self, compiled: OpenTime) -> None:
        self._bottom = compiled.bottom
        self._starts = np.array(compiled.starts, dtype=np.int64)
        self._ends = np.array(compiled.ends, dtype=np.int64)
        self._totals = np.array(compiled.totals, dtype=np.int64)

    def total_at(self, instants: NDArray[np.int64]) -> NDArray[np.int64]:
        if not self._starts.size:
            return np.full(instants.shape, self._bottom)
        index = np.searchsorted(self._starts, instants, side="right") - 1
        inside = self._totals[index] - np.maximum(self._ends[index] - instants, 0)
        return np.where(index < 0, self._bottom, inside)

    def first_at(self, totals: NDArray[np.int64]) -> NDArray[np.int64]:
        return self._at(np.searchsorted(self._totals, totals, side="left"), totals)

    def last_at(self, totals: NDArray[np.int64]) -> NDArray[np.int64]:
        return self._at(np.searchsorted(self._totals, totals, side="right"), totals)

    def _at(self, index: NDArray[np.intp], totals: NDArray[np.int64]) -> NDArray[np.int64]:
        return self._ends[index] - self._totals[index] + totals


def _microseconds(instants: Instants) -> NDArray[np.int64]:
    if np.isnat(instants).any():
        raise ValueError("an instant is NaT: expected a datetime64 for every one")
    return instants.astype("datetime64[us]").astype(np.int64)


def _amounts(seconds: NDArray[Any]) -> NDArray[np.int64]:
    if not (np.abs(seconds) <= LONGEST_SECONDS).all():
        raise BeyondCalendar("an amount of more than 600 years, all that is computed; ask for fewer seconds")
    if np.issubdtype(seconds.dtype, np.integer):
        return seconds.astype(np.int64) * MICROSECONDS
    amounts: NDArray[np.int64] = np.rint(seconds * MICROSECONDS).astype(np.int64)
    return amounts


def _instants(microseconds: NDArray[np.int64]) -> Instants:
    return microseconds.astype("datetime64[us]")
