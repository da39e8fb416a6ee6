"""Another policy as it is typed after `--what-if`, and how a wrong text is refused in one line."""

import json

import pytest

from desk.cli.errors import InputWrong
from desk.reporting.supposing import require_known, supposed
from models.enums import TargetName
from review.reports.what_if import Amount, Unit

WEEK = {"tz": "Europe/London", "week": {"mon": [["09:00", "17:00"]]}}
EXPECTED = f"expected TARGET=AMOUNT, a target among {', '.join(TargetName)}, an amount such as 1bd or 8h; or calendar.NAME=FILE"


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("first_response=1bd", Amount(1, Unit.BUSINESS_DAY)),
        ("first_response=1.5bd", Amount(1.5, Unit.BUSINESS_DAY)),
        ("first_response=8h", Amount(8, Unit.HOUR)),
        (" first_response = 0.5h ", Amount(0.5, Unit.HOUR)),
    ],
)
def test_an_amount_is_business_days_or_hours(text, amount):
    assert supposed([text]).targets == {TargetName.FIRST_RESPONSE: amount}


def test_several_go_together():
    policy = supposed(["first_response=1bd", "decision=20h"])

    assert set(policy.targets) == {TargetName.FIRST_RESPONSE, TargetName.DECISION}
    assert policy.calendars == {}


@pytest.mark.parametrize(
    "text",
    [
        "first_respons=1bd",
        "first_response=1",
        "first_response=1d",
        "first_response=-1bd",
        "first_response=0bd",
        "first_response=0.0001h",
        "first_response=1e9h",
        "first_response=9999999h",
        "first_response=1,5bd",
        "first_response=٣h",
        "first_response=",
        "first_response",
        "=1bd",
        "calendar.team",
        "",
    ],
)
def test_a_text_that_means_nothing_is_refused_with_what_was_expected(text):
    with pytest.raises(InputWrong) as wrong:
        supposed([text])
    assert str(wrong.value) == f"--what-if {text!r}: {EXPECTED}"


def test_a_target_given_twice_is_refused():
    with pytest.raises(InputWrong, match=r"--what-if 'decision=2bd': decision is given twice; expected it once"):
        supposed(["decision=1bd", "decision=2bd"])


def test_a_calendar_takes_the_hours_of_a_file(tmp_path):
    file = tmp_path / "summer.json"
    file.write_text(json.dumps(WEEK))

    policy = supposed([f"calendar.team={file}"])

    assert policy.calendars["team"].spec.tz == "Europe/London"
    require_known(policy, ["team", "weekend"])


def test_hours_for_a_calendar_that_nobody_knows_are_refused(tmp_path):
    file = tmp_path / "summer.json"
    file.write_text(json.dumps(WEEK))

    with pytest.raises(InputWrong, match=r"--what-if 'calendar.tem=…': expected a calendar among team, weekend"):
        require_known(supposed([f"calendar.tem={file}"]), ["weekend", "team"])


def test_a_calendar_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InputWrong, match=r"missing.toml: can't be read"):
        supposed([f"calendar.team={tmp_path / 'missing.toml'}"])


def test_a_calendar_file_that_is_wrong_is_named_with_its_mistake(tmp_path):
    file = tmp_path / "never.json"
    file.write_text(json.dumps({"tz": "Europe/London", "week": {}}))

    with pytest.raises(InputWrong, match=r"--what-if 'calendar.team=.*never.json': calendar: no open hours"):
        supposed([f"calendar.team={file}"])
