"""Webhooks through the outbox: who hears, in which order, how long it is tried, and when an endpoint is given up."""

import asyncio
import json
import random
from datetime import timedelta

import pytest
from sqlalchemy import select

from checklist.fetch import Fetcher
from flows.webhooks import Endpoints, opened, webhook_channel
from flows.wiring import utc_now
from models.delivery import Delivery
from models.enums import ChannelName, DeliveryStage, EventName, Role
from models.event import Event
from models.people import Partner
from models.webhook_endpoint import WebhookEndpoint, endpoint_number
from notifications.channels.fake import FakeChannel, Interrupted, Script
from notifications.channels.webhook import EndpointUnreadable
from notifications.message import Dead, Retry, Sent, Skipped
from notifications.outbox import Report, deliver_due, no_longer_true, plan, retry
from notifications.outbox.delivering import LEASE_SECONDS
from notifications.outbox.endpoints import DeliveryNotSettled, replay_one, replay_since
from notifications.outbox.register import DeliveryUnknown
from review.actions.endpoints import (
    EndpointRefused,
    EndpointUnknown,
    add_endpoint,
    disable_endpoint,
    disable_failing,
    enable_endpoint,
    endpoint_of,
    rotate_secret,
)
from review.vault import Vault
from tests.fixtures.hands import Hands
from tests.fixtures.programme_rows import (
    AT,
    EVERYWHERE,
    MAIL_ONLY,
    a_person,
    a_submission,
    an_event,
    an_integration,
)

VAULT = Vault("a key for the tests, long enough")
SECRETS = [f"whsec_{letter * 43}=" for letter in "ABC"]
DAY = timedelta(days=1)


@pytest.fixture
def clock():
    return Hands(AT)


@pytest.fixture
def submission(database):
    with database.write.begin() as session:
        a_person(session, "Mona", roles=[Role.MANAGER])
        partner = Partner(name="Mapleworks Inc.", website="", created_at=AT)
        a_person(session, "Cora", partner=partner, email="cora@mapleworks.example")
        return a_submission(session, an_integration(session, partner=partner))


def added(database, *, events=("*",), partner=None, address="https://hooks.test/in", at=AT):
    with database.write.begin() as session:
        owner = None if partner is None else session.scalars(select(Partner).where(Partner.name == partner)).one()
        return add_endpoint(
            session, address=address, events=list(events), secret=SECRETS[0], vault=VAULT, at=at, partner=owner
        )


def happened(database, submission, name, **values):
    with database.write.begin() as session:
        return an_event(session, name, submission=session.merge(submission), **values)


def planned(database, *, at=AT, programme=EVERYWHERE):
    with database.write.begin() as session:
        plan(session, at=at, programme=programme)
    return to_systems(database)


def to_systems(database):
    with database.read() as session:
        mine = select(Delivery).where(Delivery.channel == ChannelName.WEBHOOK)
        return session.scalars(mine.order_by(Delivery.id)).all()


def heard(database):
    return [(row.recipient, json.loads(row.message["text"])["type"]) for row in to_systems(database)]


async def delivered(database, channel, clock):
    return await deliver_due(
        database,
        {ChannelName.WEBHOOK: channel},
        clock=clock,
        worker="one",
        rng=random.Random(3),
        only=frozenset({ChannelName.WEBHOOK}),
    )


def endpoint_in(database, number):
    with database.read() as session:
        return session.get_one(WebhookEndpoint, number)


def verb(database, do, number, **values):
    with database.write.begin() as session:
        return do(session, session.get_one(WebhookEndpoint, number), **values)


# Who hears


def test_each_endpoint_hears_what_it_asked_for(database, submission):
    everything, launches = added(database), added(database, events=["integration.*"], address="https://b.test/")
    happened(database, submission, EventName.APPROVED)
    happened(database, submission, EventName.LAUNCHED)
    happened(database, submission, EventName.SECRET_REVEALED)
    planned(database)
    assert heard(database) == [
        (everything.recipient, "submission.approved"),
        (everything.recipient, "integration.launched"),
        (launches.recipient, "integration.launched"),
    ]


