"""How what people do in Slack comes in: a socket that is kept open, or calls that Slack signed; nothing else."""

import json
import time
from urllib.parse import urlencode

import httpx
import pytest
from sqlalchemy import func, select

from desk.app import create_app
from desk.slack.app import slack_app
from desk.slack.endpoint import LONGEST_BODY
from desk.slack.line import Patience, line
from desk.slack.listening import listening
from models.decision import Assignment
from models.people import Person
from notifications.buttons import Act
from notifications.channels.slack_client import slack_client
from settings import Settings
from tests.building import NOW
from tests.fixtures.hands import Hands
from tests.fixtures.slack_server import slack_server, until, words_of
from tests.integration.slack_people import SECRET, Office, at_work, ports, signed

QUICK = Patience(connect=5, ask=0.05, ping=1.0, gone=20, first_pause=0.05, longest_pause=0.2)
ADDRESS = "http://127.0.0.1:8300"


@pytest.fixture
async def slack():
    async with slack_server() as server:
        yield server


# --- the socket


async def takes(office: Office, slug: str) -> str:
    """What Rosa is told when she takes a new submission."""
    rosa, submission = office.member("Rosa"), office.submission(slug)
    return words_of(await office.press(office.click(rosa, Act.CLAIM, office.value(submission))))


async def test_when_slack_asks_for_a_new_connection_nothing_is_lost(sqlite_database, tmp_path, slack):
    async with at_work(sqlite_database, tmp_path, slack) as office:
        assert (await takes(office, "acme")).startswith("You have it")
        await slack.asks_to_reconnect()
        await slack.connected(more_than=1)
        assert (await takes(office, "bolt")).startswith("You have it")


async def test_a_connection_that_breaks_is_opened_again(sqlite_database, tmp_path, slack):
    office = Office(slack, ports(sqlite_database, tmp_path, slack, Hands(NOW)), Hands(NOW))
    async with line(slack_app(office.here, slack_client("xoxb-test", slack.url)), "xapp-test", QUICK):
        await slack.connected()
        transport = slack.sockets[0]._req.transport  # as a network that goes away
        transport.abort()
        await slack.connected(more_than=1)
        assert (await takes(office, "acme")).startswith("You have it")


async def test_slack_that_is_away_at_the_start_is_tried_again_and_told_in_one_line(
    sqlite_database, tmp_path, slack, caplog
):
    slack.sockets_refused = 3
    async with at_work(sqlite_database, tmp_path, slack) as office:
        assert (await takes(office, "acme")).startswith("You have it")
    told = [record.getMessage() for record in caplog.records if "can't be listened to" in record.getMessage()]
    assert told[0] == "Slack can't be listened to, tried again in 0 s: internal_error"
    assert len(told) == 3
    assert "Traceback" not in caplog.text


async def test_a_library_that_finds_no_way_back_is_started_anew(sqlite_database, tmp_path, slack):
    office = Office(slack, ports(sqlite_database, tmp_path, slack, Hands(NOW)), Hands(NOW))
    forgetful = Patience(connect=10, ask=0.05, ping=600, gone=2.0, first_pause=0.05, longest_pause=0.2)
    async with line(slack_app(office.here, slack_client("xoxb-test", slack.url)), "xapp-test", forgetful):
        await slack.connected()
        slack.sockets[0]._req.transport.abort()
        await slack.connected(more_than=1)
        assert (await takes(office, "acme")).startswith("You have it")


async def test_the_settings_say_whether_a_socket_is_opened_and_it_ends_with_the_block(
    sqlite_database, tmp_path, slack, monkeypatch
):
    tokens = {"slack_bot_token": "xoxb-test", "slack_app_token": "xapp-test", "slack_api_url": slack.url}
    common = {"data": tmp_path, "_env_file": None}
    for without in tokens:
        if without != "slack_api_url":
            async with listening(Settings(**common, **(tokens | {without: ""}))):
                pass
    assert slack.calls == []
    async with listening(Settings(**common, **tokens)):
        await slack.connected()
    await until(lambda: slack.socket is None)


# --- calls to our address


@pytest.fixture
def app(sqlite_database, tmp_path, slack):
    return create_app(
        Settings(
            database_url=str(sqlite_database.engine.url),
            secret_key="a key for the tests that is long enough",
            data=tmp_path,
            slack_bot_token="xoxb-test",
            slack_signing_secret=SECRET,
            slack_api_url=slack.url,
            _env_file=None,
        ),
        clock=lambda: NOW,
    )


