"""A channel that is out of order rests, for all workers, and no message dies of it."""

import random
import threading
from datetime import timedelta

import pytest
from sqlalchemy import select

from models.delivery import ChannelBreaker, Delivery
from models.enums import ChannelName, DeliveryStage, EventName
from notifications.channels.fake import FakeChannel, Interrupted, Script
from notifications.message import Category, Dead, Retry
from notifications.outbox import Report, anything_to_send, deliver_due, let_go
from notifications.outbox.breakers import (
    FAULTS_IN_A_ROW,
    FIRST_REST,
    LONGEST_REST,
    claim_awake,
    in_trouble,
    note,
    rest_of,
)
from notifications.outbox.delivering import LEASE_SECONDS
from tests.fixtures.hands import Hands
from tests.fixtures.programme_rows import AT, a_delivery, a_message, a_submission, an_event, an_integration

REFUSED = Script(arrives=False, answer=Retry("connection refused", of_channel=True))
BUSY = Script(arrives=False, answer=Retry("451 later"))
DIED = Script(arrives=False, answer=None)
MAIL, SLACK = ChannelName.MAIL, ChannelName.SLACK


def waiting(database, count, *, channel=MAIL, category=Category.STATUS):
    with database.write.begin() as session:
        submission = a_submission(session, an_integration(session, f"of-{channel.value}-{category.value}"))
        event = an_event(session, EventName.REJECTED, submission=submission)
        for number in range(count):
            name = f"{number}@people.example"
            message = a_message(name, event=EventName.REJECTED, category=category)
            a_delivery(session, event, recipient=name, channel=channel, message=message)


async def delivered(database, channels, clock, *, worker="one"):
    return await deliver_due(database, channels, clock=clock, worker=worker, rng=random.Random(3))


def rows(database):
    with database.read() as session:
        return session.scalars(select(Delivery).order_by(Delivery.id)).all()


def breaker_of(database, channel=MAIL):
    with database.read() as session:
        return session.get(ChannelBreaker, channel)


def due(database, at):
    with database.read() as session:
        return anything_to_send(session, at=at, channels=frozenset({MAIL}))


async def at_rest(database, *, count=20):
    """A database whose mails meet a server that is away, the clock, and the channel so far."""
    waiting(database, count)
    clock, channel = Hands(AT), FakeChannel([REFUSED] * FAULTS_IN_A_ROW)
    await delivered(database, {MAIL: channel}, clock)
    return clock, channel


async def test_after_some_faults_in_a_row_nothing_more_is_tried(database):
    clock, channel = await at_rest(database)
    assert channel.tries == FAULTS_IN_A_ROW
    breaker = breaker_of(database)
    assert (breaker.reason, breaker.since, breaker.rests) == ("connection refused", AT, 1)
    assert FIRST_REST * 0.8 <= breaker.rests_until - AT <= FIRST_REST
    assert not due(database, clock.now + FIRST_REST * 0.7)
    assert due(database, breaker.rests_until)
    untried = rows(database)[FAULTS_IN_A_ROW:]
    assert {(row.stage, row.attempts) for row in untried} == {(DeliveryStage.PLANNED, 0)}


async def test_once_it_has_rested_one_message_shows_whether_it_works_again_and_then_all_go_out(database):
    clock, channel = await at_rest(database)
    clock.now = breaker_of(database).rests_until
    assert (await delivered(database, {MAIL: channel}, clock)).sent == 20
    assert breaker_of(database) is None
    assert {row.stage for row in rows(database)} == {DeliveryStage.SENT}


async def test_as_long_as_it_is_out_of_order_it_rests_longer_each_time_and_nothing_dies(database):
    waiting(database, 3, category=Category.NARRATION)  # given up after two tries
    clock, channel = Hands(AT), FakeChannel([REFUSED] * 10_000)
    began, tries = clock.now, []
    while clock.now - began < timedelta(days=2):
        await delivered(database, {MAIL: channel}, clock)
        tries.append(channel.tries)
        clock.now += timedelta(minutes=1)
    dead = [row for row in rows(database) if row.stage is DeliveryStage.DEAD]
    assert len(dead) <= FAULTS_IN_A_ROW // 2
    assert breaker_of(database).rests_until - clock.now <= LONGEST_REST
    assert channel.tries <= 2 * 24 * 6 * 1.3 + 20
    assert all(row.attempts <= 2 for row in rows(database))
    channel._ahead.clear()
    clock.now += LONGEST_REST
    await delivered(database, {MAIL: channel}, clock)
    assert sum(row.stage is DeliveryStage.SENT for row in rows(database)) == 3 - len(dead)