def test_a_partners_endpoint_hears_of_its_own_integrations_what_its_mails_say(database, submission):
    theirs = added(database, partner="Mapleworks Inc.")
    with database.write.begin() as session:
        other = a_submission(session, an_integration(session, "quillharbor"))
    happened(database, submission, EventName.APPROVED)
    happened(database, submission, EventName.SUBMISSION_CHECKED)
    happened(database, submission, EventName.CLAIMED, data={"message": ""})
    happened(database, other, EventName.REJECTED)
    planned(database)
    assert heard(database) == [(theirs.recipient, "submission.approved")]


def test_an_endpoint_hears_nothing_of_what_was_before_it(database, submission):
    added(database, at=AT + DAY)
    happened(database, submission, EventName.APPROVED)
    assert planned(database, at=AT + 2 * DAY) == []


def test_without_the_channel_nothing_is_planned_for_endpoints(database, submission):
    added(database)
    happened(database, submission, EventName.APPROVED)
    assert planned(database, programme=MAIL_ONLY) == []


def test_a_body_carries_the_number_of_its_event(database, submission):
    added(database)
    event = happened(database, submission, EventName.APPROVED)
    (row,) = planned(database)
    assert json.loads(row.message["text"])["data"]["sequence"] == event.id


def test_a_webhook_tells_what_happened_also_when_it_no_longer_holds(database, submission):
    added(database)
    happened(database, submission, EventName.CHANGES_REQUESTED)
    happened(database, submission, EventName.RESUBMITTED)
    planned(database)
    with database.read() as session:
        rows = session.scalars(select(Delivery).where(Delivery.channel == ChannelName.WEBHOOK))
        assert [no_longer_true(session, row, at=AT) for row in rows] == ["", ""]


# Order and tries


async def test_what_an_endpoint_does_not_take_holds_back_nothing_that_comes_later(database, submission, clock):
    added(database)
    happened(database, submission, EventName.APPROVED)
    happened(database, submission, EventName.LAUNCHED)
    first, second = planned(database)
    channel = FakeChannel([Script(arrives=False, answer=Retry("it answered 400"))])
    assert await delivered(database, channel, clock) == Report(sent=1, retried=1)
    assert [row.stage for row in to_systems(database)] == [DeliveryStage.PLANNED, DeliveryStage.SENT]
    assert first.id < second.id


async def test_in_order_as_long_as_all_is_well(database, submission, clock):
    added(database)
    for name in (EventName.SUBMISSION_ACKNOWLEDGED, EventName.CHANGES_REQUESTED, EventName.RESUBMITTED):
        happened(database, submission, name)
    planned(database)
    channel = FakeChannel()
    await delivered(database, channel, clock)
    assert [got.message.event for got in channel.got] == [
        "submission.acknowledged",
        "submission.changes_requested",
        "submission.resubmitted",
    ]


async def test_it_is_tried_for_three_days_and_then_given_up(database, submission, clock):
    added(database)
    happened(database, submission, EventName.APPROVED)
    (row,) = planned(database)
    channel = FakeChannel([Script(arrives=False, answer=Retry("it answered 500"))] * 20)
    while (row := to_systems(database)[0]).next_try_at is not None:
        clock.now = row.next_try_at
        await delivered(database, channel, clock)
    assert (row.stage, row.attempts) == (DeliveryStage.DEAD, 10)
    assert timedelta(days=3) <= clock.now - AT <= timedelta(days=4)
    assert row.error == "given up after 10 tries: it answered 500"


async def test_a_pause_that_was_asked_for_is_kept(database, submission, clock):
    added(database)
    happened(database, submission, EventName.APPROVED)
    planned(database)
    channel = FakeChannel([Script(arrives=False, answer=Retry("busy", after=timedelta(hours=7)))])
    await delivered(database, channel, clock)
    assert to_systems(database)[0].next_try_at == AT + timedelta(hours=7)


