"""`launch-review people calendar`: an address shown once, renewed, closed, and what is said when it can't be."""

import json
import re

import httpx
import pytest

from desk.cli.main import run
from models.calendar_feed import CalendarFeed
from models.database import Database
from models.people import Person
from tests.building import person
from tests.integration.desk_story import nobodys_desk

ADDRESS = re.compile(r"https://desk\.example/review/agenda/([A-Za-z0-9_-]{43})\.ics")


@pytest.fixture
def database(sqlite_database: Database, monkeypatch: pytest.MonkeyPatch, tmp_path) -> Database:
    """With Rosa in it; no `.env` of the folder one stands in interferes."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LAUNCH_REVIEW_DATABASE_URL", sqlite_database.engine.url.render_as_string())
    monkeypatch.setenv("LAUNCH_REVIEW_SECRET_KEY", "a key for the tests, long enough")
    monkeypatch.setenv("LAUNCH_REVIEW_BASE_URL", "https://desk.example/review/")
    with sqlite_database.write.begin() as session:
        person(session)
    return sqlite_database


def secret_in(text: str) -> str:
    found = ADDRESS.fullmatch(text.strip())
    assert found is not None, text
    return found[1]


async def status_of(database: Database, secret: str) -> int:
    transport = httpx.ASGITransport(nobodys_desk(database))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as desk:
        return (await desk.get(f"/agenda/{secret}.ics")).status_code


def opened(capsys: pytest.CaptureFixture[str], *more: str) -> str:
    assert run(["people", "calendar", "rosa@example.test", *more]) == 0
    return secret_in(capsys.readouterr().out)


async def test_the_address_is_the_answer_and_opens_the_agenda(database, capsys):
    assert run(["people", "calendar", "rosa@example.test"]) == 0
    said = capsys.readouterr()
    assert await status_of(database, secret_in(said.out)) == 200
    assert said.err == (
        "Whoever has this address reads these due dates. It is shown this once: give it to nobody else.\n"
    )


def test_in_json_it_comes_with_whose_it_is_and_since_when(database, capsys):
    assert run(["people", "calendar", "Rosa", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert set(told) == {"email", "address", "opened_at"}
    assert told["email"] == "rosa@example.test"
    assert secret_in(told["address"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", told["opened_at"])


def test_the_secret_is_nowhere_in_the_database(database, capsys):
    secret = opened(capsys)
    with database.engine.connect() as connection:
        dump = "\n".join(connection.connection.driver_connection.iterdump())
    assert "rosa@example.test" in dump
    assert secret not in dump


async def test_a_second_one_is_refused_and_the_first_goes_on(database, capsys):
    secret = opened(capsys)
    assert run(["people", "calendar", "rosa@example.test"]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert re.fullmatch(r"launch-review: rosa@example\.test has a calendar address since .*renew it.*\n", said.err)
    assert await status_of(database, secret) == 200


async def test_a_renewed_one_takes_the_place_of_the_former(database, capsys):
    first, second = opened(capsys, "--renew"), opened(capsys, "--renew")
    assert first != second
    assert [await status_of(database, secret) for secret in (first, second)] == [404, 200]


async def test_a_closed_one_is_gone_and_closing_again_changes_nothing(database, capsys):
    secret = opened(capsys)
    assert run(["people", "calendar", "rosa@example.test", "--close"]) == 0
    assert capsys.readouterr() == ("", "rosa@example.test: the calendar address is closed\n")
    assert await status_of(database, secret) == 404
    assert run(["people", "calendar", "rosa@example.test", "--close", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"email": "rosa@example.test", "closed": False}
    assert run(["people", "calendar", "rosa@example.test", "--close"]) == 0
    assert capsys.readouterr() == ("", "rosa@example.test: had no calendar address\n")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nobody@example.test"], "nobody is called 'nobody@example.test'; give an e-mail address that `people list`"),
        (["nobody@example.test", "--close"], "nobody is called"),
        (["rosa@example.test", "--renew", "--close"], "saw --renew and --close, expected one of them or neither"),
        ([], "PERSON"),
    ],
)
def test_wrong_input_is_one_line(database, capsys, arguments, said):
    assert run(["people", "calendar", *arguments]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.count("\n") == 1
    assert said in told.err
    with database.read() as session:
        assert session.query(CalendarFeed).count() == 0


def test_who_is_no_longer_active_gets_none(database, capsys):
    with database.write.begin() as session:
        session.query(Person).one().active = False
    assert run(["people", "calendar", "rosa@example.test"]) == 1
    assert "rosa@example.test is no longer active" in capsys.readouterr().err


def test_an_address_that_only_this_machine_reaches_is_said_to_be_one(database, capsys, monkeypatch):
    monkeypatch.setenv("LAUNCH_REVIEW_BASE_URL", "http://127.0.0.1:8300")
    assert run(["people", "calendar", "rosa@example.test"]) == 0
    assert "set LAUNCH_REVIEW_BASE_URL" in capsys.readouterr().err