async def test_what_may_have_gone_out_counts_also_while_the_channel_rests(sqlite_database):
    lost = Script(arrives=True, answer=Retry("cut off", may_have_gone_out=True, of_channel=True))
    waiting(sqlite_database, 1, category=Category.WORK)
    clock, channel = Hands(AT), FakeChannel([lost] * 1_000)
    for _ in range(1_000):
        await delivered(sqlite_database, {MAIL: channel}, clock)
        clock.now += timedelta(hours=1)
    (row,) = rows(sqlite_database)
    assert (row.stage, row.attempts, len(channel.got)) == (DeliveryStage.DEAD, 14, 14)


async def test_faults_of_messages_send_no_channel_to_rest(sqlite_database):
    waiting(sqlite_database, 12)
    script = [REFUSED] * (FAULTS_IN_A_ROW - 1) + [BUSY] + [REFUSED] * (FAULTS_IN_A_ROW - 1)
    channel = FakeChannel(script)
    assert await delivered(sqlite_database, {MAIL: channel}, Hands(AT)) == Report(sent=3, retried=9)
    assert breaker_of(sqlite_database) is None


async def test_a_refused_message_says_nothing_of_the_channel(sqlite_database):
    clock, _ = await at_rest(sqlite_database)
    clock.now = breaker_of(sqlite_database).rests_until
    channel = FakeChannel([Script(arrives=False, answer=Dead("no address")), REFUSED])
    assert await delivered(sqlite_database, {MAIL: channel}, clock) == Report(retried=1, dead=1, critical=(6,))
    assert breaker_of(sqlite_database).rests == 2


async def test_another_channel_goes_on(database):
    waiting(database, 6)
    waiting(database, 6, channel=SLACK)
    broken, healthy = FakeChannel([REFUSED] * 6), FakeChannel()
    report = await delivered(database, {MAIL: broken, SLACK: healthy}, Hands(AT))
    assert (report.sent, broken.tries) == (6, FAULTS_IN_A_ROW)
    with database.read() as session:
        assert [breaker.channel for breaker in in_trouble(session)] == [MAIL]


async def test_a_worker_that_dies_while_it_tries_the_one_message_leaves_it_to_the_next(database):
    clock, _ = await at_rest(database)
    clock.now = breaker_of(database).rests_until
    with pytest.raises(Interrupted):
        await delivered(database, {MAIL: FakeChannel([DIED])}, clock)
    assert not due(database, clock.now)
    clock.now += timedelta(seconds=LEASE_SECONDS)
    report = await delivered(database, {MAIL: FakeChannel()}, clock, worker="two")
    assert report.sent + report.uncertain == 20
    assert breaker_of(database) is None


async def test_a_system_that_starts_again_alone_does_not_wait_for_a_dead_workers_answer(sqlite_database):
    clock, _ = await at_rest(sqlite_database)
    clock.now = breaker_of(sqlite_database).rests_until
    with pytest.raises(Interrupted):
        await delivered(sqlite_database, {MAIL: FakeChannel([DIED])}, clock)
    with sqlite_database.write.begin() as session:
        let_go(session, at=clock.now)
    assert due(sqlite_database, clock.now)


async def test_of_several_workers_one_tries_the_one_message(database):
    clock, _ = await at_rest(database)
    clock.now = breaker_of(database).rests_until
    taken, start = [], threading.Barrier(4)

    def work(name):
        start.wait()
        with database.write.begin() as session:
            taken.extend(
                claim_awake(session, worker=name, at=clock.now, lease_seconds=60.0, limit=5, channels=frozenset({MAIL}))
            )

    workers = [threading.Thread(target=work, args=(f"worker {number}",)) for number in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(taken) == 1


def test_two_workers_meet_the_first_fault_at_once(database):
    waiting(database, 2)
    start = threading.Barrier(2)

    def meet(delivery):
        start.wait()
        with database.write.begin() as session:
            note(session, delivery, REFUSED.answer, AT, random.Random(1))

    both = [threading.Thread(target=meet, args=(row,)) for row in rows(database)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert breaker_of(database).faults == 2


async def test_endpoints_have_a_patience_of_their_own(sqlite_database):
    waiting(sqlite_database, 12, channel=ChannelName.WEBHOOK, category=Category.SUBSCRIBED)
    channel = FakeChannel([REFUSED] * 12)
    assert await delivered(sqlite_database, {ChannelName.WEBHOOK: channel}, Hands(AT)) == Report(retried=12)
    assert breaker_of(sqlite_database, ChannelName.WEBHOOK) is None


def test_rests_double_up_to_ten_minutes_and_never_all_alike():
    rests = [rest_of(number, random.Random(5)) for number in range(1, 40)]
    for number, rest in enumerate(rests):
        whole = min(FIRST_REST * 2**number, LONGEST_REST)
        assert whole * 0.8 <= rest <= whole
    assert len({rest_of(9, random.Random(seed)) for seed in range(9)}) == 9
