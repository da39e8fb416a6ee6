"""Compiled open time: intervals on the UTC time line with running totals, and the bisections that read them.

Instants are timedeltas since 1970-01-01T00:00Z, and so are amounts: whole microseconds inside, so that nothing is
ever rounded, and an aware datetime becomes one by a single subtraction.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate

from review.intervals import Stretch

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NOTHING = timedelta(0)
SECOND = timedelta(0, 1)
DAY = timedelta(1)


def to_seconds(amount: timedelta) -> int | float:
    """An int when whole."""
    return amount.total_seconds() if amount.microseconds else amount.days * 86_400 + amount.seconds


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class OpenTime:
    """The open intervals within `[low, high)`, which may touch.

    `starts[i]` is when the i-th opens, `totals[i]` the open time up to its end, `closed[i]` the closed time up to
    there: inside it, an instant is its total plus `closed[i]`. The first interval is an empty one at `low`, so
    that every instant has one at or before it.

    Totals count from an origin that stays when more is compiled, so those read from an earlier one stay
    comparable; to the left of the origin they are negative. `bottom` and `top` are those at low and high.
    """

    low: timedelta
    high: timedelta
    starts: list[timedelta]
    totals: list[timedelta]
    closed: list[timedelta]
    bottom: timedelta
    top: timedelta

    @classmethod
    def of(
        cls, low: timedelta, high: timedelta, intervals: Sequence[Stretch], bottom: timedelta = NOTHING
    ) -> "OpenTime":
        ends = [low, *(end for _, end in intervals)]
        totals = list(accumulate((end - start for start, end in intervals), initial=bottom))
        closed = [end - total for end, total in zip(ends, totals, strict=True)]
        starts = [low, *(start for start, _ in intervals)]
        return cls(low, high, starts, totals, closed, bottom, totals[-1])

    def intervals(self) -> list[Stretch]:
        """Without the empty one."""
        ends = (total + closed for total, closed in zip(self.totals, self.closed, strict=True))
        return list(zip(self.starts, ends, strict=True))[1:]

    def extended(
        self, low: timedelta, high: timedelta, before: Sequence[Stretch], after: Sequence[Stretch]
    ) -> "OpenTime":
        """The same with the open intervals before it (from the new low) and after it (to the new high)."""
        added = sum((end - start for start, end in before), NOTHING)
        return self.of(low, high, [*before, *self.intervals(), *after], self.bottom - added)

    def total_at(self, instant: timedelta) -> timedelta:
        """Needs low <= instant <= high."""
        index = bisect_right(self.starts, instant) - 1
        total, inside = self.totals[index], instant - self.closed[index]
        return inside if inside < total else total  # noqa: FURB136 - a call of min would cost as much as the bisection

    def first_at(self, total: timedelta) -> timedelta:
        """The first instant with this total; needs bottom < total <= top."""
        return total + self.closed[bisect_left(self.totals, total)]

    def last_at(self, total: timedelta) -> timedelta:
        """The last instant with this total; needs bottom <= total < top."""
        return total + self.closed[bisect_right(self.totals, total)]

    def span(self, total: timedelta, end_total: timedelta) -> Stretch:
        """From the first instant with a total to the last with another, not smaller one; needs bottom < total (at
        bottom only the last is right) and end_total < top.
        """
        index = bisect_left(self.totals, total)
        first = total + self.closed[index]
        if self.totals[index] <= end_total:  # not in the same interval
            index = bisect_right(self.totals, end_total)
        return first, end_total + self.closed[index]