async def test_a_crash_after_the_sending_repeats_with_the_same_id_and_is_marked(database, submission, clock):
    added(database)
    happened(database, submission, EventName.APPROVED)
    planned(database)
    channel = FakeChannel([Script(arrives=True, answer=None)])
    with pytest.raises(Interrupted):
        await delivered(database, channel, clock)
    clock.now += timedelta(seconds=LEASE_SECONDS)
    assert await delivered(database, channel, clock) == Report(uncertain=1)
    first, second = channel.got
    assert (first.key, first.message.text) == (second.key, second.message.text)


async def test_an_endpoint_that_is_slow_holds_up_no_other(sqlite_database, clock):
    with sqlite_database.write.begin() as session:
        submission = a_submission(session, an_integration(session))
    slow, quick = added(sqlite_database), added(sqlite_database, address="https://b.test/")
    happened(sqlite_database, submission, EventName.APPROVED)
    planned(sqlite_database)
    answered = asyncio.Event()

    class Receivers:
        async def send(self, message, key):
            if message.recipient == slow.recipient:
                await asyncio.wait_for(answered.wait(), 5)
            else:
                answered.set()
            return Sent(key)

    assert quick.recipient != slow.recipient
    assert await delivered(sqlite_database, Receivers(), clock) == Report(sent=2)


# How an endpoint stands


async def test_an_endpoint_remembers_how_it_answered(database, submission, clock):
    endpoint = added(database)
    happened(database, submission, EventName.APPROVED)
    planned(database)
    answers = [Script(arrives=False, answer=Retry("it answered 500: out of disk"))] * 2
    channel = FakeChannel(answers)
    await delivered(database, channel, clock)
    first_failure = clock.now
    clock.now += timedelta(hours=1)
    await delivered(database, channel, clock)
    failing = endpoint_in(database, endpoint.id)
    assert (failing.failing_since, failing.last_failure_at) == (first_failure, clock.now)
    assert failing.last_failure == "it answered 500: out of disk"
    clock.now += timedelta(hours=1)
    await delivered(database, channel, clock)
    well = endpoint_in(database, endpoint.id)
    assert (well.failing_since, well.last_success_at) == (None, clock.now)


def events_told(database, name):
    with database.read() as session:
        return session.scalars(select(Event).where(Event.name == name.value)).all()


async def test_410_disables_the_endpoint_and_its_partner_and_the_managers_hear(database, submission, clock):
    endpoint = added(database, partner="Mapleworks Inc.")
    happened(database, submission, EventName.APPROVED)
    planned(database)
    gone = FakeChannel([Script(arrives=False, answer=Dead("it answered 410: moved", gone=True))])
    await delivered(database, gone, clock)
    with database.write.begin() as session:
        assert disable_failing(session, at=clock.now) == [endpoint.id]
    with database.write.begin() as session:
        assert disable_failing(session, at=clock.now) == []
    (event,) = events_told(database, EventName.WEBHOOK_DISABLED)
    assert event.data["because"] == "it said that it is gone: it answered 410: moved"
    with database.write.begin() as session:
        plan(session, at=AT, programme=MAIL_ONLY)
        told = session.scalars(select(Delivery).where(Delivery.event_id == event.id).order_by(Delivery.recipient)).all()
    assert [row.recipient for row in told] == ["cora@mapleworks.example", "mona@people.example"]
    assert all("hooks.test" in row.message["title"] for row in told)
    assert not any("/in" in row.message["text"] for row in told)


async def test_the_first_message_given_up_after_three_days_of_failures_disables(database, submission, clock):
    endpoint = added(database)
    happened(database, submission, EventName.APPROVED)
    planned(database)
    channel = FakeChannel([Script(arrives=False, answer=Retry("it answered 500"))] * 20)
    while (row := to_systems(database)[0]).next_try_at is not None:
        with database.write.begin() as session:
            assert disable_failing(session, at=clock.now) == []
        clock.now = row.next_try_at
        await delivered(database, channel, clock)
    with database.write.begin() as session:
        assert disable_failing(session, at=clock.now) == [endpoint.id]
    assert endpoint_in(database, endpoint.id).disabled_because == (
        "it took nothing since 2026-11-23 14:00 UTC; the last it said: it answered 500"
    )


