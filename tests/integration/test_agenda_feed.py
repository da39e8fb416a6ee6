"""The agenda at its secret address, subscribed to as a calendar program does."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from icalendar import Calendar, Event

from desk.assembling import assemble
from desk.hosts import LOOPBACK_NAMES
from desk.rendering import Desk
from models.database import Database
from models.enums import Role
from models.submission import Submission
from review.actions import asking, assigning, feeds
from tests.building import NOW, after, contact, in_review, person
from tests.fixtures.desk_server import served

ROSA, LEAD, ACME, OTHER, GONE = (f"{name}-{'x' * 38}" for name in ("rosa", "lead", "acme", "other", "gone"))
"""Secrets, named after whose agenda they open; GONE is of somebody who is no longer active."""


@dataclass
class Programme:
    """A reviewer with one submission, another one that nobody has, and a clock that a test moves."""

    database: Database
    now: datetime = NOW
    ids: dict[str, int] = field(default_factory=dict)

    def desk(self) -> Any:
        return assemble(Desk(self.database, lambda: self.now, "", "https://desk.example"), names=LOOPBACK_NAMES)


@pytest.fixture
def programme(database: Database) -> Programme:
    with database.write.begin() as session:
        acme, other = in_review(session, "acme"), in_review(session, "other", at=after(hours=-1))
        assigning.claim(session, acme, by=person(session), at=NOW)
        feeds.open_feed(session, person(session), secret=ROSA, at=NOW)
        feeds.open_feed(session, person(session, "Idris", Role.LEAD), secret=LEAD, at=NOW)
        feeds.open_feed(session, contact(session, acme), secret=ACME, at=NOW)
        feeds.open_feed(session, contact(session, other), secret=OTHER, at=NOW)
        gone = person(session, "Gone")
        feeds.open_feed(session, gone, secret=GONE, at=NOW)
        gone.active = False
        return Programme(database, ids={"acme": acme.id, "other": other.id})


@pytest.fixture
def desk(programme: Programme) -> Iterator[httpx.Client]:
    with served(programme.desk()) as address, httpx.Client(base_url=address) as client:
        yield client


def path_of(secret: str) -> str:
    return f"/agenda/{secret}.ics"


def entries(answer: httpx.Response) -> dict[str, Event]:
    """By their names."""
    assert answer.status_code == 200, answer.text
    return {str(entry.uid): entry for entry in Calendar.from_ical(answer.content).events}


def titles(answer: httpx.Response) -> list[str]:
    return [str(entry.summary) for entry in entries(answer).values()]


def test_a_calendar_program_gets_the_due_dates_of_its_person(desk: httpx.Client, programme: Programme):
    answer = desk.get(path_of(ROSA))
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert answer.headers["Cache-Control"] == "private, max-age=300"
    assert answer.headers["X-Robots-Tag"] == "noindex"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert titles(answer) == ["First response due: Acme (launch)", "Decision due: Acme (launch)"]
    for entry in entries(answer).values():
        assert entry.uid.endswith("@desk.example")
        assert entry.url == f"https://desk.example/submissions/{programme.ids['acme']}"


def test_each_address_opens_its_own_agenda(desk: httpx.Client):
    assert titles(desk.get(path_of(LEAD))) == ["First response due: Other (launch)", "Decision due: Other (launch)"]
    acme, other = desk.get(path_of(ACME)), desk.get(path_of(OTHER))
    assert ("Acme" in acme.text, "Other" in acme.text) == (True, False)
    assert all("/partner/submissions/" in entry.url for entry in entries(acme).values())
    assert ("Acme" in other.text, "Other" in other.text) == (False, True)


def test_asked_for_its_head_only_it_sends_no_more(desk: httpx.Client):
    whole, head = desk.get(path_of(ROSA)), desk.head(path_of(ROSA))
    assert (head.status_code, head.content) == (200, b"")
    for name in ("Content-Type", "Content-Length", "ETag"):
        assert head.headers[name] == whole.headers[name]


def test_what_has_not_changed_is_not_sent_again(desk: httpx.Client, programme: Programme):
    tag = desk.get(path_of(ROSA)).headers["ETag"]
    programme.now += timedelta(hours=12)
    for asked in (tag, f"W/{tag}", f'"older", {tag}', "*"):
        again = desk.get(path_of(ROSA), headers={"If-None-Match": asked})
        assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag), asked
        assert again.headers["Cache-Control"] == "private, max-age=300"
    assert desk.get(path_of(ROSA), headers={"If-None-Match": '"another"'}).status_code == 200
    programme.now = after(days=1, minutes=1)
    assert desk.get(path_of(ROSA), headers={"If-None-Match": tag}).status_code == 200


def test_a_due_date_that_moved_moves_its_entry_instead_of_making_another(desk: httpx.Client, programme: Programme):
    before = entries(desk.get(path_of(ROSA)))
    programme.now = after(hours=1)
    with programme.database.write.begin() as session:
        submission = session.get_one(Submission, programme.ids["acme"])
        asking.ask_partner(session, submission, by=person(session), at=programme.now, text="Which region?")
    waiting = desk.get(path_of(ROSA))
    assert titles(waiting) == ["Partner’s answer due: Acme (launch)"]
    theirs = desk.get(path_of(ACME))
    assert titles(theirs) == ["Your answer due: Acme (launch)", "Your turn: Acme (launch)"]
    programme.now = after(days=2)
    with programme.database.write.begin() as session:
        submission = session.get_one(Submission, programme.ids["acme"])
        asking.answer(session, submission, by=contact(session, submission), at=programme.now, text="Europe.")
    ((name, moved),) = entries(desk.get(path_of(ROSA))).items()
    assert moved.start > before[name].start
    assert moved.sequence > before[name].sequence
    assert moved.last_modified > before[name].last_modified


def test_a_secret_that_opens_nothing_is_answered_like_any_page_that_is_not_there(
    desk: httpx.Client, programme: Programme
):
    with programme.database.write.begin() as session:
        feeds.renew_feed(session, person(session), secret="a newer one", at=after(hours=1))
        feeds.close_feed(session, person(session, "Idris"), at=after(hours=1))
    refused = [desk.get(path_of(secret)) for secret in (ROSA, LEAD, GONE, "x" * 43, "ü%01", "x" * 4_000)]
    refused.append(desk.get("/no-such-page"))
    for answer in refused:
        assert answer.status_code == 404
        assert answer.content == refused[0].content
        assert sorted(answer.headers) == sorted(refused[0].headers)
        assert answer.headers["Cache-Control"] == "no-store"
    assert desk.get(path_of("a newer one")).status_code == 200


def test_an_address_can_only_be_read(desk: httpx.Client):
    assert desk.post(path_of(ROSA)).status_code == 405


def test_no_log_has_the_secret_whatever_happens(programme: Programme, caplog: pytest.LogCaptureFixture, tmp_path: Path):
    def no_time() -> datetime:
        raise ZeroDivisionError("the battery is empty")

    gone = Database(f"sqlite:///{tmp_path / 'gone' / 'desk.sqlite'}")
    caplog.set_level(logging.DEBUG)
    for desk, expected in (
        (programme.desk(), 200),
        (assemble(Desk(programme.database, no_time), names=LOOPBACK_NAMES), 500),
        (assemble(Desk(gone, lambda: NOW), names=LOOPBACK_NAMES), 503),
    ):
        with served(desk) as address:
            assert httpx.get(f"{address}{path_of(ROSA)}").status_code == expected
            assert httpx.get(f"{address}/agenda/{ROSA}").status_code == 404
    gone.close()
    # What a calendar program itself writes down is its own business.
    ours = [record for record in caplog.records if not record.name.startswith(("httpx", "httpcore"))]
    written = "\n".join(caplog.handler.format(record) for record in ours)
    assert ROSA not in written
    assert written.count("GET /agenda/{secret}.ics failed, reference") == 2
    assert "ZeroDivisionError" in written
