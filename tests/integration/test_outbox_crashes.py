"""A worker may die anywhere between the event and the settled delivery: nothing is lost, repeats are marked."""

import asyncio
import contextlib
import random
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from models.delivery import Delivery
from models.enums import ChannelName, DeliveryStage, EventName, Role, TargetName
from models.event import UnplannedEvent
from models.integration import Integration
from models.people import Partner
from notifications.channels.fake import FakeChannel, Interrupted, Script
from notifications.message import Dead, Retry
from notifications.outbox import Report, deliver_due, plan
from notifications.outbox import delivering as subject
from tests.fixtures.hands import Hands
from tests.fixtures.programme_rows import (
    AT,
    EVERYWHERE,
    MAIL_ONLY,
    TEAM_CHANNEL,
    a_clock,
    a_delivery,
    a_message,
    a_pause,
    a_person,
    a_submission,
    an_event,
    an_integration,
)


def a_subject(database, *, slug="mapleworks"):
    with database.write.begin() as session:
        partner = Partner(name=f"Partner of {slug}", website="", created_at=AT)
        session.add(partner)
        a_person(session, "Cora", partner=partner, email=f"cora@{slug}.example")
        return a_submission(session, an_integration(session, slug, partner=partner))


def happened(database, submission, name, **values):
    with database.write.begin() as session:
        return an_event(session, name, submission=session.merge(submission), **values)


def planned(database, *, programme=MAIL_ONLY, at=AT):
    with database.write.begin() as session:
        return plan(session, at=at, programme=programme)


def rows(database):
    with database.read() as session:
        return session.scalars(select(Delivery).order_by(Delivery.id)).all()


async def delivered(database, channel, clock, *, name=ChannelName.MAIL, limit=20, worker="one"):
    return await deliver_due(database, {name: channel}, clock=clock, worker=worker, limit=limit, rng=random.Random(3))


def test_a_crash_while_planning_leaves_the_event_at_the_door(database):
    happened(database, a_subject(database), EventName.REJECTED)

    class Died(BaseException):
        pass

    def planning_that_dies():
        with database.write.begin() as session:
            plan(session, at=AT, programme=MAIL_ONLY)
            raise Died

    with pytest.raises(Died):
        planning_that_dies()
    with database.read() as session:
        assert session.scalar(select(UnplannedEvent.event_id)) is not None
    assert rows(database) == []
    assert planned(database) == 1


async def test_a_crash_before_the_sending_loses_nothing_and_the_next_try_says_it_may_be_a_repeat(database):
    happened(database, a_subject(database), EventName.REJECTED)
    planned(database)
    clock = Hands(AT)
    with pytest.raises(Interrupted):
        await delivered(database, FakeChannel([Script(arrives=False, answer=None)]), clock)
    healthy = FakeChannel()
    assert await delivered(database, healthy, clock) == Report()
    clock.now += timedelta(seconds=subject.LEASE_SECONDS)
    assert await delivered(database, healthy, clock) == Report(uncertain=1)
    assert [got.message.repeat_possible for got in healthy.got] == [True]


async def test_a_crash_after_the_sending_repeats_with_the_same_key_and_is_marked(database):
    happened(database, a_subject(database), EventName.REJECTED)
    planned(database)
    clock, channel = Hands(AT), FakeChannel([Script(arrives=True, answer=None)])
    with pytest.raises(Interrupted):
        await delivered(database, channel, clock)
    clock.now += timedelta(seconds=subject.LEASE_SECONDS)
    await delivered(database, channel, clock)
    assert len(channel.got) == 2
    assert len({got.key for got in channel.got}) == 1
    assert [row.stage for row in rows(database)] == [DeliveryStage.UNCERTAIN]


async def test_a_channel_that_drops_repeats_makes_a_crash_unseen(database):
    happened(database, a_subject(database), EventName.REJECTED)
    planned(database)
    clock, channel = Hands(AT), FakeChannel([Script(arrives=True, answer=None)], drops_repeats=True)
    with pytest.raises(Interrupted):
        await delivered(database, channel, clock)
    clock.now += timedelta(seconds=subject.LEASE_SECONDS)
    await delivered(database, channel, clock)
    assert len(channel.got) == 1
    assert [row.stage for row in rows(database)] == [DeliveryStage.SENT]


