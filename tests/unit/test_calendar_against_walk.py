"""Business time on random calendars: against a walk step by step, and the laws that hold between answers.

The walk by the minute takes 500 random cases in `make test` and 10,000 in `make nightly`. Each is asked with and
without its pauses, one by one and as arrays; instants and amounts are any microsecond.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from review.calendar import Calendar, CalendarInvalid, CalendarSpec
from review.calendar_batch import add_many, elapsed_many
from tests.unit.calendar_walk import SECOND, WEEKDAYS, Walk, check_added, check_elapsed, elapsed_in

SOME = settings(max_examples=settings().max_examples // 3)
FEW = settings(max_examples=settings().max_examples // 10)

# A zone and a time (in UTC) near which its clocks do something: gaps, folds, half hours, midnight, a skipped date, or
# nothing.
PLACES = [
    ("UTC", "2026-02-27"),
    ("UTC", "1970-01-01"),
    ("UTC", "2024-02-29"),
    ("UTC", "2100-02-28"),
    ("America/New_York", "2024-03-10"),
    ("America/New_York", "2024-11-03"),
    ("America/New_York", "2050-03-13"),
    ("Europe/London", "2026-12-31"),
    ("Europe/London", "1941-05-04"),
    ("Europe/London", "1968-02-18"),
    ("Europe/Dublin", "2039-10-30"),
    ("Australia/Lord_Howe", "2024-04-07"),
    ("Australia/Lord_Howe", "2024-10-06"),
    ("Pacific/Apia", "2011-12-30"),
    ("Pacific/Kwajalein", "1993-08-21"),
    ("America/Sao_Paulo", "2015-10-18"),
    ("America/Sao_Paulo", "2015-02-22"),
    ("Africa/Cairo", "2023-04-28"),
    ("Africa/Freetown", "1939-09-03"),
    ("Antarctica/Troll", "2024-03-31"),
    ("Africa/Casablanca", "2024-03-10"),
    ("Asia/Kathmandu", "1985-12-31"),
    ("Asia/Pyongyang", "2015-08-14"),
    ("Asia/Gaza", "2040-10-20"),
    ("Pacific/Chatham", "2024-04-07"),
    ("Pacific/Chatham", "2099-09-27"),
]
# Offsets with odd seconds, and changes by odd seconds or by nearly a day; walked by the second.
ODD_PLACES = [
    ("Africa/Monrovia", "1972-01-07T00:44:30"),
    ("Europe/Amsterdam", "1937-06-30T22:40:28"),
    ("America/New_York", "1883-11-18T17:00"),
    ("America/Juneau", "1867-10-19T00:31:13"),
    ("Asia/Kolkata", "1869-12-31T18:06:40"),
    ("Asia/Manila", "1844-12-31T15:56:08"),
]
# Zones on whole hours, near a leap day; walked by the hour, a year to both sides.
LEAP_DAYS = [
    ("UTC", "2028-02-29"),
    ("America/New_York", "2024-02-29"),
    ("Europe/Berlin", "2000-02-29"),
    ("Europe/London", "1968-02-29"),
    ("Antarctica/Troll", "2044-02-29"),
    ("Pacific/Apia", "2012-02-29"),
]


def clock_time(second: int) -> str:
    return f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"


def check(walk: Walk, data: st.DataObject) -> None:
    try:
        calendar = Calendar(CalendarSpec.parse(walk.document))
    except CalendarInvalid:
        assert not walk.open_runs()
        return
    # What is used up exactly where something opens, closes or pauses is where the two ends of an answer part.
    offsets = st.sampled_from(walk.edges()) | st.integers(0, walk.steps).map(lambda step: step * walk.step * SECOND)
    offsets |= st.integers(0, walk.length)
    start, end, target = (data.draw(offsets) for _ in range(3))
    check_elapsed(calendar, walk, start, end)
    paused = data.draw(st.booleans())
    exact = elapsed_in(walk.paused_runs() if paused else walk.open_runs(), start, target)
    check_added(calendar, walk, start, exact + data.draw(st.sampled_from([0, 0, 1, -1, SECOND, -SECOND])))


@st.composite
def hours(draw: st.DrawFn, step: int, at_most: int = 3) -> list[list[str]]:
    ends = draw(st.lists(st.integers(0, 86_400 // step), min_size=0, max_size=2 * at_most, unique=True))
    ends = sorted(ends)[: len(ends) // 2 * 2]
    return [[clock_time(low * step), clock_time(high * step)] for low, high in zip(ends[::2], ends[1::2], strict=True)]


USUAL_HOURS = [
    [["09:00", "17:00"]],
    [["00:00", "24:00"]],
    [["22:00", "24:00"], ["00:00", "06:00"]],
    [["01:00", "03:00"]],
    [["09:00", "13:00"], ["13:00", "15:00"]],
    [["09:00", "14:00"], ["12:00", "17:00"]],
]


@st.composite
def documents(draw: st.DrawFn, tz: str, near: date, step: int, days_around: int = 4) -> dict[str, Any]:
    """Anything that a calendar may say; holidays with and without names."""
    dates = st.integers(-days_around, days_around).map(lambda days: (near + timedelta(days=days)).isoformat())
    names = st.sampled_from(["", "Founders' Day"])
    holidays = st.lists(dates, max_size=2) | st.dictionaries(dates, names, max_size=2)
    yearly = dates.map(lambda day: day[5:])
    rows = st.sampled_from(USUAL_HOURS) | hours(step)
    return {
        "tz": tz,
        "week": draw(st.dictionaries(st.sampled_from(WEEKDAYS), rows, min_size=draw(st.sampled_from([0, 4, 7])))),
        "holidays": draw(holidays),
        "holidays_yearly": draw(st.lists(yearly, max_size=1) | st.dictionaries(yearly, names, max_size=1)),
        "overrides": draw(st.dictionaries(dates, rows, max_size=2)),
        "breaks": draw(st.dictionaries(dates, hours(step, 2), max_size=2)),
    }


@st.composite
def pauses_between(draw: st.DrawFn, edges: st.SearchStrategy[datetime]) -> list[tuple[datetime, datetime]]:
    """Ends from a few instants, so that pauses often overlap, touch, repeat each other or are empty."""
    chosen = st.sampled_from(draw(st.lists(edges, min_size=1, max_size=4)))
    return [tuple(sorted(pair)) for pair in draw(st.lists(st.tuples(chosen, chosen), max_size=4))]


@st.composite
def walks(draw: st.DrawFn, places: list[tuple[str, str]], step: int, hours_around: int, days_around: int = 4) -> Walk:
    tz, text = draw(st.sampled_from(places))
    near = datetime.fromisoformat(text).replace(tzinfo=UTC)
    begin = near - timedelta(hours=hours_around)
    steps = hours_around * 2 * 3600 // step
    edges = st.integers(0, steps).map(lambda offset: begin + timedelta(seconds=offset * step))
    document = draw(documents(tz, near.date(), step, days_around))
    return Walk(document, begin, steps, step, draw(pauses_between(edges)))


def test_the_walk_by_the_minute_takes_500_cases_and_10000_at_night():
    cases = {name: settings.get_profile(name).max_examples for name in ("test", "nightly")}
    assert cases == {"test": 500, "nightly": 10_000}


@given(walk=walks(PLACES, step=60, hours_around=60), data=st.data())
def test_every_answer_agrees_with_a_walk_minute_by_minute(walk, data):
    check(walk, data)


@FEW
@given(walk=walks(ODD_PLACES, step=1, hours_around=1), data=st.data())
def test_offsets_of_odd_seconds_agree_with_a_walk_second_by_second(walk, data):
    check(walk, data)


@FEW
@given(walk=walks(LEAP_DAYS, step=3600, hours_around=366 * 24, days_around=366), data=st.data())
def test_two_years_around_a_leap_day_agree_with_a_walk_hour_by_hour(walk, data):
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
FLOATS = st.floats(-1_000_000, 1_000_000)


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
@given(calendar=calendars(), pairs=st.lists(st.tuples(INSTANTS, INSTANTS, AMOUNTS | FLOATS), max_size=20))
def test_arrays_get_the_same_answers_as_single_instants(calendar, pairs):
    starts = np.array([start.replace(tzinfo=None) for start, _, _ in pairs], dtype="datetime64[us]")
    ends = np.array([end.replace(tzinfo=None) for _, end, _ in pairs], dtype="datetime64[us]")
    amounts = np.array([amount for _, _, amount in pairs])
    assert elapsed_many(calendar, starts, ends).tolist() == [calendar.elapsed(start, end) for start, end, _ in pairs]
    earliest, latest = add_many(calendar, starts, amounts)
    singly = [calendar.add(start, amount) for start, _, amount in pairs]
    assert [instant.replace(tzinfo=UTC) for instant in earliest.tolist()] == [added.earliest for added in singly]
    assert [instant.replace(tzinfo=UTC) for instant in latest.tolist()] == [added.latest for added in singly]