async def test_one_message_that_is_refused_for_good_disables_nothing(database, submission, clock):
    added(database)
    happened(database, submission, EventName.APPROVED)
    planned(database)
    channel = FakeChannel([Script(arrives=False, answer=Dead("10.0.0.7 is not on the open internet"))])
    await delivered(database, channel, clock)
    clock.now += 5 * DAY
    with database.write.begin() as session:
        assert disable_failing(session, at=clock.now) == []


async def test_one_success_in_between_and_the_three_days_begin_anew(database, submission, clock):
    added(database)
    refused = Script(arrives=False, answer=Dead("refused"))
    channel = FakeChannel([refused, Script(arrives=True, answer=Sent("x")), refused])
    for _ in range(3):
        happened(database, submission, EventName.APPROVED, at=clock.now)
        planned(database, at=clock.now)
        await delivered(database, channel, clock)
        clock.now += 2 * DAY
    with database.write.begin() as session:
        assert disable_failing(session, at=clock.now) == []


# Disabled, enabled, sent again


async def test_what_a_disabled_endpoint_misses_is_kept_and_sent_once_it_is_enabled(database, submission, clock):
    endpoint = added(database)
    happened(database, submission, EventName.APPROVED)
    planned(database)
    assert verb(database, disable_endpoint, endpoint.id, because="by hand", at=AT)
    assert not verb(database, disable_endpoint, endpoint.id, because="again", at=AT)
    closed = FakeChannel([Script(arrives=False, answer=Skipped("the endpoint is disabled: by hand"))] * 2)
    await delivered(database, closed, clock)
    happened(database, submission, EventName.LAUNCHED, at=AT + DAY)
    happened(database, submission, EventName.REGRESSED, at=AT + 31 * DAY)
    planned(database)
    await delivered(database, closed, clock)
    assert [row.stage for row in to_systems(database)] == [DeliveryStage.SKIPPED] * 2
    assert verb(database, enable_endpoint, endpoint.id)
    assert not verb(database, enable_endpoint, endpoint.id)
    assert len(verb(database, replay_since, endpoint.id, since=AT, at=AT)) == 2
    channel = FakeChannel()
    assert await delivered(database, channel, clock) == Report(sent=2)
    assert [got.message.event for got in channel.got] == ["submission.approved", "integration.launched"]


async def test_a_replay_of_what_was_taken_has_the_same_id_and_is_marked(database, submission, clock):
    endpoint = added(database)
    happened(database, submission, EventName.APPROVED)
    (row,) = planned(database)
    with pytest.raises(DeliveryNotSettled, match="comes by itself"):
        verb(database, replay_one, endpoint.id, delivery_id=row.id, at=AT)
    channel = FakeChannel()
    await delivered(database, channel, clock)
    assert verb(database, replay_since, endpoint.id, since=AT, at=AT) == []
    assert verb(database, replay_since, endpoint.id, since=AT + DAY, at=AT, also_taken=True) == []
    assert verb(database, replay_since, endpoint.id, since=AT, at=AT, also_taken=True) == [row.id]
    assert await delivered(database, channel, clock) == Report(uncertain=1)
    first, second = channel.got
    assert first.key == second.key


def test_a_replay_is_of_the_endpoints_own_deliveries(database, submission):
    endpoint = added(database)
    happened(database, submission, EventName.APPROVED)
    with database.write.begin() as session:
        plan(session, at=AT, programme=EVERYWHERE)
        mail = session.scalars(select(Delivery.id).where(Delivery.channel == ChannelName.MAIL)).first()
    for number in (mail, 10_000):
        with pytest.raises(DeliveryUnknown, match=f"to endpoint {endpoint.id}"):
            verb(database, replay_one, endpoint.id, delivery_id=number, at=AT)


def test_what_could_not_be_written_is_planned_anew_and_not_replayed(database, submission):
    endpoint = added(database)
    happened(database, submission, EventName.DELISTED, data={"reason": "closed"})
    happened(database, submission, EventName.CLOCK_BREACHED, data={"target": "unheard of", "due_at": "soon"})
    (_, row) = planned(database)
    assert (row.stage, row.message) == (DeliveryStage.DEAD, {})
    with pytest.raises(DeliveryNotSettled, match=f"deliveries retry {row.id}"):
        verb(database, replay_one, endpoint.id, delivery_id=row.id, at=AT)
    assert verb(database, replay_since, endpoint.id, since=AT, at=AT) == []


