"""Compiled open time: intervals on the UTC time line with running totals, and the bisections that read them.

Everything is a whole number of microseconds, instants since 1970-01-01T00:00Z, so that nothing is ever rounded.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate

from review.intervals import Interval

MICROSECONDS = 1_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_microseconds(instant: datetime) -> int:
    """Raises TypeError for a naive instant."""
    since = instant - _EPOCH
    return (since.days * 86_400 + since.seconds) * MICROSECONDS + since.microseconds


def to_instant(microseconds: int) -> datetime:
    return _EPOCH + timedelta(0, 0, microseconds)


def to_seconds(microseconds: int) -> int | float:
    """An int when whole."""
    seconds, rest = divmod(microseconds, MICROSECONDS)
    return microseconds / MICROSECONDS if rest else seconds


@dataclass(frozen=True, slots=True, eq=False)
class OpenTime:
    """The open intervals within `[low, high)`, which may touch; `totals[i]` is the open time up to `ends[i]`.

    Totals count from an origin that stays when more is compiled, so those read from an earlier one stay
    comparable; to the left of the origin they are negative. `bottom` and `top` are those at low and high.
    """

    low: int
    high: int
    starts: list[int]
    ends: list[int]
    totals: list[int]
    bottom: int
    top: int

    @classmethod
    def of(cls, low: int, high: int, intervals: Sequence[Interval], bottom: int = 0) -> "OpenTime":
        starts = [start for start, _ in intervals]
        ends = [end for _, end in intervals]
        totals = list(accumulate((end - start for start, end in intervals), initial=bottom))
        return cls(low, high, starts, ends, totals[1:], bottom, totals[-1])

    def extended(self, low: int, high: int, before: Sequence[Interval], after: Sequence[Interval]) -> "OpenTime":
        """The same with the open intervals before it (from the new low) and after it (to the new high)."""
        intervals = [*before, *zip(self.starts, self.ends, strict=True), *after]
        return self.of(low, high, intervals, self.bottom - sum(end - start for start, end in before))

    def total_at(self, instant: int) -> int:
        """Needs low <= instant <= high."""
        index = bisect_right(self.starts, instant) - 1
        if index < 0:
            return self.bottom
        left = self.ends[index] - instant
        return self.totals[index] - left if left > 0 else self.totals[index]

    def first_at(self, total: int) -> int:
        """The first instant with this total; needs bottom < total <= top."""
        index = bisect_left(self.totals, total)
        return self.ends[index] - self.totals[index] + total

    def last_at(self, total: int) -> int:
        """The last instant with this total; needs bottom <= total < top."""
        index = bisect_right(self.totals, total)
        return self.ends[index] - self.totals[index] + total