STEPS = st.sampled_from(
    [
        None,
        Script(arrives=True, answer=None),
        Script(arrives=False, answer=None),
        Script(arrives=False, answer=Retry("busy")),
        Script(arrives=True, answer=Retry("no answer", may_have_gone_out=True)),
        Script(arrives=False, answer=Retry("no answer", may_have_gone_out=True)),
    ]
)


class Troubled(FakeChannel):
    """Works through its script, where None means that all goes well."""

    async def send(self, message, key):
        if self._ahead and self._ahead[0] is None:
            self._ahead.popleft()
            ahead, self._ahead = self._ahead, type(self._ahead)()
            result = await super().send(message, key)
            self._ahead = ahead
            return result
        return await super().send(message, key)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(script=st.lists(STEPS, max_size=8), count=st.integers(1, 4), limit=st.integers(1, 3))
def test_whatever_happens_everything_arrives_in_order_and_only_marked_ones_twice(sqlite_database, script, count, limit):
    database = sqlite_database
    with database.write.begin() as session:
        for row in session.scalars(select(Delivery)):
            session.delete(row)
        submission = a_submission(session, an_integration(session, f"works-{session.scalar(_numbers())}"))
        for number in range(count):
            event = an_event(session, EventName.REJECTED, submission=submission)
            a_delivery(session, event, message=a_message(event=EventName.REJECTED, title=str(number)))
    clock, channel = Hands(AT), Troubled(script)

    async def until_settled():
        for _ in range(len(script) * 2 + count + 2):
            with contextlib.suppress(Interrupted):
                await delivered(database, channel, clock, limit=limit)
            clock.now += timedelta(hours=1)

    asyncio.run(until_settled())
    arrived = [got.message.title for got in channel.got]
    settled = rows(database)
    assert {row.stage for row in settled} <= {DeliveryStage.SENT, DeliveryStage.UNCERTAIN}
    assert sorted(set(arrived)) == [str(number) for number in range(count)]
    assert arrived == sorted(arrived)
    certain = {row.message["title"] for row in settled if row.stage is DeliveryStage.SENT}
    assert all(arrived.count(title) == 1 for title in certain)


def _numbers():
    return select(func.count(Integration.id))


async def test_a_flood_does_not_hold_the_caller_for_ever(sqlite_database):
    with sqlite_database.write.begin() as session:
        event = an_event(session, EventName.REJECTED, submission=a_submission(session, an_integration(session)))
        for number in range(subject.ROUNDS + 2):
            a_delivery(session, event, recipient=f"{number}@people.example")
    assert await delivered(sqlite_database, FakeChannel(), Hands(AT), limit=1) == Report(sent=subject.ROUNDS)
    assert await delivered(sqlite_database, FakeChannel(), Hands(AT), limit=1) == Report(sent=2)


async def test_a_channel_that_is_not_configured_any_more_says_so(database):
    happened(database, a_subject(database), EventName.REJECTED)
    planned(database)
    report = await delivered(database, FakeChannel(), Hands(AT), name=ChannelName.SLACK)
    assert (report.dead, report.critical) == (1, tuple(row.id for row in rows(database)))
    assert "mail is not configured" in rows(database)[0].error


async def test_a_fault_in_a_channels_code_stops_no_other_message(sqlite_database):
    class Broken(FakeChannel):
        async def send(self, message, key):
            if "first" in message.recipient:
                raise KeyError(key)
            return await super().send(message, key)

    with sqlite_database.write.begin() as session:
        event = an_event(session, EventName.REJECTED, submission=a_submission(session, an_integration(session)))
        for name in ("first", "second"):
            a_delivery(session, event, recipient=f"{name}@people.example")
    report = await delivered(sqlite_database, Broken(), Hands(AT))
    assert (report.sent, report.retried) == (1, 1)
    assert "KeyError" in rows(sqlite_database)[0].error


