from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from models.enums import ChosenCategory, EventName, HeldFor, How
from notifications.message import Category
from notifications.rhythm import (
    RHYTHM,
    USUAL_QUIET,
    Habit,
    Quiet,
    QuietInvalid,
    Side,
    Today,
    Wait,
    end_of_day,
    is_quiet,
    is_urgent,
    is_work,
    next_digest_at,
    quiet_until,
    start_of_day,
    usual_quiet,
    wait_of_digest,
    wait_of_one,
    zone_of,
)

BERLIN = ZoneInfo("Europe/Berlin")
MONDAY_NOON = datetime(2026, 11, 23, 11, tzinfo=UTC)
ZONES = [
    zone_of(name)
    for name in (
        "Europe/Berlin",
        "America/Los_Angeles",
        "Asia/Kolkata",
        "Pacific/Kiritimati",
        "Australia/Lord_Howe",
        "America/Santiago",
        "Africa/Cairo",
        "Etc/UTC",
    )
]


def local(year, month, day, hour, minute=0, zone=BERLIN):
    return datetime(year, month, day, hour, minute, tzinfo=zone).astimezone(UTC)


@st.composite
def quiets(draw):
    begins, ends = (draw(st.times()).replace(second=0, microsecond=0) for _ in range(2))
    try:
        return Quiet(begins, ends)
    except QuietInvalid:
        assume(False)


instants = st.datetimes(datetime(2024, 1, 1), datetime(2028, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - aware by timezones
zones = st.sampled_from(ZONES)


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (local(2026, 11, 23, 8, 59), local(2026, 11, 23, 9)),
        (local(2026, 11, 23, 9), local(2026, 11, 24, 9)),
        (local(2026, 11, 27, 9, 1), local(2026, 11, 30, 9)),
        (local(2026, 11, 28, 12), local(2026, 11, 30, 9)),
        (local(2026, 3, 27, 12), local(2026, 3, 30, 9)),  # the clocks go forward in between
    ],
)
def test_a_digest_comes_at_nine_of_the_next_weekday(at, expected):
    assert next_digest_at(at, BERLIN) == expected


def test_a_digest_waits_for_the_end_of_quiet_hours_that_reach_into_the_day():
    late = Quiet(time(22), time(11))
    assert next_digest_at(local(2026, 11, 23, 8), BERLIN, late) == local(2026, 11, 23, 11)


@given(instants, zones, st.none() | quiets())
def test_every_digest_comes_in_working_hours_within_four_days(at, zone, quiet):
    digest = next_digest_at(at, zone, quiet)
    assert at < digest <= at + timedelta(days=4, hours=2)
    assert is_work(digest, zone, quiet)


@given(instants, zones, quiets())
def test_quiet_time_ends_where_it_is_not_quiet_and_no_whole_hour_too_late(at, zone, quiet):
    assume(is_quiet(at, zone, quiet))
    end = quiet_until(at, zone, quiet)
    assert at < end
    assert not is_quiet(end, zone, quiet)
    # In a gap of the clock the end can be told late, by the gap at most.
    assert is_quiet(end - timedelta(hours=1, minutes=1), zone, quiet) or end - timedelta(hours=1, minutes=1) < at


def test_quiet_time_is_nights_and_whole_weekends():
    friday_night, sunday, monday = local(2026, 11, 27, 20), local(2026, 11, 29, 12), local(2026, 11, 30, 7)
    assert not is_quiet(friday_night - timedelta(minutes=1), BERLIN, USUAL_QUIET)
    assert quiet_until(friday_night, BERLIN, USUAL_QUIET) == monday
    assert quiet_until(sunday, BERLIN, USUAL_QUIET) == monday
    assert not is_quiet(monday, BERLIN, USUAL_QUIET)


def test_nobody_knows_the_nights_of_somebody_who_told_no_zone():
    assert usual_quiet("Etc/UTC") is None
    assert usual_quiet("Europe/Berlin") == USUAL_QUIET


@pytest.mark.parametrize(
    ("begins", "ends", "because"),
    [
        (time(9), time(9), "begin when they end"),
        (time(8), time(18), "working hours"),
        (time(9, 30), time(9), "working"),
    ],
)
def test_quiet_hours_that_leave_no_room_are_refused(begins, ends, because):
    with pytest.raises(QuietInvalid, match=because):
        Quiet(begins, ends)


@given(instants, zones)
def test_a_day_is_the_persons_own(at, zone):
    begins, ends = start_of_day(at, zone), end_of_day(at, zone)
    assert begins <= at <= ends
    assert begins.astimezone(zone).date() == ends.astimezone(zone).date() == at.astimezone(zone).date()


PARTNER = Habit(Side.PARTNER, "Europe/Berlin", USUAL_QUIET)


def test_a_message_goes_out_at_once_by_day():
    assert wait_of_one(PARTNER, Category.STATUS, MONDAY_NOON, Today(5), 6) is None


def test_a_message_waits_for_the_morning_at_night():
    at = local(2026, 11, 23, 23)
    assert wait_of_one(PARTNER, Category.STATUS, at, Today(), 6) == Wait(local(2026, 11, 24, 7), HeldFor.QUIET)


def test_what_is_wanted_in_a_digest_waits_for_the_next_one():
    habit = Habit(Side.TEAM, "Europe/Berlin", None, {ChosenCategory.WORK: How.DIGEST})
    expected = Wait(local(2026, 11, 24, 9), HeldFor.DIGEST)
    assert wait_of_one(habit, Category.WORK, MONDAY_NOON, Today(), 6) == expected


def test_the_rest_of_a_full_day_comes_in_the_next_mornings_digest():
    expected = Wait(local(2026, 11, 24, 9), HeldFor.CAP)
    assert wait_of_one(PARTNER, Category.STATUS, MONDAY_NOON, Today(6), 6) == expected
    before_nine = local(2026, 11, 23, 8)
    assert wait_of_one(PARTNER, Category.STATUS, before_nine, Today(6), 6) == expected


def test_a_digest_that_is_still_to_come_keeps_its_place_of_the_day():
    assert wait_of_one(PARTNER, Category.STATUS, MONDAY_NOON, Today(5, digest_to_come=True), 6) is not None
    assert wait_of_digest(PARTNER, MONDAY_NOON, Today(5), 6) is None
    assert wait_of_digest(PARTNER, MONDAY_NOON, Today(6), 6) == local(2026, 11, 24, 9)


def test_the_team_has_no_cap():
    assert wait_of_one(Habit(Side.TEAM, "Europe/Berlin", None), Category.WORK, MONDAY_NOON, Today(99), 6) is None


@pytest.mark.parametrize("event", [EventName.APPROVED, EventName.CHANGES_REQUESTED, EventName.REGRESSED])
def test_decisions_and_falls_are_urgent(event):
    assert is_urgent(Category.STATUS, event, receipt=False)


def test_escalations_and_receipts_are_urgent_and_notes_are_not():
    assert is_urgent(Category.ESCALATION, EventName.PATH_STUCK, receipt=False)
    assert is_urgent(Category.STATUS, EventName.SUBMISSION_ACKNOWLEDGED, receipt=True)
    assert not is_urgent(Category.WORK, EventName.ASSIGNED, receipt=False)
    assert not is_urgent(Category.STATUS, EventName.CLAIMED, receipt=False)


def test_whatever_may_be_chosen_is_a_category_of_messages():
    assert {category.value for category in ChosenCategory} <= {category.value for category in Category}
    assert {category for _, category in RHYTHM} == set(ChosenCategory)
