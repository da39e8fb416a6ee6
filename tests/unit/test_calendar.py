"""Business time: the shared vectors, and what a calendar answers at its edges."""

import json
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from review.calendar import BeyondCalendar, Calendar, CalendarInvalid, CalendarSpec, PauseInvalid, Reason

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri")
NINE_TO_FIVE = {day: [["09:00", "17:00"]] for day in WEEKDAYS}
ALWAYS = {day: [["00:00", "24:00"]] for day in (*WEEKDAYS, "sat", "sun")}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def calendar_of(**document: Any) -> Calendar:
    return Calendar.compile(CalendarSpec.parse({"tz": "UTC", "week": NINE_TO_FIVE, **document}))


def vectors(shared_data: Path) -> list[dict[str, Any]]:
    return json.loads((shared_data / "business_time_vectors.json").read_text())["vectors"]


def test_every_shared_vector_holds(shared_data):
    wrong = []
    for vector in vectors(shared_data):
        calendar = Calendar.compile(CalendarSpec.parse(vector["calendar"]))
        pauses = [(at(since), at(until)) for since, until in vector.get("pauses", ())]
        if vector["op"] == "add":
            found = calendar.add(at(vector["start"]), vector["amount_seconds"], pauses)
            expected = at(vector["expected"]), at(vector["expected_latest"])
        else:
            found = calendar.elapsed(at(vector["start"]), at(vector["end"]), pauses)
            expected = vector["expected"]
        if found != expected:
            wrong.append((vector["id"], found, expected))
    assert wrong == []


def test_every_vector_is_explained_by_its_ledger(shared_data):
    for vector in vectors(shared_data):
        if vector["op"] == "between":
            calendar = Calendar.compile(CalendarSpec.parse(vector["calendar"]))
            pauses = [(at(since), at(until)) for since, until in vector.get("pauses", ())]
            rows = calendar.ledger(at(vector["start"]), at(vector["end"]), pauses)
            assert (rows[-1].total if rows else 0) == abs(vector["expected"]), vector["id"]


def test_what_is_added_in_a_vector_is_measured_back(shared_data):
    for vector in vectors(shared_data):
        if vector["op"] == "add":
            calendar = Calendar.compile(CalendarSpec.parse(vector["calendar"]))
            pauses = [(at(since), at(until)) for since, until in vector.get("pauses", ())]
            for end in (vector["expected"], vector["expected_latest"]):
                found = calendar.elapsed(at(vector["start"]), at(end), pauses)
                assert found == vector["amount_seconds"], vector["id"]
                assert calendar.elapsed(at(end), at(vector["start"]), pauses) == -found, vector["id"]


def test_parts_of_a_second_are_kept():
    calendar = calendar_of()
    start = at("2026-11-23T16:59:59.250000Z")
    assert calendar.add(start, 1.5).earliest == at("2026-11-24T09:00:00.750000Z")
    assert calendar.elapsed(start, at("2026-11-24T09:00:00.750000Z")) == 1.5
    assert isinstance(calendar.elapsed(start, start + timedelta(seconds=0.75)), float)
    assert isinstance(calendar.elapsed(start, start), int)


@pytest.mark.parametrize("amount", [1e-9, -1e-9, 0, -0.0])
def test_less_than_half_a_microsecond_is_nothing(amount):
    added = calendar_of().add(at("2026-11-23T17:00:00Z"), amount)
    assert added == (at("2026-11-23T17:00:00Z"), at("2026-11-24T09:00:00Z"))


def test_the_first_instant_ever_asked_for_may_be_any():
    for start in ("1970-01-01T00:00:00Z", "1800-01-01T00:00:00Z", "2399-12-01T00:00:00Z"):
        calendar = Calendar(CalendarSpec.parse({"tz": "UTC", "week": ALWAYS}))
        assert calendar.add(at(start), 60).earliest - at(start) == timedelta(seconds=60)
        assert calendar.elapsed(at(start), at(start)) == 0


def test_hours_hold_to_the_second():
    calendar = calendar_of(week={"mon": [["09:00:30", "09:00:45"]]})
    assert calendar.elapsed(at("2026-11-23T00:00:00Z"), at("2026-11-24T00:00:00Z")) == 15


def test_an_offset_with_odd_seconds_is_followed():
    # Amsterdam stood at +00:19:32 until 1937.
    calendar = calendar_of(tz="Europe/Amsterdam", week=ALWAYS, overrides={"1930-01-06": [["09:00", "17:00"]]})
    rows = calendar.ledger(at("1930-01-05T12:00:00Z"), at("1930-01-07T12:00:00Z"))
    counted = [row for row in rows if row.reason is Reason.OVERRIDE and row.counted]
    assert [row.from_at for row in counted] == [at("1930-01-06T08:40:28Z")]


