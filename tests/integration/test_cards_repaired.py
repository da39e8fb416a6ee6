"""Cards in Slack are put right: deleted, missing, out of date; nothing loops and nothing comes twice."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from flows.deliver import deliver
from flows.repair_cards import repair_cards as repair_flow
from flows.wiring import using, wire
from models.delivery import Card, Delivery
from models.enums import ChannelName, DecisionKind, DeliveryStage, Role
from models.event import UnplannedEvent
from models.people import Person
from models.submission import Submission
from notifications.channels.slack import SlackChannel
from notifications.message import Sent
from notifications.outbox import deliver_due, plan
from notifications.repairing import anything_to_repair, ask_for_look, repair_cards
from settings import Settings
from tests.building import NOW, VAULT, after, decided, in_review, person, sent
from tests.fixtures.hands import Hands
from tests.fixtures.programme_rows import EVERYWHERE, TEAM_CHANNEL
from tests.fixtures.slack_server import slack_server, words_of

PROGRAMME = replace(EVERYWHERE, channels=frozenset({ChannelName.SLACK}), slack_acts=True)


@pytest.fixture
async def slack():
    async with slack_server() as server:
        yield server
        assert server.wrong == []


@pytest.fixture
def channel(slack):
    return SlackChannel("xoxb-test", base_url=slack.url, spacing_seconds=0.0)


@pytest.fixture
def clock():
    return Hands(NOW)


@pytest.fixture
def tell(database, channel, clock):
    async def told():
        with database.write.begin() as session:
            plan(session, at=clock(), programme=PROGRAMME)
        return await deliver_due(database, {ChannelName.SLACK: channel}, clock=clock, worker="w")

    return told


@pytest.fixture
def repair(database, channel, clock):
    async def repaired():
        return await repair_cards(database, channel, clock=clock, programme=PROGRAMME)

    return repaired


@pytest.fixture
def due(database, clock):
    def is_due():
        with database.read() as session:
            return anything_to_repair(session, at=clock(), programme=PROGRAMME)

    return is_due


def submitted(database, slug="acme"):
    with database.write.begin() as session:
        return in_review(session, slug).id


def card(database):
    with database.read() as session:
        return session.scalars(select(Card)).one()


async def test_a_card_that_somebody_deleted_comes_anew_and_the_next_look_changes_that_one(
    database, slack, clock, tell, repair, due
):
    submitted(database)
    await tell()
    (first,) = slack.posted
    assert not due()
    slack.delete(first)
    clock.now = after(hours=1)
    assert due()
    assert (await repair()).put_right == 1
    (second,) = slack.posted
    assert card(database).reference == f"{TEAM_CHANNEL}/{second.ts}"
    assert not due()

    clock.now = after(hours=2)
    assert (await repair()).put_right == 0
    assert slack.posted == [second]


async def test_a_card_whose_last_message_died_loses_its_buttons_all_the_same(database, slack, clock, tell, repair, due):
    submission_id = submitted(database)
    await tell()
    with database.write.begin() as session:
        submission = session.get_one(Submission, submission_id)
        decided(session, submission, DecisionKind.APPROVE, at=after(minutes=5))
    clock.now = after(minutes=5)
    slack.script = ["invalid_blocks"]
    await tell()
    with database.read() as session:
        stages = set(session.scalars(select(Delivery.stage)))
    assert DeliveryStage.DEAD in stages
    assert slack.updated == []

    clock.now = after(hours=2)
    assert due()
    assert (await repair()).put_right == 1
    assert "Take it" not in words_of(slack.updated[-1])
    assert "approved" in words_of(slack.updated[-1])
    clock.now = after(hours=4)
    await repair()
    assert len(slack.updated) == 1, "a closed one that is right costs no call"
    clock.now = after(days=8)
    assert not due()


async def test_what_came_in_before_slack_was_set_up_gets_its_card_and_only_one(database, slack, clock, repair, due):
    submitted(database)
    with database.write.begin() as session:
        session.query(UnplannedEvent).delete()
    assert not due(), "the outbox has ten minutes"
    clock.now = after(minutes=11)
    assert due()
    slack.script = ["drop"]
    await repair()
    assert not due()
    assert card(database).reference == ""
    clock.now = after(minutes=80)
    await repair()
    (posted,) = slack.posted
    assert card(database).reference == f"{TEAM_CHANNEL}/{posted.ts}"


async def test_what_somebody_asked_for_is_looked_at_at_once_but_never_before_the_outbox(
    database, slack, clock, tell, repair, due
):
    submission_id = submitted(database)
    with database.write.begin() as session:
        ask_for_look(session, submission_id)
    assert not due()
    await tell()
    assert not due()
    with database.write.begin() as session:
        ask_for_look(session, submission_id)
    assert due()
    assert (await repair()).looked_at == 1
    assert len(slack.updated) == 1
    assert not due()


async def test_a_run_is_bounded_and_slack_away_ends_it(database, slack, clock, tell, repair, due):
    for number in range(5):
        submitted(database, f"acme{number}")
    await tell()
    clock.now = after(hours=1)
    slack.script = ["", "503"]
    done = await repair()
    assert (done.looked_at, len(slack.updated)) == (5, 1)
    assert not due(), "the others have their next turn in an hour; nothing spins"


async def test_one_that_the_outbox_changed_meanwhile_is_looked_at_again(database, clock, tell, due):
    submitted(database)
    await tell()

    class Meanwhile:
        async def send(self, message, key):
            with database.write.begin() as session:
                session.scalars(select(Card)).one().updated_at = after(minutes=61)
            return Sent("x", card_reference=message.card_reference)

    clock.now = after(minutes=60)
    await repair_cards(database, Meanwhile(), clock=clock, programme=PROGRAMME)
    assert card(database).looked_at is None
    assert due()


async def test_without_slack_nothing_is_due(database):
    submitted(database)
    with database.read() as session:
        for programme in (replace(PROGRAMME, channels=frozenset()), replace(PROGRAMME, slack_channel="")):
            assert not anything_to_repair(session, at=after(days=1), programme=programme)


@pytest.fixture
def here(database, tmp_path, clock, channel):
    real = wire(Settings(data=tmp_path, _env_file=None))
    real.database.close()
    return replace(
        real,
        database=database,
        now=clock,
        vault=VAULT,
        channels={ChannelName.SLACK: channel},
        programme=PROGRAMME,
    )


async def test_the_flow_says_what_it_did(here, database, clock):
    with using(here):
        submitted(database)
        await deliver.fn()
        clock.now = after(hours=1)
        assert (await repair_flow.fn()).message == "1 looked at, 0 put right"
    with using(replace(here, channels={})):
        assert (await repair_flow.fn()).message == "Slack is not configured"


async def test_the_team_is_found_in_slack_by_mail_before_the_first_message_is_planned(here, database, slack):
    member = {"id": "U0ROSA", "team_id": "T0TEAM", "profile": {"email": "rosa@example.test"}}
    slack.members = {
        "U0ROSA": member,
        "U0EVE": {"id": "U0EVE", "is_stranger": True, "profile": {"email": "eve@example.test"}},
    }
    with database.write.begin() as session:
        sent(session)
        for name in ("Rosa", "Eve", "Nobody"):
            person(session, name, Role.REVIEWER)
    with using(here):
        await deliver.fn()
        asked = slack.calls.count("users.lookupByEmail")
        await deliver.fn()
    with database.read() as session:
        found = dict(session.execute(select(Person.name, Person.slack_id)).tuples().all())
    assert (found["Rosa"], found["Eve"], found["Nobody"]) == ("U0ROSA", None, None)
    assert found["Contact of acme"] is None
    assert slack.calls.count("users.lookupByEmail") == asked == 3, "each is asked for once"
