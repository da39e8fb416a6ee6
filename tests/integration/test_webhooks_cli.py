"""`launch-review webhooks`: an endpoint added, tried, shown, changed, disabled, and what it missed sent again."""

import asyncio
import json

import pytest
from sqlalchemy import select
from standardwebhooks import Webhook

from desk.cli.main import run
from desk.once import do_what_is_due
from desk.wiring import open_ports
from flows.wiring import utc_now
from models.delivery import Delivery
from models.enums import ChannelName, DeliveryStage, EventName
from models.people import Partner
from models.webhook_endpoint import WebhookEndpoint
from tests.fixtures.programme_rows import AT, a_submission, an_event, an_integration
from tests.integration.hostile_server import answer, hostile_server, in_order, sends

HOOKS = "http://hooks.test/in?token=t0ken"
TAKEN = sends(answer("200 OK", b"thanks", content_type="text/plain"))


@pytest.fixture
def database(sqlite_database, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LAUNCH_REVIEW_DATA", str(tmp_path))
    monkeypatch.setenv("LAUNCH_REVIEW_DATABASE_URL", sqlite_database.engine.url.render_as_string())
    monkeypatch.setenv("LAUNCH_REVIEW_SECRET_KEY", "a key for the tests, long enough")
    monkeypatch.setenv("LAUNCH_REVIEW_BASE_URL", "https://desk.example")
    monkeypatch.setenv("LAUNCH_REVIEW_FETCH_HOSTS", "hooks.test=127.0.0.1:9")
    with sqlite_database.write.begin() as session:
        session.add(Partner(name="Mapleworks Inc.", website="", created_at=AT))
    return sqlite_database


@pytest.fixture
async def receiver(database, monkeypatch):
    async with hostile_server() as server:
        monkeypatch.setenv("LAUNCH_REVIEW_FETCH_HOSTS", f"hooks.test={server.pair}")
        server.routes["/in?token=t0ken"] = TAKEN
        yield server


def said(capsys, *arguments, code=0):
    """What a command printed: its data and its words."""
    seen = run(["webhooks", *arguments])
    told = capsys.readouterr()
    assert seen == code, told.err
    return told


async def asked(capsys, *arguments, code=0):
    """The same while the receiver can answer."""
    return await asyncio.to_thread(said, capsys, *arguments, code=code)


def added(capsys, *more, events="*"):
    return json.loads(said(capsys, "add", HOOKS, "--events", events, "--json", *more).out)


def refused(capsys, *arguments, code=2):
    told = said(capsys, *arguments, code=code)
    assert told.out == ""
    assert told.err.count("\n") == 1
    return told.err


def test_add_shows_the_secret_once_and_nothing_shows_it_again(database, capsys):
    told = said(capsys, "add", HOOKS, "--events", "submission.*,integration.launched")
    secret = told.out.strip()
    assert secret.startswith("whsec_")
    assert len(secret) == 50
    assert "shown this once" in told.err
    assert "t0ken" not in told.err
    for arguments in (["list"], ["list", "--json"], ["show", "1"], ["show", "1", "--json"]):
        later = said(capsys, *arguments)
        assert secret not in later.out + later.err
        assert "t0ken" not in later.out
    with database.read() as session:
        row = session.get_one(WebhookEndpoint, 1)
    assert row.address == HOOKS
    assert row.events == ["submission.*", "integration.launched"]
    assert secret.encode() not in row.ciphertext


def test_events_may_follow_each_other_and_a_partner_may_own_it(database, capsys):
    said(capsys, "add", HOOKS, "--events", "submission.*", "integration.*", "--partner", "mapleworks inc.", "--json")
    (listed,) = json.loads(said(capsys, "list", "--json").out)
    assert (listed["partner"], listed["events"], listed["enabled"]) == (
        "Mapleworks Inc.",
        ["submission.*", "integration.*"],
        True,
    )
    assert listed["address"] == "http://hooks.test/in?…"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["https://10.0.0.5/", "--events", "*"], "not on the open internet (private)"),
        (["https://hooks.example:8443/", "--events", "*"], "port 8443"),
        (["https://desk.example/x", "--events", "*"], "our own address"),
        (["http://127.0.0.1/", "--events", "*"], "no TLS"),
        (["https://ann:secret@hooks.test/", "--events", "*"], "user name"),
        (["hooks.test", "--events", "*"], "no absolute address"),
        ([HOOKS, "--events", "submission.abducted"], "'submission.abducted' means no event"),
        ([HOOKS, "--events", ","], "no event is named"),
        ([HOOKS, "--events", "*", "--partner", "Nobody"], "no partner is called 'Nobody'"),
        ([HOOKS, "--events", "partner.silent", "--partner", "Mapleworks Inc."], "'partner.silent' means no event"),
        ([HOOKS], "events"),
    ],
)
def test_what_can_not_be_added_is_said_in_a_line(database, capsys, arguments, words):
    told = run(["webhooks", "add", *arguments])
    err = capsys.readouterr().err
    assert told == 2
    assert words in err
    assert err.count("\n") == 1
    with database.read() as session:
        assert session.scalars(select(WebhookEndpoint)).all() == []


def test_the_same_address_twice_is_refused(database, capsys):
    added(capsys)
    assert "endpoint 1 goes there already" in refused(capsys, "add", HOOKS, "--events", "*", code=1)


def test_a_pair_of_the_development_settings_that_is_none_is_named(database, capsys, monkeypatch):
    monkeypatch.setenv("LAUNCH_REVIEW_FETCH_ALLOW", "nonsense")
    assert "LAUNCH_REVIEW_FETCH_ALLOW" in refused(capsys, "add", HOOKS, "--events", "*")