def test_a_date_the_zone_skipped_has_no_hours():
    calendar = calendar_of(
        tz="Pacific/Apia",
        week={},
        overrides={"2011-12-30": [["00:00", "24:00"]], "2011-12-31": [["09:00", "10:00"]]},
    )
    assert calendar.elapsed(at("2011-12-01T00:00:00Z"), at("2012-01-31T00:00:00Z")) == 3600


def test_instants_of_any_zone_are_taken_and_utc_comes_back():
    calendar = calendar_of()
    due = calendar.add(at("2026-11-23T11:00:00+02:00"), 60)
    assert due.earliest == at("2026-11-23T09:01:00Z")
    assert due.earliest.tzinfo is UTC
    assert calendar.add(at("2026-11-23T11:00:00+02:00"), 0).earliest.tzinfo is UTC


def test_an_instant_without_a_zone_is_a_type_error():
    with pytest.raises(TypeError):
        calendar_of().elapsed(at("2026-11-23"), at("2026-11-24T00:00:00Z"))


def test_is_open_and_next_open_agree_with_the_half_open_hours():
    calendar = calendar_of()
    assert calendar.is_open(at("2026-11-23T09:00:00Z"))
    assert not calendar.is_open(at("2026-11-23T17:00:00Z"))
    assert calendar.next_open(at("2026-11-23T10:00:00Z")) == at("2026-11-23T10:00:00Z")
    assert calendar.next_open(at("2026-11-27T17:00:00Z")) == at("2026-11-30T09:00:00Z")


def test_a_business_day_is_eight_hours_unless_the_calendar_says_otherwise():
    assert calendar_of().business_days(2) == 57_600
    assert calendar_of(business_day_seconds=27_000).business_days(0.5) == 13_500


def test_past_the_last_dated_opening_an_answer_is_refused_and_not_searched_for():
    calendar = calendar_of(week={}, overrides={"2026-01-05": [["09:00", "17:00"]]})
    assert calendar.add(at("2026-01-05T09:00:00Z"), 28_799).earliest == at("2026-01-05T16:59:59Z")
    for start, seconds in (
        ("2026-01-05T09:00:00Z", 28_801),
        ("2030-01-01T00:00:00Z", 0),
        ("2020-01-01T00:00:00Z", -1),
    ):
        with pytest.raises(BeyondCalendar, match="no open time is left"):
            calendar.add(at(start), seconds)
    assert calendar.elapsed(at("2020-01-01T00:00:00Z"), at("2030-01-01T00:00:00Z")) == 28_800
    assert not calendar.is_open(at("2030-01-01T00:00:00Z"))


EVERY_DATE = [f"{date(2024, 1, 1) + timedelta(days=day):%m-%d}" for day in range(366)]


def test_openings_years_apart_are_found_and_the_search_for_more_of_them_ends():
    leap_sundays = calendar_of(
        week={"sun": [["00:00", "00:01"]]}, holidays_yearly=[day for day in EVERY_DATE if day != "02-29"]
    )
    assert leap_sundays.next_open(at("2026-01-01T00:00:00Z")) == at("2032-02-29T00:00:00Z")
    with pytest.raises(BeyondCalendar):
        leap_sundays.add(at("2026-01-01T00:00:00Z"), 86_400)


def test_years_that_are_not_computed_are_refused():
    with pytest.raises(BeyondCalendar, match="1800 to 2399"):
        calendar_of().elapsed(at("0001-01-01T00:00:00Z"), at("2026-01-01T00:00:00Z"))
    with pytest.raises(BeyondCalendar, match="600 years"):
        calendar_of().add(at("2026-01-01T00:00:00Z"), 10**30)
    with pytest.raises(BeyondCalendar):
        calendar_of(week=ALWAYS).add(at("2026-01-01T00:00:00Z"), 400 * 366 * 86_400)


def test_instants_that_have_no_date_in_utc_are_refused_by_name():
    beyond = datetime(9999, 12, 31, 23, tzinfo=timezone(-timedelta(hours=12)))
    start = at("2026-01-01T00:00:00Z")
    with pytest.raises(BeyondCalendar, match="outside the years 1 to 9999: calendars are computed from 1800"):
        calendar_of().elapsed(start, beyond)
    with pytest.raises(PauseInvalid, match="outside the years 1 to 9999 to 2026-01-01"):
        calendar_of().elapsed(start, start, [(beyond, start)])


@pytest.mark.parametrize("days", [1e300, -1e300, 10**30])
def test_business_days_of_more_than_all_years_are_refused(days):
    with pytest.raises(BeyondCalendar, match="600 years"):
        calendar_of().business_days(days)


def test_a_pause_that_ends_before_it_starts_is_refused():
    pause = (at("2026-11-23T12:00:00Z"), at("2026-11-23T11:00:00Z"))
    with pytest.raises(PauseInvalid, match="2026-11-23T12:00:00Z to 2026-11-23T11:00:00Z"):
        calendar_of().add(at("2026-11-23T09:00:00Z"), 60, [pause])


