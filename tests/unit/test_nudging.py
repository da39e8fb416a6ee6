"""When a partner may be nudged: one rule, and one line that says why not and until when."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from review.next_word import APART
from review.nudging import NUDGED_APART, Known, after_another, refusal

TODAY = date(2026, 11, 23)
FREE = Known(
    today=TODAY,
    partner="Acme Inc",
    is_looked_at=True,
    seen_once=False,
    graduation=None,
    lacks=1,
    unknown=0,
    hearers=2,
    deaf=1,
    told_on=None,
    nudged_on=None,
)


def test_who_lacks_something_and_was_left_in_peace_may_be_nudged():
    assert refusal(FREE) == ""


@pytest.mark.parametrize(
    ("known", "why"),
    [
        ({"graduation": 7}, "nothing is asked of Acme Inc while its graduation, submission 7, is open"),
        ({"is_looked_at": False}, "no audit has looked at it of late; audit it first"),
        ({"seen_once": True}, "something of it was seen falling once; the next audit tells whether it did"),
        ({"lacks": 0}, "it lacks nothing"),
        ({"lacks": 0, "unknown": 1}, "what is open of it nobody could tell, and that is ours"),
        ({"hearers": 0, "deaf": 0}, "nobody at Acme Inc can be told: no active person"),
        ({"deaf": 2}, "everybody at Acme Inc has switched such messages off"),
        (
            {"nudged_on": date(2026, 11, 20), "nudged_about": "Acme"},
            "Acme Inc was nudged about Acme on 2026-11-20; again from 2026-12-04",
        ),
        ({"told_on": date(2026, 11, 20)}, "Acme Inc was told what it lacks on 2026-11-20; again from 2026-11-27"),
    ],
)
def test_a_refusal_is_one_line_that_says_why_and_until_when(known, why):
    assert refusal(replace(FREE, **known)) == why


@given(
    nudged=st.none() | st.integers(0, 60),
    told=st.none() | st.integers(0, 60),
)
def test_a_day_that_is_named_is_the_first_on_which_it_is_not_refused_for_that(nudged, told):
    def ago(days: int | None) -> date | None:
        return None if days is None else TODAY - timedelta(days=days)

    known = replace(FREE, nudged_on=ago(nudged), told_on=ago(told))
    last = max((on + apart for on, apart in ((ago(nudged), NUDGED_APART), (ago(told), APART)) if on), default=TODAY)
    assert (refusal(known) == "") == (last <= TODAY)
    assert refusal(replace(known, today=max(last, TODAY))) == ""


def test_of_two_of_one_partner_the_second_waits():
    said = after_another("Acme Inc", "Acme One", TODAY)
    assert said == "Acme Inc is nudged about Acme One, which is nearer to Public; again from 2026-12-07"
