"""The SLA clock: due, breached, paused, and who must hear of it when."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from review import clock
from review.calendar import Calendar, CalendarSpec
from review.clock import ClockInvalid, ClockState, Rung

WEEK = {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
OFFICE = Calendar.compile(CalendarSpec.parse({"tz": "UTC", "week": WEEK}))
TWO_DAYS = 57_600
LADDER = (
    Rung("warning_50", 0.5, 0.5),
    Rung("warning_75", 0.75, 0.75),
    Rung("warning_90", 0.9, 0.9),
    Rung("breach", 1.0, 1.0),
    Rung("breach_plus_one_business_day", 2.0, 1.0, OFFICE.spec.business_day_seconds),
)


def at(day_and_time: str) -> datetime:
    """A time in November 2026; the 23rd is a Monday."""
    return datetime.strptime(f"2026-11-{day_and_time}Z", "%Y-%m-%d %H:%M%z").astimezone(UTC)


def started(when: str, **changes: Any) -> ClockState:
    return ClockState(**{"started_at": at(when), "target_seconds": TWO_DAYS, **changes})


def names(fires: tuple[clock.Fire, ...]) -> list[str]:
    return [fire.rung.name for fire in fires]


def test_a_target_used_up_at_a_close_is_due_there_and_breached_after_the_next_opening():
    state = started("25 17:00")
    assert clock.due_at(OFFICE, state) == at("27 17:00")
    assert clock.breach_at(OFFICE, state) == at("30 09:00")
    assert not clock.is_breached(OFFICE, state, at("30 09:00"))
    assert clock.is_breached(OFFICE, state, at("30 09:00") + timedelta(microseconds=1))


def test_a_clock_stopped_in_time_stays_in_time_for_ever():
    state = started("23 09:00", stopped_at=at("24 17:00"))
    assert clock.elapsed(OFFICE, state, at("30 12:00")) == TWO_DAYS
    assert not clock.is_breached(OFFICE, state, at("30 12:00"))
    assert clock.is_breached(OFFICE, started("23 09:00", stopped_at=at("25 09:01")), at("30 12:00"))


def test_remaining_seconds_fall_only_in_open_time_and_go_below_zero():
    state = started("23 09:00")
    assert clock.remaining_seconds(OFFICE, state, at("23 12:00")) == TWO_DAYS - 3 * 3600
    assert clock.remaining_seconds(OFFICE, state, at("24 03:00")) == TWO_DAYS - 8 * 3600
    assert clock.remaining_seconds(OFFICE, state, at("25 10:00")) == -3600


def test_overlapping_and_empty_pauses_count_once():
    state = started(
        "23 09:00",
        pauses=(
            (at("23 10:00"), at("23 12:00")),
            (at("23 11:00"), at("23 13:00")),
            (at("23 15:00"), at("23 15:00")),
        ),
    )
    assert clock.elapsed(OFFICE, state, at("23 17:00")) == 5 * 3600
    assert clock.due_at(OFFICE, state) == at("25 12:00")


def test_an_open_pause_stops_the_clock_and_hides_what_lies_behind_it():
    state = started("23 09:00", pauses=((at("24 11:00"), None),))
    assert clock.elapsed(OFFICE, state, at("27 12:00")) == 10 * 3600
    assert clock.due_at(OFFICE, state) is None
    assert clock.breach_at(OFFICE, state) is None
    assert names(clock.fires(OFFICE, state, LADDER)) == ["warning_50"]
    assert clock.next_fire(OFFICE, state, LADDER, 0.5) is None


def test_what_was_passed_before_a_pause_is_still_told_in_the_pause():
    state = started("23 09:00", pauses=((at("24 11:00"), None),))
    assert names(clock.missed(OFFICE, state, LADDER, 0, at("27 12:00"))) == ["warning_50"]


def test_a_target_used_up_exactly_when_an_open_pause_begins_is_due_and_not_breached():
    state = started("23 09:00", pauses=((at("24 17:00"), None),))
    assert clock.due_at(OFFICE, state) == at("24 17:00")
    assert clock.breach_at(OFFICE, state) is None
    assert not clock.is_breached(OFFICE, state, at("27 12:00"))


def test_the_end_of_a_pause_resumes_the_clock():
    state = started("23 09:00", pauses=((at("24 11:00"), at("26 11:00")),))
    assert clock.breach_at(OFFICE, state) == at("27 09:00")


def test_stopping_ends_an_open_pause():
    state = started("23 09:00", pauses=((at("23 11:00"), None),), stopped_at=at("23 15:00"))
    assert clock.elapsed(OFFICE, state, at("27 12:00")) == 2 * 3600
    assert clock.due_at(OFFICE, state) == at("25 13:00")


def test_every_rung_fires_in_open_time():
    fires = clock.fires(OFFICE, started("25 17:00"), LADDER)
    assert [(fire.rung.name, fire.at) for fire in fires] == [
        ("warning_50", at("27 09:00")),
        ("warning_75", at("27 13:00")),
        ("warning_90", at("27 15:24")),
        ("breach", at("30 09:00")),
        ("breach_plus_one_business_day", at("30 09:00") + timedelta(days=1)),
    ]


def test_a_stopped_clock_fires_only_what_it_had_passed():
    assert names(clock.fires(OFFICE, started("23 09:00", stopped_at=at("24 13:00")), LADDER)) == ["warning_50"]


def test_next_fire_is_the_lowest_rung_not_told_even_when_it_was_missed():
    state = started("23 09:00")
    following = clock.next_fire(OFFICE, state, LADDER, 0)
    assert following is not None
    assert (following.rung.name, following.at) == ("warning_50", at("24 09:00"))
    following = clock.next_fire(OFFICE, state, LADDER, 0.9)
    assert following is not None
    assert following.rung.name == "breach"
    assert clock.next_fire(OFFICE, state, LADDER, LADDER[-1].level) is None


def test_after_a_downtime_all_passed_rungs_are_missed_and_the_highest_comes_last():
    state = started("20 09:00")
    assert names(clock.missed(OFFICE, state, LADDER, 0.5, at("24 10:00"))) == [
        "warning_75",
        "warning_90",
        "breach",
    ]


def test_a_rung_below_one_that_was_told_is_not_missed():
    assert clock.missed(OFFICE, started("23 09:00"), LADDER, 1.0, at("25 10:00")) == ()


def test_nothing_is_missed_at_the_very_instant_that_is_still_in_time():
    state = started("25 17:00")
    assert "breach" not in names(clock.missed(OFFICE, state, LADDER, 0, at("30 09:00")))
    assert "breach" in names(clock.missed(OFFICE, state, LADDER, 0, at("30 09:00") + timedelta(seconds=1)))


def test_a_clock_that_can_not_be_is_refused():
    with pytest.raises(ClockInvalid, match="expected 0 or more"):
        started("23 09:00", target_seconds=-1)
    with pytest.raises(ClockInvalid, match="expected it after the start"):
        started("23 09:00", stopped_at=at("22 09:00"))


MINUTES = st.integers(0, 14 * 1440).map(lambda minutes: datetime(2026, 11, 16, tzinfo=UTC) + timedelta(minutes=minutes))


@st.composite
def states(draw: st.DrawFn) -> ClockState:
    pairs = [tuple(sorted(pair)) for pair in draw(st.lists(st.tuples(MINUTES, MINUTES), max_size=3))]
    if draw(st.booleans()):
        pairs.append((draw(MINUTES), None))
    begin = draw(MINUTES)
    stopped_at = draw(st.none() | MINUTES.filter(lambda instant: instant >= begin))
    return ClockState(begin, draw(st.integers(0, 40)) * 3600, tuple(pairs), stopped_at)


@given(state=states(), now=MINUTES, share=st.sampled_from([0.0, 0.5, 0.75, 0.9, 1.0]), told=st.booleans())
def test_a_rung_is_missed_exactly_when_more_than_its_share_has_passed(state, now, share, told):
    rung = Rung("rung", 1.0, share)
    missed = clock.missed(OFFICE, state, [rung], 1.0 if told else 0.0, now)
    assert bool(missed) == (not told and clock.elapsed(OFFICE, state, now) > state.target_seconds * share)
    if share == 1.0 and not told:
        assert bool(missed) == clock.is_breached(OFFICE, state, now)


@given(state=states())
def test_no_rung_ever_fires_outside_open_time_or_in_a_pause(state):
    for fire in clock.fires(OFFICE, state, LADDER):
        assert OFFICE.is_open(fire.at)
        assert not any(since <= fire.at < (until or datetime.max.replace(tzinfo=UTC)) for since, until in state.pauses)


@given(state=states())
def test_due_never_comes_after_breach(state):
    due, breach = clock.due_at(OFFICE, state), clock.breach_at(OFFICE, state)
    assert (breach is None) or (due is not None and due <= breach)
