"""Preferences, quiet hours, digests and the cap through the real outbox, on both databases."""

from datetime import UTC, datetime, time, timedelta

import pytest
from sqlalchemy import select

from models.delivery import Delivery
from models.enums import ChannelName, ChosenCategory, ChosenChannel, DeliveryStage, EventName, HeldFor, How, Role
from models.people import Person
from models.submission import Submission
from notifications.channels.fake import FakeChannel, Script
from notifications.message import Category, Retry
from notifications.outbox import anything_due, deliver_due, join_due, plan
from notifications.outbox.register import listed
from notifications.programme import ProgrammeSettings
from notifications.rhythm import Quiet
from notifications.unsubscribing import opened
from review.actions.preferring import be_quiet, prefer
from tests.fixtures.programme_rows import a_person, a_submission, an_assignment, an_event, an_integration

KEY = b"a key of this test alone"
MAILS = ProgrammeSettings(
    base_url="https://desk.example", channels=frozenset({ChannelName.MAIL}), links_key=KEY, mails_a_day=3
)
BOTH = ProgrammeSettings(
    base_url="https://desk.example", channels=frozenset({ChannelName.MAIL, ChannelName.SLACK}), slack_channel="C0REVIEW"
)
NOON = datetime(2026, 11, 23, 11, tzinfo=UTC)  # a Monday, noon in Berlin
NIGHT = datetime(2026, 11, 23, 22, tzinfo=UTC)
MORNING = datetime(2026, 11, 24, 6, tzinfo=UTC)
DIGEST = datetime(2026, 11, 24, 8, tzinfo=UTC)


class World:
    """One partner's submission with its reviewer, both in Berlin, and a channel that remembers."""

    def __init__(self, database):
        self.database = database
        self.channel = FakeChannel()
        self.programme = MAILS
        with database.write.begin() as session:
            integration = an_integration(session)
            cora = a_person(
                session, "Cora", partner=integration.partner, roles=[Role.PARTNER], time_zone="Europe/Berlin"
            )
            rosa = a_person(session, "Rosa", roles=[Role.REVIEWER], slack_id="U0ROSA", time_zone="Europe/Berlin")
            submission = a_submission(session, integration, by=cora)
            an_assignment(session, submission, rosa, at=NOON - timedelta(days=9), leased_until=NOON + timedelta(days=9))
            self.cora, self.rosa, self.submission = cora.id, rosa.id, submission.id

    def happens(self, name, at, **data):
        with self.database.write.begin() as session:
            submission = session.get_one(Submission, self.submission)
            an_event(session, name, submission=submission, at=at, **({"data": data} if data else {}))

    def wants(self, person_id, category, **how):
        with self.database.write.begin() as session:
            prefer(session, session.get_one(Person, person_id), category, **how)

    async def run(self, at):
        """What one wake of the deliveries does; the keys of what went out."""
        before = len(self.channel.got)
        with self.database.write.begin() as session:
            plan(session, at=at, programme=self.programme)
        with self.database.write.begin() as session:
            join_due(session, at=at, programme=self.programme)
        channels = {ChannelName.MAIL: self.channel, ChannelName.SLACK: self.channel}
        await deliver_due(self.database, channels, clock=lambda: at, worker="here", limit=20, programme=self.programme)
        return [got.message for got in self.channel.got[before:]]

    def deliveries(self):
        with self.database.read() as session:
            return list(session.scalars(select(Delivery).order_by(Delivery.id)))


@pytest.fixture
def world(database):
    return World(database)


CLAIMED = {"person_id": 1, "leased_until": NOON.isoformat(), "message": "I have it."}


async def test_by_day_a_message_goes_out_at_once(world):
    world.happens(EventName.CLAIMED, NOON, **CLAIMED)
    assert [message.recipient for message in await world.run(NOON)] == ["cora@people.example"]


async def test_at_night_a_message_waits_for_the_morning_and_a_decision_does_not(world):
    world.happens(EventName.QUESTION_ASKED, NIGHT)
    assert await world.run(NIGHT) == []
    (delivery,) = world.deliveries()
    assert (delivery.held, delivery.next_try_at) == (HeldFor.QUIET, MORNING)
    (message,) = await world.run(MORNING)
    assert message.event == EventName.QUESTION_ASKED
    world.happens(EventName.REJECTED, NIGHT + timedelta(days=1))
    (message,) = await world.run(NIGHT + timedelta(days=1))
    assert message.event == EventName.REJECTED


async def test_what_was_planned_by_day_and_comes_late_waits_all_the_same(world):
    world.happens(EventName.CLAIMED, NOON, **CLAIMED)
    with world.database.write.begin() as session:
        plan(session, at=NOON, programme=world.programme)
    assert await world.run(NIGHT) == []
    (delivery,) = world.deliveries()
    assert (delivery.stage, delivery.held, delivery.attempts) == (DeliveryStage.PLANNED, HeldFor.QUIET, 0)
    assert len(await world.run(MORNING)) == 1