@pytest.fixture
async def desk(app):
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ADDRESS) as client,
    ):
        yield client


@pytest.fixture
def office(sqlite_database, tmp_path, slack):
    return Office(slack, ports(sqlite_database, tmp_path, slack, Hands(NOW)), Hands(NOW))


def form(payload) -> str:
    return urlencode({"payload": json.dumps(payload)})


def taken(office) -> int:
    with office.here.database.read() as session:
        return session.scalar(select(func.count()).select_from(Assignment))


async def test_a_signed_call_acts_and_the_same_call_again_does_nothing_more(desk, office, slack):
    click = office.click(office.member("Rosa"), Act.CLAIM, office.value(office.submission()))
    body = form(click)
    headers = signed(body)
    for number in range(2):
        answer = await desk.post("/slack/events", content=body, headers=headers)
        assert (answer.status_code, answer.text) == (200, "")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert words_of(await slack.answer_to(click["response_url"], number)).startswith("You have it until")
    assert taken(office) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param(lambda body: signed(body, secret="another secret"), id="another secret"),
        pytest.param(lambda body: signed(body, at=time.time() - 360), id="six minutes old"),  # noqa: TID251 - as Slack
        pytest.param(lambda body: signed(body, at=time.time() + 360), id="from the future"),  # noqa: TID251 - as Slack
        pytest.param(lambda body: signed(body + " "), id="another body"),
        pytest.param(lambda _body: {}, id="no signature"),
        pytest.param(lambda body: signed(body) | {"x-slack-request-timestamp": "now"}, id="no time stamp"),
        pytest.param(lambda body: signed(body) | {"x-slack-signature": "v0=é".encode()}, id="no signature at all"),
    ],
)
async def test_what_slack_did_not_sign_just_now_is_refused(desk, office, slack, wrong):
    click = office.click(office.member("Rosa"), Act.CLAIM, office.value(office.submission()))
    body = form(click)
    answer = await desk.post("/slack/events", content=body, headers=wrong(body))
    assert answer.status_code == 401
    assert "five minutes" in answer.text
    assert (taken(office), slack.calls, dict(slack.told)) == (0, [], {})


async def test_a_body_longer_than_anything_slack_sends_is_not_read_to_its_end(desk):
    read = 0

    async def endless():
        nonlocal read
        while True:
            read += 100_000
            yield b"x" * 100_000

    answer = await desk.post("/slack/events", content=endless())
    assert answer.status_code == 413
    assert read <= LONGEST_BODY + 200_000


async def test_slacks_check_of_the_address_is_answered(desk):
    body = json.dumps({"type": "url_verification", "challenge": "c1"})
    answer = await desk.post("/slack/events", content=body, headers=signed(body) | {"content-type": "application/json"})
    assert answer.status_code == 200
    assert "c1" in answer.text


async def test_the_host_check_stands_before_slacks_calls_too(desk):
    body = form({})
    answer = await desk.post("/slack/events", content=body, headers=signed(body) | {"host": "elsewhere.test"})
    assert answer.status_code == 421


async def test_without_a_signing_secret_there_is_no_such_address(sqlite_database, tmp_path):
    app = create_app(
        Settings(database_url=str(sqlite_database.engine.url), data=tmp_path, secret_key="k" * 32, _env_file=None),
        clock=lambda: NOW,
    )
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ADDRESS) as client,
    ):
        assert (await client.post("/slack/events", content="")).status_code == 404


async def test_the_person_is_remembered_by_a_call_as_by_a_socket(desk, office, slack):
    rosa = office.member("Rosa")
    body = urlencode(
        {
            "command": "/launch-review",
            "text": "queue",
            "user_id": rosa,
            "team_id": "T0TEAM",
            "response_url": (url := slack.answers_at()),
        }
    )
    assert (await desk.post("/slack/events", content=body, headers=signed(body))).status_code == 200
    assert words_of(await slack.answer_to(url)) == "Nothing waits."
    with office.here.database.read() as session:
        assert session.scalars(select(Person.slack_id)).one() == rosa


@pytest.mark.parametrize(
    ("given", "acts"),
    [
        ({"slack_bot_token": "b"}, False),
        ({"slack_app_token": "a", "slack_signing_secret": "s"}, False),
        ({"slack_bot_token": "b", "slack_app_token": "a"}, True),
        ({"slack_bot_token": "b", "slack_signing_secret": "s"}, True),
    ],
)
def test_cards_get_buttons_only_where_somebody_listens(given, acts):
    assert Settings(_env_file=None, **given).slack_acts is acts
