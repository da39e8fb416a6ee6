"""Turns of an audit: once an interval for every integration, at a stable hour, whatever is missed."""

from collections import Counter
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from review.slots import SLOT, due_from, host_of, interval_start, slot_start

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
hosts = st.text(min_size=1, max_size=20)
intervals = st.integers(1, 72).map(lambda hours: timedelta(hours=hours))
instants = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1)).map(lambda at: at.replace(tzinfo=UTC))  # noqa: DTZ001


@given(instants, intervals)
def test_an_instant_lies_in_its_interval_and_intervals_follow_each_other(at, interval):
    began = interval_start(at, interval)
    assert began <= at < began + interval
    assert interval_start(began + interval, interval) == began + interval


@given(hosts, instants, intervals)
def test_a_turn_lies_in_the_interval_and_is_the_same_in_the_next(host, at, interval):
    began = interval_start(at, interval)
    turn = slot_start(host, began, interval)
    assert began <= turn < began + interval
    assert slot_start(host, began + interval, interval) == turn + interval


@given(hosts, st.integers(1, 48), st.sets(st.integers(0, 24 * 8 - 1)))
def test_each_integration_is_looked_at_once_an_interval_whatever_is_missed(host, hours, down):
    """A tick every hour for eight days, some of which never come; each interval with a tick after its turn looks once."""
    interval = timedelta(hours=hours)
    start = interval_start(NOON, interval)
    looks: list[datetime] = []
    due: dict[datetime, datetime] = {}
    for hour in range(24 * 8):
        at = start + SLOT * hour + timedelta(minutes=17)
        if hour in down:
            continue
        began = interval_start(at, interval)
        due.setdefault(began, due_from(host, began, interval, looks[-1] if looks else start - SLOT))
        if at >= due[began] and not (looks and looks[-1] >= began):
            looks.append(at)
    assert all(count == 1 for count in Counter(interval_start(at, interval) for at in looks).values())
    for began, turn in due.items():
        ticks = [start + SLOT * hour + timedelta(minutes=17) for hour in range(24 * 8) if hour not in down]
        after_its_turn = [at for at in ticks if turn <= at < began + interval]
        assert bool(after_its_turn) == any(began <= at < began + interval for at in looks)


@given(hosts, st.integers(2, 72))
def test_what_was_missed_comes_first_in_the_next_interval_and_then_at_its_hour_again(host, hours):
    interval = timedelta(hours=hours)
    began = interval_start(NOON, interval)
    assert due_from(host, began, interval, began - interval - SLOT) == began
    assert due_from(host, began, interval, None) == began
    caught_up = began + timedelta(minutes=17)
    assert due_from(host, began + interval, interval, caught_up) == slot_start(host, began + interval, interval)


def test_hosts_are_spread_over_the_hours():
    began = interval_start(NOON, timedelta(days=1))
    turns = Counter(slot_start(f"{number}.example", began, timedelta(days=1)).hour for number in range(2_400))
    assert len(turns) == 24
    assert max(turns.values()) < 2 * min(turns.values())


def test_a_host_is_read_off_an_address_and_else_stands_for_itself():
    assert host_of("https://WWW.Acme.example/page", "acme") == "www.acme.example"
    assert host_of(None, "acme") == host_of("acme.example", "acme") == host_of("https://[::1", "acme") == "acme"
