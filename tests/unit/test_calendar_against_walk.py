"""Random calendars against an independent reference that asks of every single minute (or second) whether it is open.

The reference knows only the definition: the wall clock of the zone, the hours of that date, the pauses. All random
boundaries lie on whole steps, so a step is open or closed as a whole.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from review.calendar import BeyondCalendar, Calendar, CalendarInvalid, CalendarSpec
from review.calendar_batch import add_many, elapsed_many

SOME = settings(max_examples=settings().max_examples // 3)
FEW = settings(max_examples=settings().max_examples // 10)
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

# A zone and a date near which its clocks do something: gaps, folds, half hours, midnight, a skipped date, or nothing.
PLACES = [
    ("UTC", date(2026, 2, 27)),
    ("America/New_York", date(2024, 3, 10)),
    ("America/New_York", date(2024, 11, 3)),
    ("Europe/London", date(2026, 12, 31)),
    ("Australia/Lord_Howe", date(2024, 4, 7)),
    ("Australia/Lord_Howe", date(2024, 10, 6)),
    ("Pacific/Apia", date(2011, 12, 30)),
    ("Pacific/Kwajalein", date(1993, 8, 21)),
    ("America/Sao_Paulo", date(2015, 10, 18)),
    ("America/Sao_Paulo", date(2015, 2, 22)),
    ("Africa/Cairo", date(2023, 4, 28)),
    ("Antarctica/Troll", date(2024, 3, 31)),
    ("Africa/Casablanca", date(2024, 3, 10)),
    ("Asia/Kathmandu", date(1985, 12, 31)),
    ("Pacific/Chatham", date(2024, 4, 7)),
]
# Offsets with odd seconds, and changes by odd seconds; walked by the second.
ODD_PLACES = [
    ("Africa/Monrovia", date(1972, 1, 7)),
    ("Europe/Amsterdam", date(1937, 7, 1)),
    ("America/New_York", date(1883, 11, 18)),
    ("Asia/Kolkata", date(1906, 1, 1)),
]


@dataclass(frozen=True, eq=False)
class Walk:
    """Open or closed for every step of a window, by the definition alone."""

    document: dict[str, Any]
    begin: datetime
    steps: int
    step: int
    pauses: list[tuple[datetime, datetime]]

    def open_steps(self) -> list[int]:
        """The offsets of the open steps in seconds from the beginning."""
        zone = ZoneInfo(self.document["tz"])
        paused = {
            offset
            for since, until in self.pauses
            for offset in range(
                int((since - self.begin).total_seconds()), int((until - self.begin).total_seconds()), self.step
            )
        }
        found = []
        for offset in range(0, self.steps * self.step, self.step):
            local = datetime.fromtimestamp(self.begin.timestamp() + offset, zone)
            rows, breaks = self.rows_of(local.date())
            wall = local.hour * 3600 + local.minute * 60 + local.second
            if (
                any(start <= wall < end for start, end in rows)
                and not any(start <= wall < end for start, end in breaks)
                and offset not in paused
            ):
                found.append(offset)
        return found

    @cache  # noqa: B019 - a walk lives as long as one example
    def rows_of(self, day: date) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
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


def elapsed_in(open_steps: list[int], step: int, start: float, end: float) -> float:
    if end < start:
        return -elapsed_in(open_steps, step, end, start)
    return sum(max(0.0, min(offset + step, end) - max(offset, start)) for offset in open_steps)


def added_in(open_steps: list[int], step: int, start: float, amount: float) -> tuple[float | None, float | None]:
    """The first offset with at least, and the last with at most, so much open time; None beyond the window."""
    earliest = start if amount == 0 else None
    used = 0.0
    for offset in open_steps:
        low, high = max(offset, start), offset + step
        if high <= low:
            continue
        if earliest is None and used + high - low >= amount:
            earliest = low + amount - used
        if used + high - low > amount:
            return earliest, low + amount - used
        used += high - low
    return earliest, None


def mirrored(open_steps: list[int], step: int, length: int) -> list[int]:
    return [length - step - offset for offset in reversed(open_steps)]


def clock_time(second: int) -> str:
    return f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"


def seconds(clock_time: str) -> int:
    hour, minute, second = clock_time.split(":")
    return int(hour) * 3600 + int(minute) * 60 + int(second)


@st.composite
def hours(draw: st.DrawFn, step: int, at_most: int = 3) -> list[list[str]]:
    ends = draw(st.lists(st.integers(0, 86_400 // step), min_size=0, max_size=2 * at_most, unique=True))
    ends = sorted(ends)[: len(ends) // 2 * 2]
    return [[clock_time(low * step), clock_time(high * step)] for low, high in zip(ends[::2], ends[1::2], strict=True)]


@st.composite
def documents(draw: st.DrawFn, tz: str, near: date, step: int) -> dict[str, Any]:
    dates = st.integers(-4, 4).map(lambda days: (near + timedelta(days=days)).isoformat())
    usual = st.sampled_from([[["09:00:00", "17:00:00"]], [["00:00:00", "24:00:00"]], [["01:30:00", "02:45:00"]]])
    return {
        "tz": tz,
        "week": draw(st.dictionaries(st.sampled_from(WEEKDAYS), usual | hours(step), min_size=4)),
        "holidays": draw(st.lists(dates, max_size=2)),
        "holidays_yearly": draw(st.lists(dates.map(lambda day: day[5:]), max_size=1)),
        "overrides": draw(st.dictionaries(dates, hours(step), max_size=2)),
        "breaks": draw(st.dictionaries(dates, hours(step, 2), max_size=2)),
    }


@st.composite
def walks(draw: st.DrawFn, places: list[tuple[str, date]], step: int, hours_around: int) -> Walk:
    tz, near = draw(st.sampled_from(places))
    begin = datetime(near.year, near.month, near.day, tzinfo=UTC) - timedelta(hours=hours_around)
    steps = hours_around * 2 * 3600 // step
    ends = st.integers(0, steps).map(lambda offset: begin + timedelta(seconds=offset * step))
    pauses = [tuple(sorted(pair)) for pair in draw(st.lists(st.tuples(ends, ends), max_size=3))]
    return Walk(draw(documents(tz, near, step)), begin, steps, step, pauses)


def check(walk: Walk, data: st.DataObject) -> None:
    length = walk.steps * walk.step
    open_steps = walk.open_steps()
    try:
        calendar = Calendar(CalendarSpec.parse(walk.document))
    except CalendarInvalid:
        assert not open_steps
        return
    # An amount used up exactly where a pause begins or ends is where the two ends of an answer part.
    edges = [int((edge - walk.begin).total_seconds()) for pause in walk.pauses for edge in pause]
    start, end = (data.draw(st.sampled_from([0, length, *edges]) | st.integers(0, length)) for _ in range(2))
    start_at, end_at = (walk.begin + timedelta(seconds=offset) for offset in (start, end))

    expected = elapsed_in(open_steps, walk.step, start, end)
    assert calendar.elapsed(start_at, end_at, walk.pauses) == expected
    rows = calendar.ledger(start_at, end_at, walk.pauses)
    assert (rows[-1].total if rows else 0) == abs(expected)
    assert all(row.to_at <= following.from_at for row, following in pairwise(rows))

    exact = int(abs(expected))
    amount = data.draw(st.sampled_from([0, exact, -exact]) | st.integers(-2 * exact - 1, 2 * exact + 1))
    if amount >= 0:
        earliest, latest = added_in(open_steps, walk.step, start, amount)
    else:
        backward = added_in(mirrored(open_steps, walk.step, length), walk.step, length - start, -amount)
        earliest, latest = (None if offset is None else length - offset for offset in backward)
    if latest is None:
        check_beyond_the_window(calendar, walk, start_at, amount, length)
        return
    found = calendar.add(start_at, amount, walk.pauses)
    assert found == tuple(walk.begin + timedelta(seconds=offset) for offset in (earliest, latest))
    if not walk.pauses:
        many = add_many(calendar, np.array([np.datetime64(start_at.replace(tzinfo=None))]), np.array([amount]))
        assert [instants[0].item().replace(tzinfo=UTC) for instants in many] == list(found)


def check_beyond_the_window(calendar: Calendar, walk: Walk, start_at: datetime, amount: int, length: int) -> None:
    try:
        latest = calendar.add(start_at, amount, walk.pauses).latest
    except BeyondCalendar:
        return
    assert latest >= walk.begin + timedelta(seconds=length) if amount >= 0 else latest <= walk.begin


@given(walk=walks(PLACES, step=60, hours_around=60), data=st.data())
def test_every_answer_agrees_with_a_walk_minute_by_minute(walk, data):
    check(walk, data)


@FEW
@given(walk=walks(ODD_PLACES, step=1, hours_around=1), data=st.data())
def test_offsets_of_odd_seconds_agree_with_a_walk_second_by_second(walk, data):
    check(walk, data)


NEAR = [date(2024, 3, 10), date(2024, 10, 6), date(2024, 11, 3), date(2024, 12, 31)]
FEBRUARY = datetime(2024, 2, 1, tzinfo=UTC)
INSTANTS = st.timedeltas(timedelta(0), timedelta(days=400)).map(lambda since: FEBRUARY + since)


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    tz, _ = draw(st.sampled_from(PLACES))
    document = draw(documents(tz, draw(st.sampled_from(NEAR)), 60))
    document["week"]["wed"] = [["10:00:00", "16:00:00"]]
    return Calendar(CalendarSpec.parse(document))


AMOUNTS = st.integers(-1_000_000, 1_000_000)


@st.composite
def pauses(draw: st.DrawFn) -> list[tuple[datetime, datetime]]:
    lengths = st.integers(0, 900_000).map(lambda length: timedelta(seconds=length))
    return [(since, since + draw(lengths)) for since in draw(st.lists(INSTANTS, max_size=3))]


@SOME
@given(calendar=calendars(), start=INSTANTS, amount=AMOUNTS, paused=pauses())
def test_adding_and_measuring_are_inverse_at_both_ends(calendar, start, amount, paused):
    added = calendar.add(start, amount, paused)
    assert calendar.elapsed(start, added.earliest, paused) == amount
    assert calendar.elapsed(start, added.latest, paused) == amount
    assert (added.earliest <= added.latest) if amount >= 0 else (added.latest <= added.earliest <= start)
    # The latest one is the last: a moment later more has passed.
    moment = timedelta(microseconds=1 if amount >= 0 else -1)
    assert abs(calendar.elapsed(start, added.latest + moment, paused)) > abs(amount)


@SOME
@given(calendar=calendars(), start=INSTANTS, amounts=st.tuples(AMOUNTS, AMOUNTS), paused=pauses())
def test_more_time_is_never_due_earlier(calendar, start, amounts, paused):
    less, more = (calendar.add(start, amount, paused) for amount in sorted(amounts))
    assert less.earliest <= more.earliest or less.earliest == start


@SOME
@given(calendar=calendars(), instants=st.tuples(INSTANTS, INSTANTS, INSTANTS), paused=pauses())
def test_time_adds_up_over_any_middle(calendar, instants, paused):
    start, middle, end = instants
    parts = calendar.elapsed(start, middle, paused) + calendar.elapsed(middle, end, paused)
    assert abs(parts - calendar.elapsed(start, end, paused)) < 1e-6
    assert calendar.elapsed(start, end, paused) == -calendar.elapsed(end, start, paused)


@SOME
@given(calendar=calendars(), pairs=st.lists(st.tuples(INSTANTS, INSTANTS, AMOUNTS), max_size=20))
def test_arrays_get_the_same_answers_as_single_instants(calendar, pairs):
    starts = np.array([start.replace(tzinfo=None) for start, _, _ in pairs], dtype="datetime64[us]")
    ends = np.array([end.replace(tzinfo=None) for _, end, _ in pairs], dtype="datetime64[us]")
    amounts = np.array([amount for _, _, amount in pairs], dtype=np.int64)
    assert elapsed_many(calendar, starts, ends).tolist() == [calendar.elapsed(start, end) for start, end, _ in pairs]
    earliest, latest = add_many(calendar, starts, amounts)
    singly = [calendar.add(start, amount) for start, _, amount in pairs]
    assert [instant.replace(tzinfo=UTC) for instant in earliest.tolist()] == [added.earliest for added in singly]
    assert [instant.replace(tzinfo=UTC) for instant in latest.tolist()] == [added.latest for added in singly]
