"""Until which day something is to be fixed: business days of a calendar, counted from the decision."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from review.calendar import BeyondCalendar, Calendar
from review.calendar_spec import CalendarSpec
from review.reasons_due import fix_by

NINE_TO_FIVE = [["09:00", "17:00"]]
WORKDAYS = ("mon", "tue", "wed", "thu", "fri")
WEEK = dict.fromkeys(WORKDAYS, NINE_TO_FIVE)
LOS_ANGELES = ZoneInfo("America/Los_Angeles")


def calendar(**changes) -> Calendar:
    return Calendar.compile(CalendarSpec.parse({"tz": "America/Los_Angeles", "week": WEEK, **changes}))


def local(day: str, hour: int = 10) -> datetime:
    return datetime.combine(date.fromisoformat(day), time(hour), LOS_ANGELES).astimezone(UTC)


@pytest.mark.parametrize(
    ("decided", "days", "last"),
    [
        ("2026-11-23", 1, "2026-11-24"),
        ("2026-11-23", 5, "2026-11-30"),
        ("2026-11-27", 1, "2026-11-30"),
        ("2026-11-28", 1, "2026-11-30"),
        ("2026-11-29", 2, "2026-12-01"),
        ("2026-12-31", 1, "2027-01-01"),
    ],
)
def test_weekends_are_not_counted_and_neither_is_the_day_of_the_decision(decided: str, days: int, last: str):
    assert fix_by(calendar(), local(decided), days) == date.fromisoformat(last)


def test_holidays_are_not_counted_and_a_short_day_is_one_day():
    thanksgiving = calendar(holidays={"2026-11-26": "Thanksgiving"}, overrides={"2026-11-27": [["09:00", "10:00"]]})
    assert [fix_by(thanksgiving, local("2026-11-25"), days).isoformat() for days in (1, 2)] == [
        "2026-11-27",
        "2026-11-30",
    ]


def test_the_hour_of_the_decision_does_not_matter_but_its_day_in_the_calendars_zone_does():
    team = calendar()
    assert {fix_by(team, local("2026-11-23", hour), 1) for hour in (0, 9, 16, 23)} == {date(2026, 11, 24)}
    assert fix_by(team, datetime(2026, 11, 24, 2, tzinfo=UTC), 1) == date(2026, 11, 24), "there it is Monday still"


def test_a_midnight_that_daylight_saving_skips_is_no_trouble():
    """In Beirut the clocks went from midnight to one on 2024-03-31."""
    beirut = Calendar.compile(CalendarSpec.parse({"tz": "Asia/Beirut", "week": {**WEEK, "sun": NINE_TO_FIVE}}))
    assert fix_by(beirut, datetime(2024, 3, 30, 12, tzinfo=UTC), 1) == date(2024, 3, 31)


def test_a_calendar_that_never_opens_again_says_so():
    ended = Calendar.compile(
        CalendarSpec.parse({"tz": "Etc/UTC", "week": {}, "overrides": {"2026-11-24": NINE_TO_FIVE}})
    )
    assert fix_by(ended, datetime(2026, 11, 23, 9, tzinfo=UTC), 1) == date(2026, 11, 24)
    with pytest.raises(BeyondCalendar):
        fix_by(ended, datetime(2026, 11, 23, 9, tzinfo=UTC), 2)


@given(
    zone=st.sampled_from(["America/Los_Angeles", "Asia/Beirut", "Pacific/Apia", "Etc/UTC", "Europe/London"]),
    open_days=st.sets(st.sampled_from(["mon", "tue", "wed", "thu", "fri", "sat", "sun"]), min_size=1),
    holidays=st.sets(st.dates(date(2026, 10, 1), date(2027, 4, 1)), max_size=20),
    decided=st.datetimes(datetime(2026, 9, 1), datetime(2027, 3, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - bounds of the strategy
    days=st.integers(1, 30),
)
def test_it_is_the_nth_date_with_open_hours_after_the_decisions(zone, open_days, holidays, decided, days):
    team = Calendar.compile(
        CalendarSpec.parse(
            {
                "tz": zone,
                "week": dict.fromkeys(open_days, NINE_TO_FIVE),
                "holidays": sorted(day.isoformat() for day in holidays),
            }
        )
    )
    weekdays = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    day, counted = decided.astimezone(ZoneInfo(zone)).date(), 0
    while counted < days:
        day += timedelta(days=1)
        counted += weekdays[day.weekday()] in open_days and day not in holidays
    assert fix_by(team, decided, days) == day
