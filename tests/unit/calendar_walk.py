"""Business time by a walk that asks of every single step (a minute, a second, an hour) whether it is open.

The reference knows only the definition: the wall clock of the zone, the hours of that date, the pauses. All boundaries
must lie on whole steps, so that a step is open or closed as a whole. Offsets and amounts are microseconds, offsets
since the beginning of the walk.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from review.calendar import BeyondCalendar, Calendar
from review.calendar_batch import add_many, elapsed_many

SECOND = 1_000_000
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

Run = tuple[int, int]


@dataclass(frozen=True, eq=False)
class Walk:
    """Open or closed for every step of a window, by the definition alone. `step` is in seconds."""

    document: dict[str, Any]
    begin: datetime
    steps: int
    step: int
    pauses: list[tuple[datetime, datetime]]

    @property
    def length(self) -> int:
        return self.steps * self.step * SECOND

    def at(self, offset: int) -> datetime:
        return self.begin + timedelta(microseconds=offset)

    def offset(self, instant: datetime) -> int:
        return (instant - self.begin) // timedelta(microseconds=1)

    @cache  # noqa: B019 - a walk lives as long as one example
    def open_runs(self) -> list[Run]:
        """Neighbouring open steps taken together, whatever the pauses."""
        zone = ZoneInfo(self.document["tz"])
        beginning = int(self.begin.timestamp())
        runs: list[Run] = []
        for second in range(0, self.steps * self.step, self.step):
            local = datetime.fromtimestamp(beginning + second, zone)
            rows, breaks = self.rows_of(local.date())
            wall = local.hour * 3600 + local.minute * 60 + local.second
            if any(start <= wall < end for start, end in rows) and not any(
                start <= wall < end for start, end in breaks
            ):
                joined(runs, second * SECOND, (second + self.step) * SECOND)
        return runs

    def paused_runs(self) -> list[Run]:
        """The same without the steps that a pause covers."""
        paused = [(self.offset(since), self.offset(until)) for since, until in self.pauses]
        runs: list[Run] = []
        for low, high in self.open_runs():
            for offset in range(low, high, self.step * SECOND):
                if not any(since <= offset < until for since, until in paused):
                    joined(runs, offset, offset + self.step * SECOND)
        return runs

    def edges(self) -> list[int]:
        """Where something opens, closes, pauses or resumes, and the ends of the window."""
        runs = {edge for run in self.open_runs() for edge in run}
        pauses = {self.offset(edge) for pause in self.pauses for edge in pause}
        return sorted({0, self.length} | runs | pauses)

    @cache  # noqa: B019 - a walk lives as long as one example
    def rows_of(self, day: date) -> tuple[list[Run], list[Run]]:
        text = day.isoformat()
        if text in self.document["overrides"]:
            rows = self.document["overrides"][text]
        elif text in self.document["holidays"] or text[5:] in self.document["holidays_yearly"]:
            rows = []
        else:
            rows = self.document["week"].get(WEEKDAYS[day.weekday()], [])
        breaks = self.document["breaks"].get(text, [])
        return [(seconds(low), seconds(high)) for low, high in rows], [
            (seconds(low), seconds(high)) for low, high in breaks
        ]


def joined(runs: list[Run], low: int, high: int) -> None:
    if runs and runs[-1][1] == low:
        runs[-1] = runs[-1][0], high
    else:
        runs.append((low, high))


def elapsed_in(runs: list[Run], start: int, end: int) -> int:
    if end < start:
        return -elapsed_in(runs, end, start)
    return sum(max(0, min(high, end) - max(low, start)) for low, high in runs)


def added_in(runs: list[Run], start: int, amount: int) -> tuple[int | None, int | None]:
    """The first offset with at least, and the last with at most, so much open time; None beyond the window."""
    earliest = start if amount == 0 else None
    used = 0
    for low, high in runs:
        opens = max(low, start)
        if high <= opens:
            continue
        if earliest is None and used + high - opens >= amount:
            earliest = opens + amount - used
        if used + high - opens > amount:
            return earliest, opens + amount - used
        used += high - opens
    return earliest, None


def taken_in(runs: list[Run], length: int, start: int, amount: int) -> tuple[int | None, int | None]:
    """The mirror image, for an amount below 0."""
    mirrored = [(length - high, length - low) for low, high in reversed(runs)]
    return tuple(None if offset is None else length - offset for offset in added_in(mirrored, length - start, -amount))


def seconds(clock_time: str) -> int:
    hour, minute, second = (clock_time + ":00")[:8].split(":")
    return int(hour) * 3600 + int(minute) * 60 + int(second)


def in_seconds(amount: int) -> int | float:
    return amount / SECOND if amount % SECOND else amount // SECOND


def naive(instant: datetime) -> np.datetime64:
    return np.datetime64(instant.replace(tzinfo=None), "us")


def check_elapsed(calendar: Calendar, walk: Walk, start: int, end: int) -> None:
    start_at, end_at = walk.at(start), walk.at(end)
    for runs, pauses in ((walk.open_runs(), []), (walk.paused_runs(), walk.pauses)):
        expected = elapsed_in(runs, start, end)
        assert calendar.elapsed(start_at, end_at, pauses) == in_seconds(expected)
        rows = calendar.ledger(start_at, end_at, pauses)
        assert (rows[-1].total if rows else 0) == in_seconds(abs(expected))
        assert all(row.to_at <= following.from_at for row, following in pairwise(rows))
        assert all(row.seconds > 0 for row in rows)
    many = elapsed_many(calendar, np.array([naive(start_at)]), np.array([naive(end_at)]))
    assert many.tolist() == [calendar.elapsed(start_at, end_at)]


def check_added(calendar: Calendar, walk: Walk, start: int, amount: int) -> None:
    start_at, spent = walk.at(start), in_seconds(amount)
    for runs, pauses in ((walk.open_runs(), []), (walk.paused_runs(), walk.pauses)):
        if amount < 0:
            earliest, latest = taken_in(runs, walk.length, start, amount)
        else:
            earliest, latest = added_in(runs, start, amount)
        try:
            found = calendar.add(start_at, spent, pauses)
        except BeyondCalendar:
            assert latest is None
            continue
        assert found.earliest == walk.at(earliest) if earliest is not None else outside(walk, found.earliest, amount)
        assert found.latest == walk.at(latest) if latest is not None else outside(walk, found.latest, amount)
        if not pauses:
            many = add_many(calendar, np.array([naive(start_at)]), np.array([spent]))
            assert [instants[0].item().replace(tzinfo=UTC) for instants in many] == list(found)


def outside(walk: Walk, instant: datetime, amount: int) -> bool:
    return instant <= walk.begin if amount < 0 else instant >= walk.at(walk.length)
