"""Business time over arrays: shapes, units and refusals; the answers themselves are compared with single ones."""

import gc
import json
from datetime import UTC, datetime
from threading import Thread

import numpy as np
import pytest

from review.calendar import BeyondCalendar, Calendar, CalendarSpec
from review.calendar_batch import _TABLES, add_many, elapsed_many

WEEK = {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
OFFICE = Calendar.compile(CalendarSpec.parse({"tz": "UTC", "week": WEEK}))
MONDAY = np.datetime64("2026-11-23T09:00:00")


def test_one_start_is_measured_to_many_ends():
    ends = np.array(["2026-11-23T10:00", "2026-11-24T10:00", "2026-11-20T16:00"], dtype="datetime64[m]")
    assert elapsed_many(OFFICE, np.array(MONDAY), ends).tolist() == [3600, 9 * 3600, -3600]


def test_one_start_gets_many_due_and_breach_instants():
    due, breach = add_many(OFFICE, np.array(MONDAY), np.array([0, 0.5, 28_800]))
    assert due.tolist() == [
        MONDAY.item(),
        np.datetime64("2026-11-23T09:00:00.5").item(),
        np.datetime64("2026-11-23T17:00").item(),
    ]
    assert breach[2] == np.datetime64("2026-11-24T09:00")


def test_no_clocks_give_no_answers():
    none = np.array([], dtype="datetime64[s]")
    assert elapsed_many(OFFICE, none, none).tolist() == []
    assert [instants.size for instants in add_many(OFFICE, none, np.array([], dtype=np.int64))] == [0, 0]


def test_a_missing_instant_is_refused():
    with pytest.raises(ValueError, match="NaT"):
        elapsed_many(OFFICE, np.array([np.datetime64("NaT", "s")]), np.array([MONDAY]))


@pytest.mark.parametrize("amount", [np.nan, np.inf, -1e18])
def test_an_amount_without_an_answer_is_refused(amount):
    with pytest.raises(BeyondCalendar, match="600 years"):
        add_many(OFFICE, np.array([MONDAY]), np.array([amount]))


def test_open_time_that_runs_out_is_refused_and_measured_as_nothing():
    dated = Calendar.compile(
        CalendarSpec.parse({"tz": "UTC", "week": {}, "overrides": {"2020-01-01": [["09:00", "10:00"]]}})
    )
    starts = np.array([MONDAY])
    assert elapsed_many(dated, starts, starts + np.timedelta64(9, "D")).tolist() == [0]
    for amount in (0, 1, -7200):
        with pytest.raises(BeyondCalendar, match="no open time is left"):
            add_many(dated, starts, np.array([amount]))


def utc(instants):
    return [instant.replace(tzinfo=UTC) for instant in instants.astype("datetime64[us]").tolist()]


def numpy_of(text):
    return np.datetime64(text.removesuffix("Z"), "us")


def test_every_shared_vector_without_pauses_holds_in_arrays(shared_data):
    wrong = []
    for vector in json.loads((shared_data / "business_time_vectors.json").read_text())["vectors"]:
        if vector.get("pauses"):
            continue
        calendar = Calendar.compile(CalendarSpec.parse(vector["calendar"]))
        start = np.array([numpy_of(vector["start"])])
        if vector["op"] == "add":
            found = add_many(calendar, start, np.array([vector["amount_seconds"]]))
            expected = numpy_of(vector["expected"]), numpy_of(vector["expected_latest"])
        else:
            found = elapsed_many(calendar, start, np.array([numpy_of(vector["end"])]))
            expected = vector["expected"]
        if np.squeeze(found).tolist() != np.array(expected).tolist():
            wrong.append((vector["id"], found, expected))
    assert wrong == []


def test_the_shapes_of_both_sides_broadcast():
    starts = MONDAY + np.arange(3, dtype="timedelta64[h]").reshape(3, 1)
    hours = np.array([0, 3600])
    assert elapsed_many(OFFICE, starts, starts.reshape(1, 3)).shape == (3, 3)
    due, breach = add_many(OFFICE, starts, hours)
    assert due.shape == breach.shape == (3, 2)
    assert due[2, 1] == np.datetime64("2026-11-23T12:00")
    assert elapsed_many(OFFICE, np.array(MONDAY), np.array(MONDAY + np.timedelta64(60, "s"))).tolist() == 60


MINUTES = [
    [f"{minute // 60:02}:{minute % 60:02}", f"{minute // 60:02}:{minute % 60 + 1:02}"] for minute in range(0, 1440, 2)
]
CALENDARS = {
    "office": {"week": WEEK},
    "always": {"week": {day: [["00:00", "24:00"]] for day in (*WEEK, "sat", "sun")}},
    "minutes crowded into one date": {"week": WEEK, "overrides": {"2026-06-01": MINUTES}},
    "one date alone": {"week": {}, "overrides": {"2026-01-02": MINUTES}},
    "a minute a week": {"week": {"mon": [["00:00", "00:01"]]}},
}


@pytest.mark.parametrize("document", CALENDARS.values(), ids=CALENDARS.keys())
@pytest.mark.parametrize("years", [1, 40])
def test_a_long_array_gets_the_answers_of_single_instants(document, years):
    calendar = Calendar(CalendarSpec.parse({"tz": "America/New_York", **document}))
    chance = np.random.default_rng(7)
    rows = 70_000
    starts = np.datetime64("2025-12-30", "us") + chance.integers(0, years * 365 * 86_400 * 10**6, rows)
    ends = np.datetime64("2025-12-30", "s") + chance.integers(0, years * 365 * 86_400, rows)
    opened = elapsed_many(calendar, starts, ends)
    some = slice(None, None, 97)
    pairs = zip(utc(starts[some]), utc(ends[some]), strict=True)
    assert opened[some].tolist() == [calendar.elapsed(start, end) for start, end in pairs]
    # Half of the way to the end, and back: amounts that have an answer in every calendar.
    due, breach = add_many(calendar, starts[opened != 0], (opened / 2)[opened != 0])
    amounts = (opened / 2)[opened != 0][some].tolist()
    added = [calendar.add(start, each) for start, each in zip(utc(starts[opened != 0][some]), amounts, strict=True)]
    assert utc(due[some]) == [one.earliest for one in added]
    assert utc(breach[some]) == [one.latest for one in added]


@pytest.mark.parametrize("unit", ["s", "D", "Y"])
def test_instants_too_far_away_for_microseconds_are_refused_and_not_wrapped(unit):
    for far in (2**55, -(2**55)):
        starts = np.array([far // {"s": 1, "D": 86_400, "Y": 31_556_952}[unit]], dtype=f"datetime64[{unit}]")
        with pytest.raises(BeyondCalendar, match="calendars are computed from 1800 to 2399 only"):
            elapsed_many(OFFICE, starts, np.array([MONDAY]))
        with pytest.raises(BeyondCalendar, match="calendars are computed from 1800 to 2399 only"):
            add_many(OFFICE, starts, np.array([1]))


@pytest.mark.parametrize("amount", [-(2**63), 2**63 - 1, 2**64 - 1])
def test_an_amount_too_large_to_negate_is_refused(amount):
    with pytest.raises(BeyondCalendar, match="600 years"):
        add_many(OFFICE, np.array([MONDAY]), np.array([amount]))


def test_what_is_laid_out_for_arrays_is_kept_as_long_as_its_calendar():
    calendar = Calendar(CalendarSpec.parse({"tz": "UTC", "week": WEEK}))
    starts = np.array([MONDAY])
    elapsed_many(calendar, starts, starts)
    compiled = calendar.covering(*[datetime(2026, 11, 23, tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)] * 2)
    kept = _TABLES[compiled]
    add_many(calendar, starts, np.array([60]))
    assert _TABLES[compiled] is kept
    others = len(_TABLES) - 1
    del calendar, compiled
    gc.collect()
    assert len(_TABLES) <= others


def test_threads_may_ask_for_arrays_of_one_calendar_at_the_same_time():
    calendar = Calendar(CalendarSpec.parse({"tz": "Europe/London", "week": WEEK}))
    found = []

    def ask(year):
        starts = np.array([f"{year}-01-01"], dtype="datetime64[s]")
        found.extend(elapsed_many(calendar, starts, add_many(calendar, starts, np.array([10**6]))[1]).tolist())

    threads = [Thread(target=ask, args=(year,)) for year in range(1980, 2060, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [10**6] * len(threads)
