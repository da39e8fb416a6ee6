"""Which message about the way to Public is owed, day by day."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from review.next_word import APART, TOLD_UNCHANGED, Known, NextWord, month_after, next_word

LAUNCH = date(2026, 9, 7)
KNOWN = Known(today=LAUNCH, in_beta_since=LAUNCH, told_on=LAUNCH, lacks="button, customers", lacks_button=True)


def on(day: date, **known) -> NextWord | None:
    return next_word(replace(KNOWN, today=day, **known))


def test_the_button_is_asked_for_a_week_after_the_launch_said_it_and_once():
    assert on(LAUNCH + timedelta(days=6)) is None
    assert on(LAUNCH + timedelta(days=7)) is NextWord.BUTTON
    assert on(LAUNCH + timedelta(days=8), asked_for_button=True, told_on=LAUNCH + timedelta(days=7)) is None


def test_who_has_the_button_is_not_asked_for_it():
    assert on(LAUNCH + timedelta(days=20), lacks_button=False) is None


def test_what_is_missing_is_told_a_month_after_the_launch_and_then_each_month():
    october, november = date(2026, 10, 7), date(2026, 11, 7)
    assert on(october - timedelta(days=1), asked_for_button=True) is None
    assert on(october) is NextWord.MISSING
    told = {"months": ((october, "more than that"),), "told_on": october}
    assert on(november - timedelta(days=1), **told) is None
    assert on(november, **told) is NextWord.MISSING


def test_the_monthly_message_names_the_button_so_it_is_not_asked_for_as_well():
    told = {"months": ((date(2026, 10, 7), "other"),), "told_on": date(2026, 10, 7)}
    assert on(date(2026, 10, 20), **told) is None


def test_nothing_is_told_within_a_week_of_another_message_that_said_what_lacks():
    fell = date(2026, 10, 5)
    assert on(date(2026, 10, 7), told_on=fell) is None
    assert on(fell + APART, told_on=fell) is NextWord.MISSING


def test_it_is_quiet_after_the_same_was_told_twice_until_something_changes():
    twice = ((date(2026, 10, 7), "button, customers"), (date(2026, 11, 9), "button, customers"))
    assert on(date(2026, 12, 24), months=twice, told_on=date(2026, 11, 9)) is None
    assert on(date(2026, 12, 24), months=twice, told_on=date(2026, 11, 9), lacks="customers") is NextWord.MISSING


def test_who_lacks_nothing_hears_nothing():
    assert on(date(2027, 1, 4), lacks="", lacks_button=False) is None


def test_an_integration_that_nothing_was_ever_told_about_is_told_at_once():
    assert on(date(2026, 12, 1), told_on=None) is NextWord.MISSING


@pytest.mark.parametrize(
    ("day", "then"),
    [
        (date(2026, 1, 31), date(2026, 2, 28)),
        (date(2028, 1, 31), date(2028, 2, 29)),
        (date(2026, 12, 15), date(2027, 1, 15)),
        (date(2026, 2, 28), date(2026, 3, 28)),
    ],
)
def test_a_month_later_is_the_same_day_or_the_last_one(day: date, then: date):
    assert month_after(day) == then


@given(
    lacks=st.lists(st.sampled_from(["", "a", "a", "b"]), min_size=200, max_size=200),
    closed=st.sets(st.integers(0, 199)),
    button_until=st.integers(0, 200),
)
def test_however_days_go_nothing_comes_twice_in_a_week_nor_three_times_unchanged(lacks, closed, button_until):
    known, told = KNOWN, []
    for number, content in enumerate(lacks):
        if number in closed:
            continue
        day = LAUNCH + timedelta(days=number)
        known = replace(known, today=day, lacks=content, lacks_button=bool(content) and number < button_until)
        word = next_word(known)
        if word is None:
            continue
        told.append((day, word, content))
        months = ((day, content),) if word is NextWord.MISSING else ()
        asked = known.asked_for_button or word is NextWord.BUTTON
        known = replace(known, told_on=day, months=(*known.months, *months), asked_for_button=asked)
    days = [LAUNCH, *(day for day, _, _ in told)]
    assert all(later - earlier >= APART for earlier, later in pairwise(days))
    assert all(content for _, _, content in told)
    assert sum(word is NextWord.BUTTON for _, word, _ in told) <= 1
    monthly = [content for _, word, content in told if word is NextWord.MISSING]
    assert not any(len(set(monthly[at : at + TOLD_UNCHANGED + 1])) == 1 for at in range(len(monthly) - TOLD_UNCHANGED))
