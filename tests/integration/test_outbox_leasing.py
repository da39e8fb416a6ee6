import random
import threading
from datetime import timedelta

import pytest

from models.delivery import Card, Delivery
from models.enums import ChannelName, DeliveryStage, EventName
from notifications.message import Category, Dead, Retry, Sent, Skipped
from notifications.outbox import (
    DeliveryNotDead,
    DeliveryUnknown,
    anything_due,
    claim,
    let_go,
    listed,
    release,
    retry,
    settle,
)
from notifications.outbox.patience import FIRST_PAUSE, LONGEST_PAUSE, PATIENCE, next_pause
from tests.fixtures.programme_rows import (
    AT,
    TEAM_CHANNEL,
    a_delivery,
    a_message,
    a_submission,
    an_event,
    an_integration,
)

LEASE = 60.0
RNG = random.Random(7)


@pytest.fixture
def submission(database):
    with database.write.begin() as session:
        return a_submission(session, an_integration(session))


def add(database, submission, *, name=EventName.REJECTED, **values):
    with database.write.begin() as session:
        return a_delivery(session, an_event(session, name, submission=session.merge(submission)), **values)


def taken(database, *, at=AT, worker="one", limit=10):
    with database.write.begin() as session:
        return claim(session, worker=worker, at=at, lease_seconds=LEASE, limit=limit)


def settled(database, delivery, result, *, at=AT, lease=None):
    with database.write.begin() as session:
        return settle(session, delivery.id, result, at, lease=lease or delivery.leased_until, rng=RNG)


def row(database, delivery):
    with database.read() as session:
        return session.get_one(Delivery, delivery.id)


def due(database, at):
    with database.read() as session:
        return anything_due(session, at=at)


def test_a_claimed_delivery_is_nobody_elses_until_its_lease_runs_out(database, submission):
    delivery = add(database, submission)
    (mine,) = taken(database)
    assert (mine.id, mine.stage, mine.attempts, mine.repeat_possible) == (delivery.id, DeliveryStage.SENDING, 1, False)
    assert taken(database, worker="two", at=AT + timedelta(seconds=LEASE - 1)) == []
    (again,) = taken(database, worker="two", at=AT + timedelta(seconds=LEASE))
    assert (again.leased_by, again.attempts, again.repeat_possible) == ("two", 2, True)


def test_what_is_not_due_yet_is_not_claimed(database, submission):
    add(database, submission, next_try_at=AT + timedelta(minutes=1))
    assert taken(database) == []
    assert not due(database, AT)
    assert due(database, AT + timedelta(minutes=1))


def test_within_a_subject_a_recipient_hears_things_in_order(database, submission):
    first, second = add(database, submission), add(database, submission)
    elsewhere = add(database, submission, recipient="bob@people.example")
    assert [delivery.id for delivery in taken(database)] == [first.id, elsewhere.id]
    assert taken(database) == []
    settled(database, row(database, first), Sent("ok"))
    assert [delivery.id for delivery in taken(database)] == [second.id]


def test_one_that_waits_for_its_retry_holds_back_what_comes_after_it_and_keeps_nobody_awake(database, submission):
    first, second = add(database, submission), add(database, submission)
    taken(database)
    settled(database, row(database, first), Retry("busy"))
    assert taken(database) == []
    assert not due(database, AT)
    later = AT + FIRST_PAUSE
    assert [delivery.id for delivery in taken(database, at=later)] == [first.id]
    settled(database, row(database, first), Dead("refused"), at=later)
    assert [delivery.id for delivery in taken(database, at=later)] == [second.id]


def test_two_workers_never_claim_the_same(database, submission):
    with database.write.begin() as session:
        event = an_event(session, EventName.REJECTED, submission=session.merge(submission))
        for number in range(120):
            a_delivery(session, event, recipient=f"{number}@people.example", subject=f"submission:{number}")
    got: dict[str, list[int]] = {name: [] for name in ("one", "two", "three", "four")}

    def work(name):
        while batch := taken(database, worker=name, limit=7):
            got[name] += [delivery.id for delivery in batch]

    threads = [threading.Thread(target=work, args=[name]) for name in got]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    everything = [number for numbers in got.values() for number in numbers]
    assert len(everything) == len(set(everything)) == 120


def test_sent_after_a_lost_lease_is_uncertain_unless_the_channel_knows_better(database, submission):
    delivery = add(database, submission)
    taken(database)
    (again,) = taken(database, at=AT + timedelta(seconds=LEASE))
    assert settled(database, again, Sent("ref")) is DeliveryStage.UNCERTAIN
    other = add(database, submission, repeat_possible=True)
    (mine,) = taken(database)
    assert mine.id == other.id
    assert settled(database, mine, Sent("ref", exactly_once=True)) is DeliveryStage.SENT
    assert row(database, delivery).reference == "ref"