async def test_an_urgent_message_tells_what_waits_before_it_and_nothing_comes_twice(world):
    world.happens(EventName.CLAIMED, NIGHT, **CLAIMED)
    assert await world.run(NIGHT) == []
    world.happens(EventName.APPROVED, NIGHT + timedelta(minutes=5))
    (message,) = await world.run(NIGHT + timedelta(minutes=5))
    assert message.event == EventName.APPROVED
    first, second = world.deliveries()
    for told in (message.text, message.html):
        assert "Before this, not told until now:" in told
        assert first.message["title"] in told
    assert message.html.count("</main>") == 1
    assert (first.stage, first.error) == (
        DeliveryStage.SKIPPED,
        f"told with delivery {second.id}, which could not wait",
    )
    assert await world.run(DIGEST) == []


async def test_an_urgent_message_overtakes_what_is_put_off_only_as_it_goes_out(world):
    world.happens(EventName.CLAIMED, NOON, **CLAIMED)
    world.happens(EventName.APPROVED, NOON)
    with world.database.write.begin() as session:
        plan(session, at=NOON, programme=world.programme)
    (message,) = await world.run(NIGHT)
    assert message.event == EventName.APPROVED
    assert "Before this" in message.text
    assert await world.run(MORNING) == []


async def test_a_repeat_is_the_very_same_mail_although_something_waits_by_then(world):
    world.channel = FakeChannel(script=[Script(arrives=True, answer=Retry("lost", may_have_gone_out=True))])
    world.happens(EventName.APPROVED, NIGHT)
    (first,) = await world.run(NIGHT)
    world.happens(EventName.CLAIMED, NIGHT, **CLAIMED)
    (again,) = await world.run(NIGHT + timedelta(minutes=5))
    assert first.text == again.text


async def test_a_digest_joins_what_waited_each_with_its_line_address_and_turn(world):
    world.wants(world.rosa, ChosenCategory.WORK, how=How.DIGEST)
    world.happens(EventName.ANSWERED, NOON, text="Yes.")
    world.happens(EventName.RESUBMITTED, NOON + timedelta(minutes=5))
    sent = await world.run(NOON + timedelta(minutes=5))
    assert [message.recipient for message in sent] == ["cora@people.example"]  # the receipt
    with world.database.read() as session:
        assert not anything_due(session, at=DIGEST - timedelta(seconds=1))
        assert anything_due(session, at=DIGEST)
    (digest,) = await world.run(DIGEST)
    answered, _, resubmitted, joined = world.deliveries()
    assert digest.category is Category.DIGEST
    assert digest.recipient == "rosa@people.example"
    for one in (answered, resubmitted):
        assert one.message["title"] in digest.text
        assert f"https://desk.example/submissions/{world.submission}" in digest.text
        assert (one.stage, one.error) == (DeliveryStage.SKIPPED, f"in digest delivery {joined.id}")
    assert "Your turn." in digest.text
    assert joined.stage is DeliveryStage.SENT
    assert await world.run(DIGEST + timedelta(days=1)) == []


async def test_what_is_no_longer_true_is_left_out_and_nothing_is_sent_where_nothing_is_left(world):
    world.wants(world.rosa, ChosenCategory.WORK, how=How.DIGEST)
    world.happens(EventName.ANSWERED, NOON, text="Yes.")
    await world.run(NOON)
    world.happens(EventName.APPROVED, NOON + timedelta(hours=1))
    await world.run(NOON + timedelta(hours=1))
    assert await world.run(DIGEST) == []
    assert world.deliveries()[0].error == "overtaken: submission.approved came after submission.answered"


async def test_a_digest_that_comes_late_waits_for_working_hours(world):
    world.wants(world.rosa, ChosenCategory.WORK, how=How.DIGEST)
    world.happens(EventName.ANSWERED, NOON, text="Yes.")
    await world.run(NOON)
    assert await world.run(DIGEST + timedelta(hours=9)) == []
    assert world.deliveries()[0].next_try_at == DIGEST + timedelta(days=1)
    assert len(await world.run(DIGEST + timedelta(days=1, hours=3))) == 1


async def test_past_the_cap_the_rest_of_the_day_comes_as_one_in_the_morning(world):
    for minute in range(6):
        world.happens(EventName.CLAIMED, NOON + timedelta(minutes=minute), **CLAIMED)
    assert len(await world.run(NOON + timedelta(minutes=6))) == 3
    assert {delivery.held for delivery in world.deliveries()[3:]} == {HeldFor.CAP}
    world.happens(EventName.APPROVED, NOON + timedelta(minutes=7))
    (decision,) = await world.run(NOON + timedelta(minutes=7))
    assert decision.event == EventName.APPROVED


