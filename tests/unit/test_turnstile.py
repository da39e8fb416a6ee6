"""The turnstile before preflights, on a clock that the test moves."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.api.turnstile import Bounds, Full, Turnstile


class Clock:
    def __init__(self):
        self.seconds = 0.0

    def __call__(self):
        return self.seconds


def test_whoever_came_often_enough_waits_until_the_oldest_is_a_minute_ago():
    clock = Clock()
    turnstile = Turnstile(Bounds(a_minute=2), clock=clock)
    for clock.seconds in (0.0, 10.0):
        with turnstile.through("acme"):
            pass
    clock.seconds = 12.2
    with pytest.raises(Full, match="2 preflights of yours in the last minute") as full, turnstile.through("acme"):
        pass
    assert full.value.retry_after == 48
    with turnstile.through("other"):
        pass
    clock.seconds += full.value.retry_after
    with turnstile.through("acme"):
        pass


def test_an_error_inside_lets_the_next_one_in():
    turnstile = Turnstile(Bounds(at_once=1), clock=Clock())
    with pytest.raises(ZeroDivisionError), turnstile.through("acme"):
        raise ZeroDivisionError
    with turnstile.through("acme"), pytest.raises(Full, match="of yours are running"), turnstile.through("acme"):
        pass


def test_who_did_not_come_lately_takes_no_memory():
    clock = Clock()
    turnstile = Turnstile(clock=clock)
    for number in range(1_000):
        clock.seconds = number
        with turnstile.through(number):
            pass
    assert len(turnstile._came) <= 61
    assert not turnstile._inside


@given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 40)), max_size=60))
def test_in_no_minute_does_anybody_come_through_more_often_than_the_bound(visits):
    clock, came, refused = Clock(), [], []
    turnstile = Turnstile(Bounds(a_minute=3), clock=clock)
    for who, pause in visits:
        clock.seconds += pause
        try:
            with turnstile.through(who):
                came.append((who, clock.seconds))
        except Full as full:
            refused.append(full.retry_after)
    assert all(1 <= seconds <= 60 for seconds in refused)
    for who, at in came:
        assert sum(one == who and at - 60 < when <= at for one, when in came) <= 3