async def test_a_try_that_takes_too_long_may_have_gone_out(sqlite_database):
    class Slow(FakeChannel):
        async def send(self, message, key):
            raise TimeoutError

    happened(sqlite_database, a_subject(sqlite_database), EventName.REJECTED)
    planned(sqlite_database)
    await delivered(sqlite_database, Slow(), Hands(AT))
    (row,) = rows(sqlite_database)
    assert row.repeat_possible
    assert row.error == "no answer within 20 seconds"


async def test_what_a_lease_does_not_cover_any_more_is_given_back_untried(sqlite_database):
    clock = Hands(AT)

    class Dawdling(FakeChannel):
        async def send(self, message, key):
            clock.now += timedelta(seconds=subject.LEASE_SECONDS - subject.SEND_SECONDS + 1)
            return await super().send(message, key)

    with sqlite_database.write.begin() as session:
        event = an_event(session, EventName.REJECTED, submission=a_submission(session, an_integration(session)))
        for number in range(3):
            a_delivery(session, event, recipient=f"{number}@people.example")
    report = await delivered(sqlite_database, Dawdling(), clock)
    assert report == Report(sent=3)
    assert {(row.attempts, row.stage) for row in rows(sqlite_database)} == {(1, DeliveryStage.SENT)}


async def test_a_worker_that_is_stopped_gives_back_what_it_did_not_try(sqlite_database):
    with sqlite_database.write.begin() as session:
        event = an_event(session, EventName.REJECTED, submission=a_submission(session, an_integration(session)))
        for number in range(3):
            a_delivery(session, event, recipient=f"{number}@people.example")
    with pytest.raises(Interrupted):
        await delivered(sqlite_database, FakeChannel([Script(arrives=True, answer=None)]), Hands(AT))
    assert [row.stage for row in rows(sqlite_database)] == [
        DeliveryStage.SENDING,
        DeliveryStage.PLANNED,
        DeliveryStage.PLANNED,
    ]


async def test_two_workers_at_once_send_each_message_once(database):
    with database.write.begin() as session:
        event = an_event(session, EventName.REJECTED, submission=a_submission(session, an_integration(session)))
        for number in range(30):
            a_delivery(session, event, recipient=f"{number}@people.example")
    channel, clock = FakeChannel(), Hands(AT)
    reports = await asyncio.gather(
        *(delivered(database, channel, clock, worker=name, limit=4) for name in ("one", "two", "three"))
    )
    assert sum(report.sent for report in reports) == 30
    assert len({got.key for got in channel.got}) == len(channel.got) == 30


# Still true?


async def report_after(database, first, later, *, programme=MAIL_ONLY, data=None):
    submission = a_subject(database)
    happened(database, submission, first, data=data)
    planned(database, programme=programme)
    for name in later:
        happened(database, submission, name)
    return await delivered(database, FakeChannel(), Hands(AT))


@pytest.mark.parametrize(
    ("first", "later"),
    [
        (EventName.PARTNER_REMINDED, EventName.ANSWERED),
        (EventName.PARTNER_REMINDED, EventName.RESUBMITTED),
        (EventName.CHANGES_REQUESTED, EventName.RESUBMITTED),
        (EventName.QUESTION_ASKED, EventName.ANSWERED),
        (EventName.GRADUATION_PROPOSED, EventName.GRADUATED),
    ],
)
async def test_what_a_later_event_made_untrue_is_not_sent(sqlite_database, first, later):
    assert await report_after(sqlite_database, first, [later]) == Report(skipped=1)
    assert rows(sqlite_database)[0].error == f"overtaken: {later.value} came after {first.value}"


async def test_what_still_holds_is_sent(sqlite_database):
    assert await report_after(sqlite_database, EventName.CHANGES_REQUESTED, [EventName.CLAIMED]) == Report(sent=1)


def told_of(target, level):
    told = {"target": target, "rung": str(level), "level": level, "due_at": AT.isoformat(), "missed": [], "cause": ""}
    return told | {"tells": ["lead"], "also": [], "offers": [], "waiting_on": "reviewer"}


