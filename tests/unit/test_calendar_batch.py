"""Business time over arrays: shapes, units and refusals; the answers themselves are compared with single ones."""

import numpy as np
import pytest

from review.calendar import BeyondCalendar, Calendar, CalendarSpec
from review.calendar_batch import add_many, elapsed_many

WEEK = {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
OFFICE = Calendar.compile(CalendarSpec.parse({"tz": "UTC", "week": WEEK}))
MONDAY = np.datetime64("2026-11-23T09:00:00")


def test_one_start_is_measured_to_many_ends():
    ends = np.array(["2026-11-23T10:00", "2026-11-24T10:00", "2026-11-20T16:00"], dtype="datetime64[m]")
    assert elapsed_many(OFFICE, np.array(MONDAY), ends).tolist() == [3600, 9 * 3600, -3600]


def test_one_start_gets_many_due_and_breach_instants():
    due, breach = add_many(OFFICE, np.array(MONDAY), np.array([0, 0.5, 28_800]))
    assert due.tolist() == [
        MONDAY.item(),
        np.datetime64("2026-11-23T09:00:00.5").item(),
        np.datetime64("2026-11-23T17:00").item(),
    ]
    assert breach[2] == np.datetime64("2026-11-24T09:00")


def test_no_clocks_give_no_answers():
    none = np.array([], dtype="datetime64[s]")
    assert elapsed_many(OFFICE, none, none).tolist() == []
    assert [instants.size for instants in add_many(OFFICE, none, np.array([], dtype=np.int64))] == [0, 0]


def test_a_missing_instant_is_refused():
    with pytest.raises(ValueError, match="NaT"):
        elapsed_many(OFFICE, np.array([np.datetime64("NaT", "s")]), np.array([MONDAY]))


@pytest.mark.parametrize("amount", [np.nan, np.inf, -1e18])
def test_an_amount_without_an_answer_is_refused(amount):
    with pytest.raises(BeyondCalendar, match="600 years"):
        add_many(OFFICE, np.array([MONDAY]), np.array([amount]))


def test_open_time_that_runs_out_is_refused_and_measured_as_nothing():
    dated = Calendar.compile(
        CalendarSpec.parse({"tz": "UTC", "week": {}, "overrides": {"2020-01-01": [["09:00", "10:00"]]}})
    )
    starts = np.array([MONDAY])
    assert elapsed_many(dated, starts, starts + np.timedelta64(9, "D")).tolist() == [0]
    for amount in (0, 1, -7200):
        with pytest.raises(BeyondCalendar, match="no open time is left"):
            add_many(dated, starts, np.array([amount]))
