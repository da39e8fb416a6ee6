"""When it is told that a waiver runs out."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from review.waiving import Let, is_to_be_told

DAYS = st.dates(date(2026, 1, 1), date(2027, 12, 31))
LENGTHS = st.integers(0, 366).map(lambda days: timedelta(days=days))


def told_on(granted_on, until, near, days):
    """The days on which it is told, when a sweep runs on each of these days."""
    told: list[date] = []
    for day in days:
        if is_to_be_told(Let(granted_on, until, bool(told)), today=day, horizon=day + near):
            told.append(day)
    return told


@given(granted_on=DAYS, length=LENGTHS, near=st.integers(1, 20).map(lambda days: timedelta(days=days)))
def test_it_is_told_once_near_its_end_and_never_after_it(granted_on, length, near):
    until = granted_on + length
    days = [granted_on + timedelta(days=number) for number in range(-2, length.days + 10)]
    told = told_on(granted_on, until, near, days)
    assert len(told) == (1 if length else 0)
    assert all(granted_on < day <= until <= day + near for day in told)


@given(
    granted_on=DAYS,
    length=LENGTHS,
    near=st.integers(1, 20).map(lambda days: timedelta(days=days)),
    down=st.sets(st.integers(0, 370)),
)
def test_a_sweep_that_was_down_tells_late_rather_than_twice_or_after_the_end(granted_on, length, near, down):
    until = granted_on + length
    up = [granted_on + timedelta(days=number) for number in range(372) if number not in down]
    told = told_on(granted_on, until, near, up)
    possible = [day for day in up if granted_on < day <= until <= day + near]
    assert told == possible[:1]
