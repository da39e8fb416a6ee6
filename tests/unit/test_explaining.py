"""Why a clock is due when it is: the account, and the account in sentences."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.viewing.explaining import Terms, sentences
from desk.viewing.team_time import TeamTime
from models.enums import TargetName
from review.calendar import Calendar, CalendarSpec, Reason
from review.clock import ClockState
from review.explaining import account

OFFICE = Calendar.compile(
    CalendarSpec.parse(
        {
            "tz": "America/Los_Angeles",
            "week": {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")},
            "holidays": {"2026-11-26": "Thanksgiving Day"},
            "overrides": {"2026-12-24": [["09:00", "12:00"]]},
            "breaks": {"2026-12-02": [["12:00", "13:00"]]},
        }
    )
)
PACIFIC = ZoneInfo("America/Los_Angeles")
TWO_DAYS = 57_600
TERMS = Terms(
    target=TargetName.FIRST_RESPONSE,
    calendar="version 1 of the calendar team",
    policy="version 1 of the policy v1",
)


def at(month: int, day: int, hour: int, minute: int = 0) -> datetime:
    """A wall-clock time of 2026 where the team is."""
    return datetime(2026, month, day, hour, minute, tzinfo=PACIFIC).astimezone(UTC)


def told(state: ClockState, now: datetime) -> list[str]:
    time = TeamTime(now, PACIFIC, 28_800)
    return list(sentences(TERMS, state, account(OFFICE, state, at=now), time))


def test_a_pause_that_begins_as_the_time_is_used_up_puts_off_the_breach_alone():
    state = ClockState(at(11, 23, 9), TWO_DAYS, pauses=((at(11, 24, 17), None),))
    lines = told(state, at(11, 24, 18))
    assert lines[0] == "First response: due Tue 24 Nov, 17:00 PST, when 2 business days (16 open hours) are used up."
    assert not [line for line in lines if line.startswith("That is a closing time")]


def test_a_due_date_over_a_holiday_says_which_days_counted_and_which_did_not():
    assert told(ClockState(at(11, 24, 16, 30), TWO_DAYS), at(11, 25, 11)) == [
        "First response: due Fri 27 Nov, 16:30 PST, when 2 business days (16 open hours) are used up.",
        "Time has counted since Tue 24 Nov, 16:30 PST, when the submission came in.",
        "Counted on the way: Tue 24 Nov 30 min, Wed 25 Nov 1 business day and Fri 27 Nov 7 h 30 min.",
        "Not counted: Thu 26 Nov (Thanksgiving Day); nights and days without hours have no line.",
        (
            "Hours and holidays are version 1 of the calendar team, in America/Los_Angeles; the promise is version 1 of the "
            "policy v1."
        ),
    ]


def test_a_pause_says_from_when_to_when_and_what_it_moved():
    state = ClockState(at(11, 30, 9), TWO_DAYS, ((at(11, 30, 12), at(12, 1, 10)),))
    words = told(state, at(12, 1, 11))
    assert words[0].startswith("First response: due Wed 2 Dec, 16:00 PST")
    assert (
        "Waiting on the partner from Mon 30 Nov, 12:00 PST to Tue 1 Dec, 10:00 PST: 6 h did not count; the due date "
        "moved by as much." in words
    )
    assert "Not counted: Wed 2 Dec (break); nights and days without hours have no line." in words


def test_while_the_partner_is_waited_for_nothing_is_due():
    words = told(ClockState(at(11, 23, 9), TWO_DAYS, ((at(11, 23, 12), None),)), at(11, 24, 11))
    assert words[0] == (
        "First response: not due while the partner is waited for. 1 business day 5 h are left of 2 business days "
        "(16 open hours) once they answer."
    )
    assert "Waiting on the partner from Mon 23 Nov, 12:00 PST on, and still: 7 h did not count." in words


def test_a_due_date_at_a_close_says_from_when_on_it_is_late():
    words = told(ClockState(at(12, 3, 9), TWO_DAYS), at(12, 3, 11))
    assert words[0].startswith("First response: due Fri 4 Dec, 17:00 PST")
    assert words[-2] == (
        "That is a closing time: it is late only once the team is open again, after Mon 7 Dec, 09:00 PST."
    )


def test_what_is_late_says_by_how_much():
    assert told(ClockState(at(12, 7, 9), TWO_DAYS), at(12, 10, 10))[1] == "It is 1 business day 1 h late by now."


def test_what_was_answered_says_how_much_it_took():
    state = ClockState(at(12, 7, 9), TWO_DAYS, stopped_at=at(12, 8, 10))
    assert told(state, at(12, 20, 10))[0] == (
        "First response: answered Tue 8 Dec, 10:00 PST, after 1 business day 1 h of 2 business days (16 open hours)."
    )


def test_a_change_of_the_clocks_on_the_way_is_said():
    words = told(ClockState(at(10, 30, 9), TWO_DAYS), at(10, 30, 11))
    assert "Clocks there change on Sun 1 Nov (back 60 min); hours are those of the wall clock." in words


def test_other_hours_on_a_day_are_named():
    words = told(ClockState(at(12, 23, 9), TWO_DAYS), at(12, 23, 11))
    assert "Not counted: Thu 24 Dec (other hours on this day); nights" in " ".join(words)


def test_many_days_are_summed_up():
    words = told(ClockState(at(12, 1, 9), 8 * 28_800), at(12, 1, 11))
    assert words[2] == "Counted on the way: 8 business days on 9 days from Tue 1 Dec to Fri 11 Dec."


@pytest.mark.parametrize("target", TargetName)
def test_every_target_says_since_when_it_has_counted(target):
    state = ClockState(at(12, 7, 9), TWO_DAYS)
    time = TeamTime(at(12, 7, 10), PACIFIC, 28_800)
    terms = Terms(target=target, calendar="c", policy="p")
    assert "when " in sentences(terms, state, account(OFFICE, state, at=time.at), time)[1]


MINUTES = st.integers(0, 40 * 1_440).map(
    lambda minutes: datetime(2026, 11, 16, tzinfo=UTC) + timedelta(minutes=minutes)
)


@st.composite
def states(draw: st.DrawFn) -> ClockState:
    pairs = [tuple(sorted(pair)) for pair in draw(st.lists(st.tuples(MINUTES, MINUTES), max_size=3))]
    if draw(st.booleans()):
        pairs.append((draw(MINUTES), None))
    begin = draw(MINUTES)
    stopped_at = draw(st.none() | MINUTES.filter(lambda instant: instant >= begin))
    return ClockState(begin, draw(st.integers(1, 60)) * 3_600, tuple(pairs), stopped_at)


@given(state=states(), now=MINUTES)
def test_the_account_adds_up_to_what_it_explains(state, now):
    counted = account(OFFICE, state, at=now)
    total = counted.rows[-1].total if counted.rows else 0
    assert sum(day.counted for day in counted.days) == total
    if state.stopped_at is None and counted.due_at is not None:
        assert total == state.target_seconds
    if state.stopped_at is not None and state.stopped_at <= now:
        assert total == counted.used
    assert counted.paused == sum(row.seconds for row in counted.rows if row.reason is Reason.PAUSE)
    assert told(state, now)


def test_days_are_local_dates_with_each_reason_once():
    state = ClockState(at(12, 2, 9), 28_800 - 3_600, ((at(12, 2, 10), at(12, 2, 11)), (at(12, 2, 14), at(12, 2, 15))))
    first = account(OFFICE, state, at=at(12, 2, 16)).days[0]
    assert (first.day, first.counted) == (date(2026, 12, 2), 5 * 3_600)
    assert first.closed == ((Reason.PAUSE, ""), (Reason.BREAK, ""))