async def test_a_dead_webhook_gets_a_second_chance_like_any_message(database, submission, clock):
    added(database)
    happened(database, submission, EventName.APPROVED)
    (row,) = planned(database)
    channel = FakeChannel([Script(arrives=False, answer=Dead("no"))])
    await delivered(database, channel, clock)
    with database.write.begin() as session:
        retry(session, row.id, AT)
    assert await delivered(database, channel, clock) == Report(sent=1)


# Secrets


def test_a_secret_is_sealed_and_two_sign_for_a_day(database, clock):
    endpoint = added(database)
    assert SECRETS[0].encode() not in endpoint.ciphertext
    verb(database, rotate_secret, endpoint.id, secret=SECRETS[1], vault=VAULT, at=AT)
    row = endpoint_in(database, endpoint.id)
    assert opened(row, VAULT, AT).secrets == (SECRETS[1], SECRETS[0])
    assert opened(row, VAULT, AT + timedelta(hours=24)).secrets == (SECRETS[1],)


def test_a_second_change_within_the_day_is_refused_unless_it_ends_both(database):
    endpoint = added(database)
    verb(database, rotate_secret, endpoint.id, secret=SECRETS[1], vault=VAULT, at=AT)
    with pytest.raises(EndpointRefused, match=r"2026-11-24 14:00 UTC.*--at-once"):
        verb(database, rotate_secret, endpoint.id, secret=SECRETS[2], vault=VAULT, at=AT + timedelta(hours=3))
    verb(database, rotate_secret, endpoint.id, secret=SECRETS[2], vault=VAULT, at=AT, at_once=True)
    assert opened(endpoint_in(database, endpoint.id), VAULT, AT).secrets == (SECRETS[2],)
    verb(database, rotate_secret, endpoint.id, secret=SECRETS[1], vault=VAULT, at=AT)
    verb(database, rotate_secret, endpoint.id, secret=SECRETS[0], vault=VAULT, at=AT + DAY)


async def test_a_secret_stored_with_another_key_can_not_be_opened(database):
    endpoint = added(database)
    other = Endpoints(database, Vault("another key, long enough too"), utc_now)
    with pytest.raises(EndpointUnreadable, match="LAUNCH_REVIEW_SECRET_KEY"):
        await other(endpoint.recipient)
    mine = Endpoints(database, VAULT, utc_now)
    assert (await mine(endpoint.recipient)).address == "https://hooks.test/in"
    for nobody in ("endpoint:99", "ann@people.example", "endpoint:", "endpoint:٣", "endpoint:" + "9" * 30):
        assert await mine(nobody) is None


def test_an_address_is_told_once_for_each_owner(database, submission):
    first = added(database)
    added(database, partner="Mapleworks Inc.")
    with pytest.raises(EndpointRefused, match=f"endpoint {first.id} goes there already"):
        added(database)
    with pytest.raises(EndpointRefused, match="at most 2048"):
        added(database, address="https://hooks.test/" + "a" * 3_000)
    verb(database, disable_endpoint, first.id, because="by hand", at=AT)
    assert added(database).id != first.id


def test_an_endpoint_nobody_knows_is_said(database):
    with database.read() as session:
        for number in (99, 2**80):
            with pytest.raises(EndpointUnknown, match="webhooks list"):
                endpoint_of(session, number)


def test_a_recipient_names_its_endpoint():
    assert endpoint_number(WebhookEndpoint(id=12).recipient) == 12


async def test_the_whole_channel_refuses_what_the_fetcher_refuses(database, submission, clock):
    added(database, address="https://10.0.0.7/in")
    happened(database, submission, EventName.APPROVED)
    planned(database)
    assert await delivered(database, webhook_channel(database, VAULT, Fetcher, utc_now), clock) == Report(dead=1)
    assert "not on the open internet (private)" in to_systems(database)[0].error