async def test_the_rest_says_how_many_there_are_and_can_be_stopped_with_one_click(world):
    for minute in range(5):
        world.happens(EventName.CLAIMED, NOON + timedelta(minutes=minute), **CLAIMED)
    assert len(await world.run(NOON + timedelta(minutes=6))) == 3
    (rest,) = await world.run(DIGEST)
    assert rest.title == "And 2 more from Launch Review"
    prefix = "https://desk.example/unsubscribe/"
    assert rest.unsubscribe.startswith(prefix)
    assert opened(rest.unsubscribe.removeprefix(prefix), KEY).categories == {ChosenCategory.STATUS}
    assert rest.unsubscribe in rest.html


async def test_what_is_switched_off_is_kept_with_the_reason_and_decisions_come(world):
    world.wants(world.cora, ChosenCategory.STATUS, how=How.OFF)
    world.happens(EventName.CLAIMED, NOON, **CLAIMED)
    world.happens(EventName.REJECTED, NOON)
    assert [message.event for message in await world.run(NOON)] == [EventName.REJECTED]
    (claimed, _) = world.deliveries()
    assert (claimed.stage, claimed.error) == (
        DeliveryStage.SKIPPED,
        "switched off: the recipient does not want such messages",
    )


async def test_a_choice_holds_for_what_was_planned_before_it(world):
    world.wants(world.rosa, ChosenCategory.WORK, how=How.DIGEST)
    world.happens(EventName.ANSWERED, NOON, text="Yes.")
    await world.run(NOON)
    world.wants(world.rosa, ChosenCategory.WORK, how=How.OFF)
    assert await world.run(DIGEST) == []


async def test_somebody_whom_both_reach_hears_by_the_channel_they_chose(world):
    world.programme = BOTH
    world.happens(EventName.ANSWERED, NOON, text="Yes.")
    assert "U0ROSA" in [message.recipient for message in await world.run(NOON)]
    world.wants(world.rosa, ChosenCategory.WORK, channel=ChosenChannel.MAIL)
    world.happens(EventName.ANSWERED, NOON, text="Yes.")
    assert "rosa@people.example" in [message.recipient for message in await world.run(NOON)]


async def test_a_digest_in_slack_is_one_direct_message(world):
    world.programme = BOTH
    world.wants(world.rosa, ChosenCategory.WORK, how=How.DIGEST)
    world.happens(EventName.ANSWERED, NOON, text="Yes.")
    await world.run(NOON)
    (digest,) = [message for message in await world.run(DIGEST) if message.category is Category.DIGEST]
    assert digest.recipient == "U0ROSA"
    assert "(Your turn)" in digest.text


async def test_a_digest_that_cant_be_written_keeps_no_other_up(world):
    world.wants(world.rosa, ChosenCategory.WORK, how=How.DIGEST)
    world.wants(world.cora, ChosenCategory.STATUS, how=How.DIGEST)
    world.happens(EventName.ANSWERED, NOON, text="Yes.")
    world.happens(EventName.CLAIMED, NOON, **CLAIMED)
    await world.run(NOON)
    with world.database.write.begin() as session:
        broken = next(row for row in listed(session) if row.person_id == world.rosa)
        broken.message = {key: value for key, value in broken.message.items() if key != "title"}
    assert [message.recipient for message in await world.run(DIGEST)] == ["cora@people.example"]
    held = next(row for row in world.deliveries() if row.person_id == world.rosa)
    assert (held.held, held.next_try_at) == (HeldFor.DIGEST, DIGEST + timedelta(hours=1))


async def test_own_quiet_hours_hold_in_place_of_the_usual(world):
    with world.database.write.begin() as session:
        be_quiet(session, session.get_one(Person, world.cora), Quiet(time(11), time(13)))
    world.happens(EventName.CLAIMED, NOON, **CLAIMED)
    assert await world.run(NOON) == []
    assert len(await world.run(NOON + timedelta(hours=1))) == 1
    with world.database.write.begin() as session:
        be_quiet(session, session.get_one(Person, world.cora), None)
    world.happens(EventName.CLAIMED, NIGHT, **CLAIMED)
    assert len(await world.run(NIGHT)) == 1


async def test_what_an_urgent_message_took_along_comes_by_itself_when_that_one_is_no_longer_true(world):
    world.happens(EventName.CLAIMED, NIGHT, **CLAIMED)
    await world.run(NIGHT)
    world.channel = FakeChannel(script=[Script(arrives=False, answer=Retry("away"))])
    world.happens(EventName.CHANGES_REQUESTED, NIGHT)
    assert await world.run(NIGHT) == []
    world.happens(EventName.WITHDRAWN, NIGHT)
    assert await world.run(NIGHT) == []  # the one before it is still tried
    assert [message.event for message in await world.run(NIGHT + timedelta(minutes=1))] == [EventName.WITHDRAWN]
    (withdrawn,) = [got.message for got in world.channel.got]
    claimed, changes, *_ = world.deliveries()
    assert changes.error.startswith("overtaken:")
    assert claimed.message["title"] in withdrawn.text
    assert [message.recipient for message in await world.run(MORNING)] == ["rosa@people.example"]
