"""`launch-review people token`: shown once, listed without it, revoked for good."""

import json
import re

import pytest

from desk.cli.main import run
from models.api_token import ApiToken
from models.database import Database
from models.people import Person
from review.tokens import bearer_of
from tests.building import NOW, person

TOKEN = re.compile(r"lrt_[A-Za-z0-9_-]{43}")


@pytest.fixture
def database(sqlite_database: Database, monkeypatch: pytest.MonkeyPatch, tmp_path) -> Database:
    """With Rosa and Idris in it; no `.env` of the folder one stands in interferes."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LAUNCH_REVIEW_DATABASE_URL", sqlite_database.engine.url.render_as_string())
    monkeypatch.setenv("LAUNCH_REVIEW_SECRET_KEY", "a key for the tests, long enough")
    with sqlite_database.write.begin() as session:
        person(session)
        person(session, "Idris")
    return sqlite_database


def issued(capsys, *more: str) -> str:
    assert run(["people", "token", "rosa@example.test", *more]) == 0
    token = capsys.readouterr().out.strip()
    assert TOKEN.fullmatch(token), token
    return token


def opens(database: Database, token: str) -> bool:
    with database.read() as session:
        return bearer_of(session, token, at=NOW) is not None


def test_the_token_is_the_answer_and_opens_the_api(database, capsys):
    assert run(["people", "token", "rosa@example.test", "--name", "CI", "--days", "30"]) == 0
    said = capsys.readouterr()
    assert opens(database, said.out.strip())
    assert said.err.startswith("Token 1 acts for rosa@example.test until ")
    assert "shown this once" in said.err


def test_it_is_nowhere_in_the_database_and_not_in_the_list(database, capsys):
    token = issued(capsys, "--name", "CI")
    with database.engine.connect() as connection:
        dump = "\n".join(connection.connection.driver_connection.iterdump())
    assert token not in dump
    assert run(["people", "token", "Rosa", "--list"]) == 0
    listed = capsys.readouterr().out
    assert token not in listed
    assert "preflight" in listed
    assert run(["people", "token", "Rosa", "--list", "--json"]) == 0
    (one,) = json.loads(capsys.readouterr().out)
    assert (one["name"], one["scopes"], one["stands"], one["last_used_at"]) == ("CI", ["preflight"], "works", None)


def test_in_json_it_comes_with_all_there_is_to_know(database, capsys):
    assert run(["people", "token", "rosa@example.test", "--scope", "preflight", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert TOKEN.fullmatch(said["token"])
    assert (said["email"], said["scopes"], said["stands"]) == ("rosa@example.test", ["preflight"], "works")


def test_a_revoked_one_opens_nothing_and_the_others_go_on(database, capsys):
    first, second = issued(capsys), issued(capsys)
    assert run(["people", "token", "rosa@example.test", "--revoke", "1"]) == 0
    assert capsys.readouterr() == ("", "token 1 of rosa@example.test works no longer\n")
    assert [opens(database, token) for token in (first, second)] == [False, True]
    assert run(["people", "token", "rosa@example.test", "--revoke", "1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"email": "rosa@example.test", "id": 1, "revoked": False}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nobody@example.test"], "nobody is called"),
        (["rosa@example.test", "--days", "0"], "--days: saw 0, expected 1 to 730"),
        (["rosa@example.test", "--days", "731"], "--days: saw 731, expected 1 to 730"),
        (["rosa@example.test", "--scope", "everything"], "scope"),
        (["rosa@example.test", "--name", "x" * 101], "at most 100 characters"),
        (["rosa@example.test", "--name", "a\x1b[1m"], "one line"),
        (["rosa@example.test", "--list", "--name", "CI"], "either --list, or --revoke"),
        (["rosa@example.test", "--list", "--revoke", "1"], "either --list, or --revoke"),
        (["idris@example.test", "--revoke", "1"], "idris@example.test has no token 1; `people token"),
    ],
)
def test_wrong_input_is_one_line(database, capsys, arguments, said):
    issued(capsys)
    assert run(["people", "token", *arguments]) == 2
    told = capsys.readouterr()
    assert (told.out, told.err.count("\n")) == ("", 1)
    assert said in told.err
    with database.read() as session:
        assert session.query(ApiToken).one().revoked_at is None


def test_who_is_no_longer_active_gets_none(database, capsys):
    with database.write.begin() as session:
        session.query(Person).filter(Person.name == "Rosa").one().active = False
    assert run(["people", "token", "rosa@example.test"]) == 1
    assert "no token would work for them" in capsys.readouterr().err


def test_a_token_is_issued_for_what_its_person_may(database, capsys):
    assert issued(capsys, "--scope", "read", "--scope", "review")
    assert run(["people", "token", "rosa@example.test", "--scope", "manage"]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert (
        "rosa@example.test has reviewer, so no token of theirs may manage; that needs admin or lead or manager"
        in said.err
    )


def test_what_a_token_opens_follows_the_roles_of_its_person(database, capsys):
    token = issued(capsys, "--scope", "read", "--scope", "review")
    with database.write.begin() as session:
        rosa = session.query(Person).filter(Person.name == "Rosa").one()
        rosa.role_rows.clear()
    with database.read() as session:
        bearer = bearer_of(session, token, at=NOW)
    assert bearer.scopes == frozenset()
    assert {scope.value for scope in bearer.issued_for} == {"read", "review"}