@pytest.mark.parametrize(
    ("level", "stopped", "paused", "breached", "expected"),
    [
        (0.9, False, False, False, Report(sent=1)),
        (0.9, True, False, False, Report(skipped=1)),
        (0.9, False, True, False, Report(skipped=1)),
        (1.0, False, True, True, Report(sent=1)),
        (1.0, True, False, True, Report(skipped=1)),
        (1.0, False, False, False, Report(skipped=1)),  # in time again, under other terms
    ],
)
async def test_a_warning_goes_out_only_while_it_holds(sqlite_database, level, stopped, paused, breached, expected):
    submission = a_subject(sqlite_database)
    name = EventName.CLOCK_BREACHED if level == 1 else EventName.CLOCK_WARNED
    with sqlite_database.write.begin() as session:
        a_person(session, "Lena", roles=[Role.LEAD])
        clock = a_clock(session, submission, stopped_at=AT if stopped else None, breached=breached)
        if paused:
            a_pause(session, clock)
    happened(sqlite_database, submission, name, data=told_of("first_response", level))
    planned(sqlite_database)
    assert await delivered(sqlite_database, FakeChannel(), Hands(AT)) == expected


@pytest.mark.parametrize(("both_stopped", "expected"), [(False, Report(sent=1)), (True, Report(skipped=1))])
async def test_a_message_of_two_clocks_goes_out_while_one_of_them_runs(sqlite_database, both_stopped, expected):
    submission = a_subject(sqlite_database)
    with sqlite_database.write.begin() as session:
        a_person(session, "Lena", roles=[Role.LEAD])
        a_clock(session, submission, stopped_at=AT)
        a_clock(session, submission, target=TargetName.DECISION, stopped_at=AT if both_stopped else None)
    data = told_of("first_response", 0.9) | {"also": [told_of("decision", 0.5)]}
    happened(sqlite_database, submission, EventName.CLOCK_WARNED, data=data)
    planned(sqlite_database)
    assert await delivered(sqlite_database, FakeChannel(), Hands(AT)) == expected


async def test_a_warning_of_a_promise_that_was_kept_is_not_taken_for_one_of_the_next_of_that_name(sqlite_database):
    submission = a_subject(sqlite_database)
    with sqlite_database.write.begin() as session:
        a_person(session, "Lena", roles=[Role.LEAD])
        a_clock(session, submission, target=TargetName.RE_REVIEW).started_at = AT + timedelta(minutes=1)
    happened(sqlite_database, submission, EventName.CLOCK_WARNED, data=told_of("re_review", 0.9))
    planned(sqlite_database)
    assert await delivered(sqlite_database, FakeChannel(), Hands(AT)) == Report(skipped=1)


async def test_of_several_states_of_a_card_only_the_newest_goes_out(sqlite_database):
    submission = a_subject(sqlite_database)
    for name in (EventName.REVIEW_OPENED, EventName.CLAIMED, EventName.RELEASED):
        happened(sqlite_database, submission, name, data={})
    planned(sqlite_database, programme=_slack_only())
    channel = FakeChannel()
    assert await delivered(sqlite_database, channel, Hands(AT), name=ChannelName.SLACK) == Report(sent=1, skipped=2)
    assert [got.message.event for got in channel.got] == [EventName.RELEASED.value]


async def test_a_text_for_the_thread_goes_out_although_a_newer_card_waits(sqlite_database):
    submission = a_subject(sqlite_database)
    happened(sqlite_database, submission, EventName.QUESTION_ASKED)
    happened(sqlite_database, submission, EventName.RELEASED)
    planned(sqlite_database, programme=_slack_only())
    channel = FakeChannel()
    await delivered(sqlite_database, channel, Hands(AT), name=ChannelName.SLACK)
    assert [got.message.event for got in channel.got] == [EventName.QUESTION_ASKED.value, EventName.RELEASED.value]


def _slack_only():
    return type(EVERYWHERE)(
        base_url="https://desk.example", channels=frozenset({ChannelName.SLACK}), slack_channel=TEAM_CHANNEL
    )


async def test_a_dead_message_that_matters_is_reported_as_a_fault(sqlite_database):
    happened(sqlite_database, a_subject(sqlite_database), EventName.REJECTED)
    planned(sqlite_database)
    report = await delivered(
        sqlite_database, FakeChannel([Script(arrives=False, answer=Dead("no such user"))]), Hands(AT)
    )
    assert report == Report(dead=1, critical=(rows(sqlite_database)[0].id,))
