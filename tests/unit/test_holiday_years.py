"""What the holidays library has of a region, and how it says what it has not."""

from datetime import date

import pytest

from checklist.rulebook import Rulebook
from review.holiday_years import HalfDay, RegionUnknown, YearUnknown, holiday_years, years_known

NINE_TO_FIVE = ((9 * 3600, 17 * 3600),)
WITH_LUNCH = ((9 * 3600, 12 * 3600), (13 * 3600, 17 * 3600))


def at(text: str) -> int:
    hour, minute = text.split(":")
    return int(hour) * 3600 + int(minute) * 60


def hours(*pairs: tuple[str, str]) -> tuple[tuple[int, int], ...]:
    return tuple((at(opens), at(closes)) for opens, closes in pairs)


def test_a_country_has_its_observed_days_beside_the_days_themselves():
    found = holiday_years("US", [2027]).holidays
    assert found[date(2027, 7, 4)] == "Independence Day"
    assert found[date(2027, 7, 5)] == "Independence Day (observed)"
    # The first of January 2028 is a Saturday, so the Friday before is off.
    assert found[date(2027, 12, 31)] == "New Year's Day (observed)"


@pytest.mark.parametrize("year", [2026, 2027, 2028])
def test_a_year_has_the_same_days_alone_as_among_its_neighbours(year):
    together = holiday_years("US", range(2025, 2030)).holidays
    alone = holiday_years("US", [year]).holidays
    assert alone == {day: name for day, name in together.items() if day.year == year}


def test_a_part_of_a_country_has_days_that_the_country_has_not():
    assert date(2027, 1, 6) not in holiday_years("DE", [2027]).holidays
    assert holiday_years("DE-BY", [2027]).holidays[date(2027, 1, 6)] == "Epiphany"
    assert date(2027, 3, 29) not in holiday_years("GB-SCT", [2027]).holidays
    assert holiday_years("GB-ENG", [2027]).holidays[date(2027, 3, 29)] == "Easter Monday"
    assert holiday_years("US-CA", [2027]).holidays[date(2027, 11, 26)] == "Day After Thanksgiving"


def test_names_are_english_whatever_the_machine_speaks(monkeypatch):
    monkeypatch.setenv("LANGUAGE", "de")
    assert holiday_years("DE", [2027]).holidays[date(2027, 10, 3)] == "German Unity Day"


def test_a_day_that_is_off_altogether_is_no_half_day():
    found = holiday_years("US-PR", [2026, 2027])
    assert date(2027, 12, 24) in found.holidays
    assert list(found.half_days) == [date(2026, 12, 24)]


@pytest.mark.parametrize(
    ("region", "day", "of_nine_to_five", "with_lunch"),
    [
        ("US-PR", date(2026, 12, 24), [("09:00", "12:00")], [("09:00", "12:00")]),
        ("IS", date(2026, 12, 24), [("09:00", "13:00")], [("09:00", "12:00")]),
        ("EE", date(2026, 2, 23), [("09:00", "14:00")], [("09:00", "12:00"), ("13:00", "14:00")]),
        ("AU-QLD", date(2026, 12, 24), [("09:00", "17:00")], [("09:00", "12:00"), ("13:00", "17:00")]),
        ("CH-SO", date(2026, 5, 1), [("09:00", "13:00")], [("09:00", "12:00"), ("13:00", "13:30")]),
    ],
)
def test_a_half_day_ends_when_its_name_says_so_else_after_half_of_the_open_time(
    region, day, of_nine_to_five, with_lunch
):
    half_day = holiday_years(region, [2026]).half_days[day]
    assert half_day.hours(NINE_TO_FIVE) == hours(*of_nine_to_five)
    assert half_day.hours(WITH_LUNCH) == hours(*with_lunch)


def test_a_half_day_ends_when_somebody_says_so():
    half_day = HalfDay("Christmas Eve (from 1pm)")
    assert half_day.hours(WITH_LUNCH, at("14:30")) == hours(("09:00", "12:00"), ("13:00", "14:30"))
    assert half_day.hours(WITH_LUNCH, at("08:00")) == ()


def test_twelve_at_noon_is_noon():
    assert HalfDay("Eve (from 12pm)").hours(NINE_TO_FIVE) == hours(("09:00", "12:00"))
    assert HalfDay("Eve (from 4:30pm)").hours(NINE_TO_FIVE) == hours(("09:00", "16:30"))
    assert HalfDay("Eve (from 12am)").hours(NINE_TO_FIVE) == ()


@pytest.mark.parametrize(
    ("region", "message"),
    [
        ("UK", "has no country 'UK'; near it: GB"),
        ("USX", "has no country 'USX'; near it: "),
        ("", "has no country ''; near it: two letters as in US or DE"),
        ("GB-XX", "has no part 'XX' of GB; it has ENG, NIR, SCT, WLS"),
        ("US-CALIF", "has no part 'CALIF' of US; near it: AL, CA"),
        ("US-QQQ", ", such as AK, AL, AR"),
        ("SG-01", "has no part '01' of SG; it has none: give SG alone"),
        ("NZ-XX", "has no part 'XX' of NZ; it has AUK, BOP, CAN, "),
    ],
)
def test_a_region_that_is_unknown_is_said_with_what_comes_near(region, message):
    with pytest.raises(RegionUnknown) as raised:
        holiday_years(region, [2027])
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


def test_years_beyond_the_library_are_said_with_those_it_has():
    with pytest.raises(YearUnknown, match=r"has the holidays of LK from 2003 to \d{4}, not of 2099, 2200$"):
        holiday_years("LK", [2020, 2200, 2099])
    assert 2026 in years_known("US")


def test_what_the_library_warns_of_is_handed_on():
    assert holiday_years("IN", [2030]).remarks == ()
    assert "2001 to 2035" in holiday_years("IN", [2040]).remarks[0]


def test_the_rulebooks_team_calendar_has_the_working_days_off_that_its_region_has():
    team = Rulebook.load("v1").calendars["team"]
    years = {day.year for day in team.holidays}
    found = holiday_years(team.region, years).holidays
    assert years == {2026, 2027, 2028}
    assert sorted(team.holidays) == [day for day in found if day.weekday() < 5]