def test_a_pause_without_a_foreseeable_end_leaves_no_answer():
    pause = (at("2026-11-23T12:00:00Z"), datetime.max.replace(tzinfo=UTC))
    calendar = calendar_of()
    assert calendar.add(at("2026-11-23T09:00:00Z"), 3600, [pause]).latest == at("2026-11-23T10:00:00Z")
    assert calendar.elapsed(at("2026-11-23T09:00:00Z"), at("2026-11-27T09:00:00Z"), [pause]) == 3 * 3600
    with pytest.raises(BeyondCalendar):
        calendar.add(at("2026-11-23T09:00:00Z"), 6 * 3600, [pause])


def test_a_calendar_that_can_never_open_is_refused():
    with pytest.raises(CalendarInvalid, match="no open hours"):
        calendar_of(holidays_yearly=EVERY_DATE)
    with pytest.raises(CalendarInvalid, match="no open hours"):
        calendar_of(
            week={}, overrides={"2026-01-05": [["09:00", "17:00"]]}, breaks={"2026-01-05": [["08:00", "18:00"]]}
        )


def test_equal_specs_share_one_compiled_calendar():
    assert calendar_of() is calendar_of(holidays=[])


def test_what_was_answered_stays_right_while_the_calendar_grows_to_both_sides():
    calendar = Calendar(CalendarSpec.parse({"tz": "Europe/London", "week": NINE_TO_FIVE}))
    day = at("2026-06-01T00:00:00Z"), at("2026-06-02T00:00:00Z")
    for year in (2026, 2040, 1990, 2100, 1950):
        calendar.elapsed(at(f"{year}-01-01T00:00:00Z"), at(f"{year}-02-01T00:00:00Z"))
        assert calendar.elapsed(*day) == 28_800
        assert calendar.add(day[0], 57_600).latest == at("2026-06-03T08:00:00Z")


def test_threads_may_extend_one_calendar_at_the_same_time():
    calendar = Calendar(CalendarSpec.parse({"tz": "Europe/London", "week": NINE_TO_FIVE}))
    found: list[float] = []
    starts = [datetime(year, 1, 1, tzinfo=UTC) for year in range(1980, 2060, 5)]
    threads = [
        Thread(target=lambda start=start: found.append(calendar.elapsed(start, calendar.add(start, 10**6).latest)))
        for start in starts
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [10**6] * len(starts)


def test_the_ledger_of_one_instant_is_empty_also_within_a_second():
    calendar = calendar_of(holidays={"2026-12-25": "Christmas Day"})
    for text in ("2026-12-25T12:00:00Z", "2026-12-25T12:00:00.500000Z", "2026-12-24T12:00:00.500000Z"):
        assert calendar.ledger(at(text), at(text)) == ()


def test_the_ledger_names_what_did_not_count():
    calendar = calendar_of(
        holidays={"2026-12-25": "Christmas Day"},
        overrides={"2026-12-24": [["09:00", "13:00"]], "2026-12-26": [["10:00", "11:00"]]},
        breaks={"2026-12-28": [["12:00", "13:00"]]},
    )
    rows = calendar.ledger(
        at("2026-12-24T12:00:00Z"),
        at("2026-12-28T14:00:00Z"),
        [(at("2026-12-28T09:30:00Z"), at("2026-12-28T10:00:00Z"))],
    )
    assert [
        (f"{row.from_at:%d %H:%M}", f"{row.to_at:%H:%M}", row.counted, str(row.reason), row.name, row.total)
        for row in rows
    ] == [
        ("24 12:00", "13:00", True, "override", "", 3600),
        ("24 13:00", "17:00", False, "override", "", 3600),
        ("25 09:00", "17:00", False, "holiday", "Christmas Day", 3600),
        ("26 10:00", "11:00", True, "override", "", 7200),
        ("28 09:00", "09:30", True, "week", "", 9000),
        ("28 09:30", "10:00", False, "pause", "", 9000),
        ("28 10:00", "12:00", True, "week", "", 16200),
        ("28 12:00", "13:00", False, "break", "", 16200),
        ("28 13:00", "14:00", True, "week", "", 19800),
    ]
    assert calendar.ledger(rows[-1].to_at, rows[0].from_at) == calendar.ledger(rows[0].from_at, rows[-1].to_at)


def test_a_week_that_never_closes_is_one_row_of_the_ledger():
    rows = calendar_of(week=ALWAYS).ledger(at("2026-01-01T12:00:00Z"), at("2026-02-01T00:00:00Z"))
    assert [(row.seconds, row.total) for row in rows] == [(30.5 * 86_400, 30.5 * 86_400)]
