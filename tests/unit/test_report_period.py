"""The part of a stretch that a report is about."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from review.reports.period import Period

ZONE = ZoneInfo("America/Los_Angeles")
START, END = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)


@given(since=st.none() | st.dates(), until=st.none() | st.dates())
def test_whatever_days_are_asked_for_the_part_lies_within_the_stretch(since, until):
    low, high = Period(since=since, until=until).part_of(START, END, ZONE)
    assert START <= low <= high <= END


@pytest.mark.parametrize("period", [Period(since=date.max), Period(since=date(5197, 9, 20)), Period(until=date.min)])
def test_days_that_no_calendar_reaches_have_no_part(period):
    low, high = period.part_of(START, END, ZONE)
    assert low == high


def test_both_days_are_included_as_the_zone_has_them():
    low, high = Period(since=date(2026, 1, 5), until=date(2026, 1, 6)).part_of(START, END, ZONE)
    assert (low, high) == (datetime(2026, 1, 5, 8, tzinfo=UTC), datetime(2026, 1, 7, 8, tzinfo=UTC))