@pytest.mark.parametrize(
    "arguments",
    [
        ["show", "9"],
        ["test", "9"],
        ["rotate", "9"],
        ["disable", "9"],
        ["enable", "9"],
        ["replay", "9", "--since", "2026-01-01"],
    ],
)
def test_an_endpoint_nobody_knows_is_said_in_a_line(database, capsys, arguments):
    assert "there is no webhook endpoint 9" in refused(capsys, *arguments)


def test_an_empty_list_is_no_data_and_a_line_of_words(database, capsys):
    told = said(capsys, "list")
    assert (told.out, told.err) == ("", "no webhook endpoint was added yet\n")


async def test_a_test_sends_a_signed_event_and_tells_what_came_back(receiver, capsys):
    secret = (await asyncio.to_thread(added, capsys))["secret"]
    told = await asked(capsys, "test", "1")
    assert told.out.startswith("it answered 200: thanks (")
    (got,) = receiver.asked
    body = Webhook(secret).verify(got.body, dict(got.headers))
    assert body["type"] == "webhook.test"
    receiver.routes["/in?token=t0ken"] = sends(answer("500 Oops", b"out of disk"))
    failed = json.loads((await asked(capsys, "test", "1", "--json", code=1)).out)
    assert (failed["taken"], failed["status"], failed["words"]) == (False, 500, "out of disk")


async def test_a_disabled_endpoint_can_be_tried_before_it_is_enabled(receiver, capsys):
    await asyncio.to_thread(added, capsys)
    await asked(capsys, "disable", "1")
    assert (await asked(capsys, "test", "1")).out.startswith("it answered 200")


async def test_rotate_shows_another_secret_and_both_verify(receiver, capsys):
    before = (await asyncio.to_thread(added, capsys))["secret"]
    rotated = json.loads((await asked(capsys, "rotate", "1", "--json")).out)
    assert rotated["former_secret_until"]
    await asked(capsys, "test", "1")
    (got,) = receiver.asked
    for secret in (before, rotated["secret"]):
        Webhook(secret).verify(got.body, dict(got.headers))
    assert "--at-once" in await asyncio.to_thread(refused, capsys, "rotate", "1", code=1)
    assert json.loads((await asked(capsys, "rotate", "1", "--at-once", "--json")).out)["former_secret_until"] is None


def test_disable_and_enable_say_what_they_did(database, capsys):
    added(capsys)
    assert said(capsys, "disable", "1", "--reason", "the receiver moves").err == "endpoint 1 is disabled\n"
    assert said(capsys, "disable", "1").err == "endpoint 1 was disabled already\n"
    assert "the receiver moves" in said(capsys, "show", "1").out
    assert "enable 1` first" in refused(capsys, "replay", "1", "--since", "2026-01-01", code=1)
    assert said(capsys, "enable", "1").err == "endpoint 1 is enabled\n"
    assert said(capsys, "enable", "1").err == "endpoint 1 was enabled already\n"
    assert "expected why" in refused(capsys, "disable", "1", "--reason", " ")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "expected one of --delivery N and --since TIME"),
        (["--delivery", "1", "--since", "2026-01-01"], "expected one of"),
        (["--delivery", "1", "--all"], "--all goes with --since"),
        (["--since", "yesterday"], "saw 'yesterday'"),
        (["--since", "2999-01-01"], "still to come"),
        (["--delivery", "77"], "no delivery 77 to endpoint 1"),
    ],
)
def test_a_replay_that_is_not_understood_is_said_in_a_line(database, capsys, arguments, words):
    added(capsys)
    assert words in refused(capsys, "replay", "1", *arguments)


async def test_from_an_event_to_the_receiver_and_again_by_hand(receiver, database, capsys):
    secret = (await asyncio.to_thread(added, capsys, events="submission.*"))["secret"]
    receiver.routes["/in?token=t0ken"] = in_order(sends(answer("410 Gone", b"")), TAKEN)
    with database.write.begin() as session:
        submission = a_submission(session, an_integration(session, "quillharbor"))
        for name in (EventName.APPROVED, EventName.SECRET_REVEALED):
            an_event(session, name, submission=submission, at=utc_now())
    ports = open_ports()
    await do_what_is_due(ports)
    document = json.loads((await asked(capsys, "show", "1", "--json")).out)
    assert document["enabled"] is False
    assert document["disabled_because"] == "it said that it is gone: it answered 410"
    assert document["deliveries"]["counts"] == {"dead": 1}
    await asked(capsys, "enable", "1")
    again = json.loads((await asked(capsys, "replay", "1", "--since", "2026-01-01", "--json")).out)
    assert again == {"deliveries": [document["deliveries"]["latest"][0]["id"]]}
    await do_what_is_due(ports)
    ports.close()
    first, second = receiver.asked
    assert (first.body, first.headers["webhook-id"]) == (second.body, second.headers["webhook-id"])
    assert Webhook(secret).verify(second.body, dict(second.headers))["type"] == "submission.approved"
    with database.read() as session:
        (row,) = session.scalars(select(Delivery).where(Delivery.channel == ChannelName.WEBHOOK))
    assert (row.stage, row.recipient) == (DeliveryStage.SENT, "endpoint:1")
    assert (await asked(capsys, "show", "1")).out.count("submission.approved") == 1
    assert "1 delivery is due again" in (await asked(capsys, "replay", "1", "--delivery", str(row.id))).err