def test_an_answer_that_was_lost_makes_the_next_success_uncertain(database, submission):
    add(database, submission)
    (mine,) = taken(database)
    settled(database, mine, Retry("no answer", may_have_gone_out=True))
    (again,) = taken(database, at=AT + LONGEST_PAUSE)
    assert again.repeat_possible
    assert settled(database, again, Sent("ref")) is DeliveryStage.UNCERTAIN


def test_a_worker_whose_lease_was_taken_over_changes_nothing(database, submission):
    add(database, submission)
    (late,) = taken(database)
    (now,) = taken(database, worker="two", at=AT + timedelta(seconds=LEASE))
    assert settled(database, late, Dead("refused")) is DeliveryStage.SENDING
    assert settled(database, now, Retry("busy")) is DeliveryStage.PLANNED


def test_that_it_was_sent_is_true_whoever_says_it(database, submission):
    add(database, submission)
    (late,) = taken(database)
    (now,) = taken(database, worker="two", at=AT + timedelta(seconds=LEASE))
    settled(database, now, Retry("busy"))
    assert settled(database, late, Sent("ref")) is DeliveryStage.UNCERTAIN
    assert row(database, late).next_try_at is None


def test_a_given_back_delivery_is_due_at_once_and_was_no_attempt(database, submission):
    add(database, submission)
    (mine,) = taken(database)
    with database.write.begin() as session:
        release(session, [mine], at=AT)
    (again,) = taken(database)
    assert (again.attempts, again.repeat_possible) == (1, False)


def test_leases_of_a_system_that_is_gone_are_let_go_and_marked(database, submission):
    add(database, submission)
    taken(database)
    with database.write.begin() as session:
        let_go(session, at=AT + timedelta(seconds=1))
    (again,) = taken(database, at=AT + timedelta(seconds=1), worker="two")
    assert again.repeat_possible


def test_a_message_is_given_up_after_the_attempts_of_its_category(database, submission):
    add(database, submission, message=a_message(category=Category.NARRATION))
    at = AT
    for attempt in range(1, PATIENCE[Category.NARRATION].attempts + 1):
        (mine,) = taken(database, at=at)
        assert mine.attempts == attempt
        stage = settled(database, mine, Retry("busy"), at=at)
        at += LONGEST_PAUSE
    assert stage is DeliveryStage.DEAD
    assert row(database, mine).error == "given up after 2 tries: busy"


def test_a_pause_the_channel_asks_for_is_kept(database, submission):
    add(database, submission)
    (mine,) = taken(database)
    settled(database, mine, Retry("slow down", after=timedelta(hours=2)))
    assert row(database, mine).next_try_at == AT + timedelta(hours=2)


def test_pauses_double_up_to_an_hour_and_differ():
    rng = random.Random(1)
    pauses = [next_pause(attempt, rng) for attempt in range(1, 15)]
    for attempt, pause in enumerate(pauses, 1):
        longest = min(FIRST_PAUSE * 2 ** (attempt - 1), LONGEST_PAUSE)
        assert longest / 2 <= pause <= longest
    assert next_pause(3, rng) != next_pause(3, rng)


def test_a_skipped_one_says_why(database, submission):
    add(database, submission)
    (mine,) = taken(database)
    assert settled(database, mine, Skipped("answered meanwhile")) is DeliveryStage.SKIPPED
    assert row(database, mine).error == "answered meanwhile"


def test_a_dead_one_gets_a_second_chance_and_no_other_does(database, submission):
    add(database, submission)
    (mine,) = taken(database)
    settled(database, mine, Dead("refused"))
    with database.write.begin() as session:
        assert [delivery.id for delivery in listed(session, stages=frozenset({DeliveryStage.DEAD}))] == [mine.id]
        retry(session, mine.id, AT)
    (again,) = taken(database)
    assert again.attempts == 1
    with database.write.begin() as session:
        with pytest.raises(DeliveryNotDead, match="is sending"):
            retry(session, mine.id, AT)
        with pytest.raises(DeliveryUnknown, match="999"):
            retry(session, 999, AT)


def test_the_card_is_remembered_and_keeps_its_newest_event(database, submission):
    first = add(database, submission, recipient=TEAM_CHANNEL, channel=ChannelName.SLACK)
    (mine,) = taken(database)
    settled(database, mine, Sent("C1/1", card_reference="C1/1"))
    second = add(database, submission, recipient=TEAM_CHANNEL, channel=ChannelName.SLACK)
    (mine,) = taken(database)
    settled(database, mine, Retry("the note failed", card_reference="C1/2"))
    with database.read() as session:
        card = session.get_one(Card, (submission.id, TEAM_CHANNEL))
        assert (card.reference, card.event_id) == ("C1/2", second.event_id)
    assert first.event_id < second.event_id


def test_the_claim_is_answered_by_the_partial_indexes(sqlite_database):
    from notifications.outbox.leasing import due_now

    with sqlite_database.read() as session:
        compiled = due_now(AT).compile(session.get_bind(), compile_kwargs={"literal_binds": True})
        explained = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}").all()
    steps = " ".join(str(step[-1]) for step in explained)
    assert "ix_deliveries_next_try_at" in steps
    assert "ix_deliveries_subject" in steps
