"""`launch-review explain`: why a clock is due when it is, in words and as JSON."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from checklist.rulebook import Rulebook
from desk.cli.main import run
from flows.wiring import utc_now
from models.clock import Clock
from models.enums import Role, TargetName
from review.actions import asking, revising
from tests.building import in_review, person


@pytest.fixture
def waiting(sqlite_database, monkeypatch):
    """A submission of two days ago whose reviewer asked something a day later."""
    monkeypatch.setenv("LAUNCH_REVIEW_DATABASE_URL", sqlite_database.engine.url.render_as_string())
    monkeypatch.setenv("LAUNCH_REVIEW_SECRET_KEY", "a key for the tests, long enough")
    now = utc_now()
    with sqlite_database.write.begin() as session:
        submission = in_review(session, at=now - timedelta(days=2))
        asking.ask_partner(session, submission, by=person(session), at=now - timedelta(days=1), text="Which region?")
        return submission.id


def explained(capsys, *arguments):
    assert run(["explain", *arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_each_clock_comes_with_its_ledger_its_words_and_its_terms(waiting, capsys, sqlite_database):
    document = explained(capsys, str(waiting))
    clocks = {clock["target"]: clock for clock in document["clocks"]}
    assert set(clocks) == {"first_response", "decision", "partner_answer"}
    decision = clocks["decision"]
    assert decision["due_at"] is None
    assert decision["paused_since"] == decision["pauses"][0]["from"]
    assert decision["calendar"] == {"name": "team", "version": 1, "tz": "America/Los_Angeles"}
    assert decision["policy"] == {"name": "v1", "version": 1}
    assert [row["because"] for row in decision["revisions"]] == ["started"]
    assert decision["used_seconds"] == sum(row["seconds"] for row in decision["ledger"] if row["counted"])
    assert decision["why"][0].startswith("Decision: not due while the partner is waited for.")
    theirs = clocks["partner_answer"]
    with sqlite_database.read() as session:
        stored = session.scalars(select(Clock).where(Clock.target == TargetName.PARTNER_ANSWER)).one()
        assert theirs["due_at"] == f"{stored.due_at:%Y-%m-%dT%H:%M:%SZ}"
    assert theirs["ledger"][-1]["total"] == theirs["target_seconds"] == 288_000


def test_one_clock_can_be_asked_for_and_reads_as_sentences_and_a_table(waiting, capsys):
    assert run(["explain", str(waiting), "--target", "first_response"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("First response: answered ")
    assert "\nwhen " in said
    assert "Decision" not in said


def test_what_cannot_be_explained_is_one_line(waiting, capsys):
    assert run(["explain", "no-such"]) == 2
    assert "there is no submission 'no-such'" in capsys.readouterr().err
    assert run(["explain", str(waiting), "--target", "access"]) == 2
    assert (
        capsys.readouterr().err == f"launch-review: explain --target access: submission {waiting} has no such clock\n"
    )


def test_what_was_believed_before_a_question_is_told_as_it_was_believed(waiting, capsys):
    before = (utc_now() - timedelta(days=1, hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    document = explained(capsys, str(waiting), "--as-of", before)
    clocks = {clock["target"]: clock for clock in document["clocks"]}
    assert set(clocks) == {"first_response", "decision"}, "the partner's time had not begun"
    assert (clocks["decision"]["pauses"], clocks["decision"]["paused_since"]) == ([], None)
    assert clocks["decision"]["due_at"] is not None
    assert clocks["first_response"]["stopped_at"] is None
    assert clocks["decision"]["outlook"] is None


def test_a_changed_calendar_is_told_with_since_when_and_why(waiting, capsys, sqlite_database):
    at = utc_now() - timedelta(hours=2)
    with sqlite_database.write.begin() as session:
        lead = person(session, "Idris", Role.LEAD)
        team = Rulebook.load("v1").calendars["team"].as_spec()
        team["breaks"] = {(at + timedelta(days=day)).date().isoformat(): [["12:00", "13:00"]] for day in range(9)}
        revising.change_calendar(session, "team", team, by=lead, at=at, because="Lunch together")
    (decision,) = explained(capsys, str(waiting), "--target", "decision")["clocks"]
    assert (decision["revision"], decision["calendar"]["version"]) == (2, 2)
    assert [row["because"] for row in decision["revisions"]] == ["started", "Lunch together"]
    assert any(sentence.startswith("Told next: ") for sentence in decision["why"]) is (decision["paused_since"] is None)
    before = (at - timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    (decision,) = explained(capsys, str(waiting), "--target", "decision", "--as-of", before)["clocks"]
    assert (decision["revision"], decision["calendar"]["version"]) == (1, 1)


@pytest.mark.usefixtures("waiting")
def test_who_should_have_heard_by_now_is_told_within_moments_and_not_in_the_past(capsys, sqlite_database):
    with sqlite_database.write.begin() as session:
        number = in_review(session, "forgotten", at=utc_now() - timedelta(days=30)).id
    (decision,) = explained(capsys, str(number), "--target", "decision")["clocks"]
    (told,) = [sentence for sentence in decision["why"] if sentence.startswith("Told next: ")]
    assert ", within moments, as " in told


def test_what_is_still_to_come_was_not_believed_yet(waiting, capsys):
    assert run(["explain", str(waiting), "--as-of", "2999-01-01"]) == 2
    assert "that is still to come" in capsys.readouterr().err
    assert run(["explain", str(waiting), "--as-of", "2001-01-01"]) == 2
    assert f"no clock of submission {waiting} had started then" in capsys.readouterr().err
    assert run(["explain", str(waiting), "--as-of", "soon"]) == 2


def test_a_due_date_that_a_change_moved_says_from_when_to_when_and_why(waiting, capsys, sqlite_database):
    at = utc_now() - timedelta(hours=2)
    with sqlite_database.write.begin() as session:
        lead = person(session, "Idris", Role.LEAD)
        other = in_review(session, "other", at=at - timedelta(days=1))
        policy = Rulebook.load("v1").sla.model_dump(mode="json")
        for row in policy["targets"]:
            row["business_days"] = 3.0 if row["name"] == "decision" else row["business_days"]
        revising.change_policy(session, "v1", policy, by=lead, at=at, because="We are faster now")
        number = other.id
    assert run(["explain", str(number), "--target", "decision"]) == 0
    said = capsys.readouterr().out
    assert "Moved on " in said
    assert ": We are faster now." in said
    assert "Told next: " in said
    before = (at - timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert run(["explain", str(number), "--target", "decision", "--as-of", before]) == 0
    said = capsys.readouterr().out
    assert said.startswith("As it was believed on ")
    assert "Moved on " not in said
