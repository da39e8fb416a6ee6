"""Importing holiday years into a calendar document: what it changes, and what it leaves alone."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from review.calendar import Calendar, CalendarInvalid, CalendarSpec
from review.holiday_difference import HolidayDifference, Named, Renamed, Shortened, merged
from review.holiday_years import HalfDay, HolidayYears, holiday_years
from tests.building import V1

SOME = settings(max_examples=settings().max_examples // 3)
WEEK = {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
ONE_O_CLOCK = 13 * 3600

KNOWN = HolidayYears(
    "XX",
    (2027,),
    {date(2027, 1, 1): "New Year's Day", date(2027, 5, 1): "Labour Day", date(2027, 12, 27): "Boxing Day (observed)"},
    {date(2027, 12, 24): HalfDay("Christmas Eve"), date(2027, 12, 31): HalfDay("New Year's Eve (from 7pm)")},
    ("The moon was not seen.",),
)
"""The first of May is a Saturday, the others are working days."""


def calendar(**parts: Any) -> dict[str, Any]:
    return {"tz": "Europe/Berlin", "week": WEEK, **parts}


def difference(document: dict[str, Any], **how: Any) -> HolidayDifference:
    return merged(document, KNOWN, **how).difference


def test_an_empty_year_gets_the_working_days_that_are_off_and_its_half_days():
    document, found = merged(calendar(holidays={"2026-12-25": "Christmas Day"}), KNOWN)
    assert document == calendar(
        holidays={
            "2026-12-25": "Christmas Day",
            "2027-01-01": "New Year's Day",
            "2027-12-27": "Boxing Day (observed)",
        },
        overrides={"2027-12-24": [["09:00", "13:00"]]},
    )
    assert found.added == (
        Named(date(2027, 1, 1), "New Year's Day"),
        Named(date(2027, 12, 27), "Boxing Day (observed)"),
    )
    assert found.half_days == (Shortened(date(2027, 12, 24), "Christmas Eve", (("09:00", "13:00"),), None),)
    assert found.summary == "2 added, 1 half day"
    assert found.remarks == ("The moon was not seen.",)


def test_half_days_end_when_it_is_asked_for():
    assert merged(calendar(), KNOWN, half_days_until=ONE_O_CLOCK + 1800).document["overrides"] == {
        "2027-12-24": [["09:00", "13:30"]],
        "2027-12-31": [["09:00", "13:30"]],
    }
    assert merged(calendar(), KNOWN, half_days_until=17 * 3600).document["overrides"] == {}
    assert merged(calendar(), KNOWN, half_days_until=0).document["overrides"]["2027-12-24"] == []


def test_what_is_closed_anyway_is_left_out():
    document = calendar(week={"mon": [["09:00", "17:00"]]}, holidays_yearly=["12-27"])
    assert merged(document, KNOWN).document == document


def test_a_holiday_that_the_region_does_not_have_is_kept_unless_the_years_are_to_be_exact():
    document = calendar(holidays={"2027-08-02": "Team day", "2027-08-03": ""})
    kept = (Named(date(2027, 8, 2), "Team day"), Named(date(2027, 8, 3), "a holiday without a name"))
    assert difference(document).kept == kept
    assert difference(document).removed == ()
    assert merged(document, KNOWN).document["holidays"]["2027-08-02"] == "Team day"
    assert difference(document, exact=True).removed == kept
    assert difference(document, exact=True).kept == ()
    assert "2027-08-02" not in merged(document, KNOWN, exact=True).document["holidays"]


def test_an_override_is_kept_unless_the_years_are_to_be_exact():
    document = calendar(overrides={"2027-01-01": [["09:00", "11:00"]], "2027-12-24": [], "2026-01-02": []})
    found = merged(document, KNOWN)
    assert found.document["overrides"] == document["overrides"]
    assert found.difference.kept == (
        Named(date(2027, 1, 1), "open 09:00 to 11:00"),
        Named(date(2027, 12, 24), "closed"),
    )
    exact = merged(document, KNOWN, exact=True)
    assert exact.document["overrides"] == {"2026-01-02": [], "2027-12-24": [["09:00", "13:00"]]}
    assert exact.difference.removed == (Named(date(2027, 1, 1), "open 09:00 to 11:00"),)
    assert exact.difference.half_days[0].was == ()


def test_the_hours_of_a_half_day_are_changed_when_it_is_asked_for():
    once = merged(calendar(), KNOWN).document
    found = merged(once, KNOWN, half_days_until=12 * 3600).difference
    assert [(one.day.day, one.was, one.hours) for one in found.half_days] == [
        (24, (("09:00", "13:00"),), (("09:00", "12:00"),)),
        (31, None, (("09:00", "12:00"),)),
    ]
    back = merged(once, KNOWN, half_days_until=18 * 3600)
    assert back.document["overrides"] == {"2027-12-24": [["09:00", "17:00"]]}


def test_a_day_that_people_closed_is_not_opened_for_half_of_it():
    document = calendar(holidays={"2027-12-24": "Christmas Eve"})
    found = merged(document, KNOWN, half_days_until=ONE_O_CLOCK)
    assert "2027-12-24" not in found.document["overrides"]
    assert Named(date(2027, 12, 24), "Christmas Eve") in found.difference.kept
    assert merged(document, KNOWN, exact=True).document["overrides"] == {"2027-12-24": [["09:00", "13:00"]]}


def test_a_holiday_by_another_name_is_renamed_also_on_a_day_that_is_closed_anyway():
    found = difference(calendar(holidays=["2027-05-01", "2027-01-01"]))
    assert found.renamed == (
        Renamed(date(2027, 1, 1), "", "New Year's Day"),
        Renamed(date(2027, 5, 1), "", "Labour Day"),
    )


def test_a_difference_is_told_line_by_line():
    document = calendar(
        holidays={"2027-01-01": "New Year", "2027-08-02": "Team day"}, overrides={"2027-12-24": [["09:00", "10:00"]]}
    )
    assert difference(document, half_days_until=ONE_O_CLOCK).lines == (
        "added     2027-12-27 Mon  Boxing Day (observed)",
        "renamed   2027-01-01 Fri  New Year -> New Year's Day",
        "half day  2027-12-24 Fri  Christmas Eve: open 09:00 to 13:00, was open 09:00 to 10:00",
        "half day  2027-12-31 Fri  New Year's Eve (from 7pm): open 09:00 to 13:00",
        "kept      2027-08-02 Mon  Team day",
    )
    assert difference(document, exact=True).lines[1] == "removed   2027-08-02 Mon  Team day"


def test_nothing_to_change_is_said_with_what_is_kept():
    once = merged(calendar(holidays={"2027-08-02": "Team day"}), KNOWN).document
    assert not difference(once)
    assert difference(once).summary == "nothing to change, 1 kept"
    assert HolidayDifference().summary == "nothing to change"


def test_a_document_that_is_no_calendar_is_refused():
    with pytest.raises(CalendarInvalid):
        merged({"tz": "UTC"}, KNOWN)


def test_the_rulebooks_names_are_all_that_differs_from_the_library():
    team = V1.calendars["team"]
    found = merged(team.as_spec(), holiday_years(team.region, [2026, 2027, 2028])).difference
    assert (found.added, found.removed, found.half_days, found.kept) == ((), (), (), ())
    assert [one.was for one in found.renamed] == [
        "Juneteenth",
        "Juneteenth (observed)",
        "New Year's Day 2028 (observed)",
        "Juneteenth",
    ]


# --- whatever people wrote

REGIONS = ("US", "US-PR", "GB-ENG", "DE-BY", "IS", "EE", "CH-SO", "AU-QLD", "TR", "CN", "SG")
YEARS = (2026, 2027)
INTERVALS = st.sampled_from(
    [[["09:00", "17:00"]], [["09:00", "12:00"], ["13:00", "17:00"]], [["22:00", "24:00"]], [["00:00", "24:00"]]]
)
DAYS = st.dates(date(2025, 12, 20), date(2028, 1, 10)).map(date.isoformat)


@st.composite
def documents(draw: st.DrawFn, region: str) -> dict[str, Any]:
    """Calendars with dates of people's own, some of them on the region's holidays and half days."""
    found = holiday_years(region, YEARS)
    theirs = st.sampled_from([day.isoformat() for day in (*found.holidays, *found.half_days)])
    weekdays = st.sampled_from(["mon", "tue", "wed", "thu", "fri", "sat", "sun"])
    return {
        "tz": draw(st.sampled_from(["UTC", "America/Los_Angeles", "Pacific/Auckland"])),
        "week": {**draw(st.dictionaries(weekdays, INTERVALS)), "wed": [["10:00", "16:00"]]},
        "holidays": draw(st.dictionaries(DAYS | theirs, st.sampled_from(["", "Team day"]), max_size=4)),
        "holidays_yearly": draw(st.lists((DAYS | theirs).map(lambda day: day[5:]), max_size=2)),
        "overrides": draw(st.dictionaries(DAYS | theirs, INTERVALS | st.just([]), max_size=4)),
        "breaks": draw(st.dictionaries(DAYS | theirs, INTERVALS, max_size=2)),
    }


IMPORTS = st.sampled_from(REGIONS).flatmap(
    lambda region: st.tuples(
        documents(region),
        st.lists(st.sampled_from(YEARS), min_size=1, unique=True).map(lambda years: holiday_years(region, years)),
        st.fixed_dictionaries({"half_days_until": st.none() | st.integers(0, 86_400), "exact": st.booleans()}),
    )
)


@SOME
@given(IMPORTS)
def test_importing_the_same_years_twice_changes_nothing(asked):
    document, known, how = asked
    once = merged(document, known, **how)
    twice = merged(once.document, known, **how)
    assert not twice.difference
    assert twice.document == once.document
    assert bool(once.difference) == (CalendarSpec.parse(document) != CalendarSpec.parse(once.document))


@SOME
@given(IMPORTS)
def test_an_import_touches_no_other_year_and_neither_week_nor_breaks(asked):
    document, known, how = asked
    before, after = CalendarSpec.parse(document), CalendarSpec.parse(merged(document, known, **how).document)
    for part in ("holidays", "overrides"):
        others = [[row for row in getattr(spec, part) if row[0].year not in known.years] for spec in (before, after)]
        assert others[0] == others[1]
    for part in ("tz", "week", "holidays_yearly", "breaks", "business_day_seconds"):
        assert getattr(before, part) == getattr(after, part)


@SOME
@given(IMPORTS)
def test_what_people_wrote_is_kept_or_listed(asked):
    document, known, how = asked
    found = merged(document, known, **how)
    before, after = CalendarSpec.parse(document), CalendarSpec.parse(found.document)
    told = {row.day for row in (*found.difference.removed, *found.difference.half_days)}
    lost = {day for day, _ in before.holidays} - {day for day, _ in after.holidays}
    lost |= {day for day, hours in before.overrides if dict(after.overrides).get(day) != hours}
    assert lost <= told
    assert how["exact"] or how["half_days_until"] is not None or not lost


@SOME
@given(IMPORTS)
def test_a_public_holiday_is_closed_unless_people_opened_it(asked):
    document, known, how = asked
    spec = CalendarSpec.parse(merged(document, known, **how).document)
    hours = Calendar(spec)
    for day in known.holidays:
        if day not in dict(spec.overrides):
            assert spec.week[day.weekday()] == () or not _opens(hours, day)


def _opens(calendar: Calendar, day: date) -> bool:
    zone = ZoneInfo(calendar.spec.tz)
    start = datetime(day.year, day.month, day.day, tzinfo=zone)
    tomorrow = day + timedelta(days=1)
    return calendar.elapsed(start, datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=zone)) > 0
