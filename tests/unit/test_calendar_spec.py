"""A calendar document: what is accepted, and how a wrong one is named."""

import tomllib

import jsonschema
import pytest

from review.calendar import CalendarInvalid, CalendarSpec
from review.calendar_spec import json_schema

WEEK = {"mon": [["09:00", "17:00"]]}


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([], "calendar: []; expected an object"),
        ({"week": WEEK}, "tz is missing"),
        ({"tz": "UTC"}, "week is missing"),
        ({"tz": "Mars/Base", "week": WEEK}, "tz: 'Mars/Base'; expected the name of a time zone"),
        ({"tz": "../etc/passwd", "week": WEEK}, "tz: '../etc/passwd'"),
        ({"tz": "America", "week": WEEK}, "tz: 'America'"),
        ({"tz": None, "week": WEEK}, "tz: None"),
        ({"tz": "UTC", "week": WEEK, "hours": {}}, "unknown key 'hours'; expected tz, week, holidays"),
        ({"tz": "UTC", "week": []}, "week: []; expected an object"),
        ({"tz": "UTC", "week": {"monday": []}}, "week: 'monday'; expected weekdays among mon"),
        ({"tz": "UTC", "week": {"mon": "09:00-17:00"}}, "week.mon: '09:00-17:00'; expected a list"),
        ({"tz": "UTC", "week": {"mon": [["09:00"]]}}, "week.mon: ['09:00']; expected a pair"),
        ({"tz": "UTC", "week": {"mon": [["9:00", "17:00"]]}}, "week.mon: '9:00'; expected a wall-clock time"),
        ({"tz": "UTC", "week": {"mon": [["09:00", "24:01"]]}}, "week.mon: '24:01'"),
        ({"tz": "UTC", "week": {"mon": [["09:00", "17:60"]]}}, "week.mon: '17:60'"),
        ({"tz": "UTC", "week": {"mon": [["09:00", 17]]}}, "week.mon: 17"),
        (
            {"tz": "UTC", "week": {"mon": [["17:00", "09:00"]]}},
            "week.mon: ['17:00', '09:00']; expected from before to",
        ),
        ({"tz": "UTC", "week": {"mon": [["09:00", "09:00"]]}}, "expected from before to"),
        ({"tz": "UTC", "week": WEEK, "holidays": "2026-12-25"}, "holidays: '2026-12-25'; expected a list"),
        ({"tz": "UTC", "week": WEEK, "holidays": ["25.12.2026"]}, "holidays: '25.12.2026'; expected a date"),
        ({"tz": "UTC", "week": WEEK, "holidays": ["2026-02-30"]}, "expected a date that exists"),
        (
            {"tz": "UTC", "week": WEEK, "holidays": {"2026-12-25": 1}},
            "holidays, 2026-12-25: 1; expected the holiday's name",
        ),
        (
            {"tz": "UTC", "week": WEEK, "holidays_yearly": ["02-30"]},
            "holidays_yearly: '02-30'; expected a day of the year",
        ),
        ({"tz": "UTC", "week": WEEK, "overrides": []}, "overrides: []; expected an object from date"),
        ({"tz": "UTC", "week": WEEK, "breaks": {"monday": []}}, "breaks: 'monday'; expected a date"),
        (
            {"tz": "UTC", "week": WEEK, "business_day_seconds": 0},
            "business_day_seconds: 0; expected whole seconds",
        ),
        ({"tz": "UTC", "week": {"mon": []}}, "no open hours"),
    ],
)
def test_a_wrong_document_is_named_in_one_line(document, message):
    with pytest.raises(CalendarInvalid) as raised:
        CalendarSpec.parse(document)
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


def test_long_values_are_shortened_in_the_message():
    with pytest.raises(CalendarInvalid) as raised:
        CalendarSpec.parse({"tz": "x" * 10_000, "week": WEEK})
    assert len(str(raised.value)) < 200


def test_intervals_of_one_date_are_merged_because_open_means_in_any_of_them():
    rows = [["13:00", "17:00"], ["09:00", "12:00"], ["11:00", "13:00"]]
    assert CalendarSpec.parse({"tz": "UTC", "week": {"mon": rows}}) == CalendarSpec.parse({"tz": "UTC", "week": WEEK})


def test_toml_dates_and_times_say_the_same_as_text():
    written = CalendarSpec.parse(
        {
            "tz": "UTC",
            "week": {"mon": [["09:00", "17:00:30"]]},
            "holidays": ["2026-12-25"],
            "holidays_yearly": ["01-01"],
        }
    )
    native = tomllib.loads(
        'tz = "UTC"\nholidays = [2026-12-25]\nholidays_yearly = ["01-01"]\n[week]\nmon = [[09:00:00, 17:00:30]]'
    )
    assert CalendarSpec.parse(native) == written


def test_a_spec_written_out_reads_back_equal():
    spec = CalendarSpec.parse(
        {
            "tz": "Europe/London",
            "week": {"mon": [["09:00", "12:00"], ["13:00:15", "24:00"]], "sun": []},
            "holidays": {"2026-12-25": "Christmas Day"},
            "holidays_yearly": {"02-29": "Leap day"},
            "overrides": {"2026-12-24": [["09:00", "13:00"]], "2026-12-31": []},
            "breaks": {"2026-12-23": [["12:00", "14:00"]]},
            "business_day_seconds": 27_000,
        }
    )
    assert CalendarSpec.parse(spec.as_document()) == spec
    assert hash(CalendarSpec.parse(spec.as_document())) == hash(spec)


def test_the_published_schema_accepts_what_a_spec_writes_and_what_people_write():
    validator = jsonschema.Draft202012Validator(json_schema())
    validator.check_schema(json_schema())
    written = {
        "tz": "Europe/London",
        "week": {"mon": [["09:00", "12:00"], ["13:00:15", "24:00"]], "sun": []},
        "holidays": {"2026-12-25": "Christmas Day"},
        "holidays_yearly": ["02-29"],
        "overrides": {"2026-12-24": [["09:00", "13:00"]], "2026-12-31": []},
        "breaks": {"2026-12-23": [["12:00", "14:00"]]},
        "business_day_seconds": 27_000,
    }
    for document in (written, CalendarSpec.parse(written).as_document(), {"tz": "UTC", "week": WEEK}):
        validator.validate(document)


@pytest.mark.parametrize(
    "change",
    [
        {"tz": ""},
        {"week": {"monday": []}},
        {"week": {"mon": [["9:00", "17:00"]]}},
        {"week": {"mon": [["09:00"]]}},
        {"holidays": {"25.12.2026": "Christmas Day"}},
        {"holidays_yearly": ["1-1"]},
        {"overrides": {"2026-12-24": "closed"}},
        {"business_day_seconds": 0},
        {"region": "US"},
    ],
)
def test_the_published_schema_refuses_what_a_spec_refuses(change):
    document = {"tz": "UTC", "week": WEEK, **change}
    assert not jsonschema.Draft202012Validator(json_schema()).is_valid(document)
    with pytest.raises(CalendarInvalid):
        CalendarSpec.parse(document)
