"""The turnstile before preflights and intake: what it counts holds for every desk over the database."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from desk.api.turnstile import Bounds, Full, Turnstile
from desk.rendering import Desk
from desk.signing.rate import Rate
from models.passage import Passage
from review.actions.pruning import prune

NOW = datetime(2026, 11, 23, 18, tzinfo=UTC)
ACME, OTHER = ("partner", 1), ("partner", 2)


class Watch:
    def __init__(self):
        self.seconds = 0.0

    def __call__(self):
        return NOW + timedelta(seconds=self.seconds)


@pytest.fixture
def watch():
    return Watch()


@pytest.fixture
def desk(database, watch):
    return Desk(database, watch)


async def goes(turnstile, who, desk):
    async with turnstile.through(who, desk):
        pass


async def test_whoever_came_often_enough_waits_until_the_oldest_is_a_minute_ago_at_every_desk(database, desk, watch):
    one, another = Turnstile(Bounds(a_minute=2)), Turnstile(Bounds(a_minute=2))
    other_desk = Desk(database, watch)
    await goes(one, ACME, desk)
    watch.seconds = 10.0
    await goes(another, ACME, other_desk)
    watch.seconds = 12.2
    with pytest.raises(Full, match="2 preflights of yours in the last minute") as full:
        await goes(one, ACME, desk)
    assert full.value.retry_after == 48
    await goes(one, OTHER, desk)
    watch.seconds += full.value.retry_after
    await goes(Turnstile(Bounds(a_minute=2)), ACME, desk)


async def test_an_error_inside_lets_the_next_one_in(desk):
    turnstile = Turnstile(Bounds(at_once=1))
    with pytest.raises(ZeroDivisionError):
        async with turnstile.through(ACME, desk):
            raise ZeroDivisionError
    async with turnstile.through(ACME, desk):
        with pytest.raises(Full, match="of yours are running"):
            await goes(turnstile, ACME, desk)


async def test_who_is_refused_by_the_count_is_not_inside(desk):
    turnstile = Turnstile(Bounds(a_minute=1, at_once=1))
    await goes(turnstile, ACME, desk)
    for _ in range(2):
        with pytest.raises(Full, match="in the last minute"):
            await goes(turnstile, ACME, desk)
    assert not turnstile._inside


def test_of_many_at_the_same_moment_no_more_come_through(database):
    rate = Rate("preflights", 6, timedelta(minutes=1))
    with ThreadPoolExecutor(12) as threads:
        waits = list(threads.map(lambda _: rate.wait(database, "partner 1", at=NOW), range(24)))
    assert sorted(waits) == [0] * 6 + [60] * 18


def test_what_counts_no_more_goes_with_the_daily_tidying(database):
    rate = Rate("preflights", 6, timedelta(minutes=1))
    rate.wait(database, "partner 1", at=NOW)
    rate.wait(database, "partner 2", at=NOW + timedelta(minutes=2))
    with database.write.begin() as session:
        gone = prune(session, at=NOW + timedelta(seconds=150))
        assert gone["passages through bounded doors"] == 1
        assert session.scalars(select(Passage.who)).all() == ["partner 2"]


NUMBERS = count(1)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(visits=st.lists(st.tuples(st.sampled_from((0, 1, 2)), st.floats(0, 40)), max_size=25))
def test_in_no_minute_does_anybody_come_through_more_often_than_the_bound(sqlite_database, visits):
    rate, turn = Rate("preflights", 3, timedelta(minutes=1)), next(NUMBERS)
    seconds, came, waits = 0.0, [], []
    for who, pause in visits:
        seconds += pause
        wait = rate.wait(sqlite_database, f"{turn} {who}", at=NOW + timedelta(seconds=seconds))
        (waits if wait else came).append(wait or (who, seconds))
    assert all(1 <= wait <= 60 for wait in waits)
    for who, at in came:
        assert sum(one == who and at - 59.999 < when <= at for one, when in came) <= 3


def test_the_clock_of_another_machine_may_go_before(database):
    """Who came there in our future counts, unless that is so far ahead that the clock was wrong."""
    rate = Rate("preflights", 1, timedelta(minutes=1))
    assert rate.wait(database, "partner 1", at=NOW + timedelta(hours=1)) == 0
    assert rate.wait(database, "partner 1", at=NOW + timedelta(seconds=5)) == 0
    assert rate.wait(database, "partner 1", at=NOW) == 65
