"""`undo`, `message`, `answer` and `reveal` on the command line."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from desk.cli.main import run
from flows.wiring import utc_now
from models.enums import EventName
from models.event import Event
from models.submission import Submission
from review.actions import asking, submitting
from review.vault import Vault
from tests.building import V1, checked, contact, dossier, person

KEY = "a key for the tests, long enough"
SECRET = "lantern-of-a-ferry"


@pytest.fixture
def submission(sqlite_database, monkeypatch, tmp_path):
    """One in review, whose test account has a secret, and Rosa, who reviews."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LAUNCH_REVIEW_DATABASE_URL", sqlite_database.engine.url.render_as_string())
    monkeypatch.setenv("LAUNCH_REVIEW_SECRET_KEY", KEY)
    now = utc_now() - timedelta(minutes=2)
    with sqlite_database.write.begin() as session:
        person(session)
        document = dossier(test_account={"username": "reviewer", "secret": SECRET})
        received = submitting.submit(session, document, by=None, at=now, rulebook=V1, vault=Vault(KEY))
        return checked(session, received.submission, at=now).id


ROSA = ("--as", "rosa@example.test")


def decide(number, capsys):
    assert run(["decide", str(number), "reject", *ROSA, "--reason", "It closes."]) == 0
    assert "rejected" in capsys.readouterr().out


def test_a_decision_is_undone_within_the_minute_and_show_says_so(submission, capsys):
    decide(submission, capsys)
    assert run(["undo", str(submission), *ROSA]) == 0
    assert "in_review" in capsys.readouterr().out
    assert run(["show", str(submission), "--json"]) == 0
    (made,) = json.loads(capsys.readouterr().out)["decisions"]
    assert made["decision"] == "reject"
    assert made["undone_at"]
    assert run(["show", str(submission)]) == 0
    assert "reject by rosa@example.test (undone " in capsys.readouterr().out


def test_without_time_to_undo_it_a_decision_stands_at_once(submission, monkeypatch, capsys):
    monkeypatch.setenv("LAUNCH_REVIEW_UNDO_SECONDS", "0")
    decide(submission, capsys)
    assert run(["undo", str(submission), *ROSA]) == 1
    assert "the last decision was made without time to undo it" in capsys.readouterr().err


@pytest.mark.parametrize("seconds", ["-1", "601", "soon"])
def test_a_time_to_undo_that_can_not_be_is_told(submission, monkeypatch, capsys, seconds):
    monkeypatch.setenv("LAUNCH_REVIEW_UNDO_SECONDS", seconds)
    assert run(["undo", str(submission), *ROSA]) == 2
    assert "LAUNCH_REVIEW_UNDO_SECONDS" in capsys.readouterr().err


def test_both_sides_write_and_the_partner_answers(submission, sqlite_database, capsys):
    with sqlite_database.write.begin() as session:
        one = session.get_one(Submission, submission)
        partner = contact(session, one).email
        asking.ask_partner(session, one, by=person(session), at=utc_now(), text="Which region?")
    assert run(["answer", str(submission), "--as", partner, "The EU."]) == 0
    assert run(["message", str(submission), "Thank you.", *ROSA]) == 0
    assert run(["message", str(submission), "--as", partner, "--text", "Glad to."]) == 0
    capsys.readouterr()
    assert run(["history", str(submission)]) == 0
    told = capsys.readouterr().out
    assert (
        told.index("“Which region?”") < told.index("“The EU.”") < told.index("“Thank you.”") < told.index("“Glad to.”")
    )


def test_a_secret_is_shown_to_a_reviewer_and_that_is_kept(submission, sqlite_database, capsys):
    assert run(["reveal", str(submission), *ROSA]) == 0
    assert capsys.readouterr().out == f"{SECRET}\n"
    with sqlite_database.read() as session:
        looked = select(Event).where(Event.name == EventName.SECRET_REVEALED.value)
        (event,) = session.scalars(looked).all()
        assert event.person is not None
        assert event.person.name == "Rosa"
        partner = contact(session, session.get_one(Submission, submission)).email
    assert run(["reveal", str(submission), "--as", partner]) == 1
    said = capsys.readouterr()
    assert (said.out, "this needs admin or lead or reviewer" in said.err) == ("", True)
