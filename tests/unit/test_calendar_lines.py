"""A calendar as lines of a form, and as a month: what people type is what is counted by."""

from datetime import date

import pytest

from checklist.rulebook import Rulebook
from desk.viewing.calendar_lines import as_fields, read_fields
from desk.viewing.month import month_of
from review.calendar_spec import CalendarInvalid, CalendarSpec

SPEC = CalendarSpec.parse(
    {
        "tz": "Europe/London",
        "week": {"mon": [["09:00", "12:00"], ["13:00", "17:00"]], "tue": [["09:00", "17:00"]]},
        "holidays": {"2026-12-28": "Boxing Day (observed)"},
        "holidays_yearly": {"12-25": "Christmas Day"},
        "overrides": {"2026-12-22": [["10:00", "12:00"]], "2026-12-15": []},
        "breaks": {"2026-12-21": [["10:00", "11:00"]]},
    }
)


@pytest.mark.parametrize("spec", [SPEC, CalendarSpec.parse(Rulebook.load("v1").calendars["team"].as_spec())])
def test_what_a_form_shows_is_read_back_to_the_same_calendar(spec):
    assert CalendarSpec.parse(read_fields(as_fields(spec))) == spec


@pytest.mark.parametrize(
    ("field", "typed", "told"),
    [
        ("mon", "nine to five", "mon: 'nine to five'; expected hours such as 09:00-12:00"),
        ("holidays", "2026-12-25 A\n2026-12-25 B", "holidays: '2026-12-25' twice"),
        ("holidays", "25.12.2026", "holidays: '25.12.2026'; expected a date"),
        ("overrides", "2026-12-24 late", "overrides, 2026-12-24: 'late'; expected hours"),
        ("tz", "Mars", "tz: 'Mars'; expected"),
        ("business_day_seconds", "-1", "business_day_seconds: '-1'"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_field(field, typed, told):
    with pytest.raises(CalendarInvalid) as refused:
        read_fields({**as_fields(SPEC), field: typed})
    assert told in str(refused.value)


def test_a_month_shows_each_day_by_the_rules_in_their_order():
    month = month_of(SPEC, date(2026, 12, 9))
    days = {day.date.day: day for week in month.weeks for day in week if day is not None}
    assert len(days) == 31
    assert all(len(week) == 7 for week in month.weeks)
    assert (days[1].hours, days[2].hours) == (["09:00–17:00"], [])
    assert (days[15].hours, days[15].why) == ([], "Other hours")
    assert days[21].hours == ["09:00–10:00", "11:00–12:00", "13:00–17:00"]
    assert days[22].hours == ["10:00–12:00"]
    assert days[28].why == "Boxing Day (observed)"
    assert days[25].why == "Christmas Day"
    assert (month.before, month.after) == ("2026-11", "2027-01")
