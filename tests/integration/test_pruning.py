"""What has been kept long enough goes; what happened stays, and so does whatever still shows it."""

import json
from datetime import timedelta

from sqlalchemy import func, select

from checklist.outcome import CheckResult, Evidence
from checklist.outcome import Picture as Seen
from checklist.rulebook import Rulebook
from desk.cli.main import run
from models.audit import AuditEntry, AuditRun
from models.delivery import Delivery
from models.draft import Draft, FirstDraft
from models.enums import DecisionKind, Outcome, SubmissionKind
from models.event import Event
from models.picture import Picture
from models.result import ItemResult
from notifications.outbox import plan
from notifications.programme import ProgrammeSettings
from review.actions.pruning import Retention, prune
from review.reports.readiness import readiness
from tests.building import NOW, after, audited, contact, decided, in_review, live, sent_back

V1 = Rulebook.load("v1")
LOGO = "catalog.logo"
PNG = b"\x89PNG\r\n\x1a\n"


def number(session, of):
    return session.scalar(select(func.count()).select_from(of))


def seen(of, outcome=Outcome.PASSED):
    evidence = Evidence("page", "looked so", picture=Seen.of(PNG + of))
    return CheckResult(LOGO, outcome, f"looked like {of!r}", evidence=(evidence,))


def test_what_audits_found_goes_after_two_years_and_the_last_look_stays(session):
    integration = live(session, "acme")
    audited(session, integration, {LOGO: seen(b"one")}, at=after(days=1))
    audited(session, integration, {LOGO: seen(b"two")}, at=after(days=2))
    before = readiness(session, rulebook=V1, at=after(days=900))
    assert prune(session, at=after(days=700)) == dict.fromkeys(prune(session, at=after(days=700)), 0)
    results = number(session, ItemResult)
    gone = prune(session, at=after(days=900))
    assert gone["superseded results of audits"] == 1
    assert gone["integrations in old audits"] == 1
    assert gone["pictures that nothing names"] == 1
    assert gone["old audits"] == 0, "what was found then still counts"
    assert number(session, ItemResult) == results - 1
    assert number(session, AuditEntry) == 1
    assert number(session, AuditRun) == 2
    assert [picture.data for picture in session.scalars(select(Picture))] == [PNG + b"two"]
    assert readiness(session, rulebook=V1, at=after(days=900)) == before


def test_an_audit_of_which_nothing_is_left_goes_too(session):
    integration = live(session, "acme")
    for day in (1, 2, 3):
        audited(session, integration, {LOGO: seen(b"%d" % day)} if day > 1 else None, at=after(days=day))
    everything = [row.item for row in session.scalars(select(ItemResult).where(ItemResult.audit_run_id == 1))]
    assert everything
    audited(session, integration, dict.fromkeys(everything, Outcome.WARNED), at=after(days=4))
    gone = prune(session, at=after(days=900))
    assert gone["old audits"] == 3
    assert number(session, AuditRun) == 1


def test_settled_messages_go_after_a_year_and_what_happened_never(session):
    submission = decided(session, in_review(session, "acme"), DecisionKind.REJECT)
    plan(session, at=NOW, programme=ProgrammeSettings(base_url="https://desk.test", channels=frozenset({"mail"})))
    rows = session.scalars(select(Delivery).order_by(Delivery.id)).all()
    assert len(rows) > 1
    for row in rows[1:]:
        row.stage, row.settled_at, row.next_try_at = "sent", NOW, None
    events = number(session, Event)
    session.flush()
    assert prune(session, at=after(days=364))["settled deliveries"] == 0
    assert prune(session, at=after(days=366))["settled deliveries"] == len(rows) - 1
    assert (number(session, Delivery), number(session, Event)) == (1, events)
    assert submission.id


def test_what_was_begun_for_a_closed_submission_goes_and_for_an_open_one_stays(session):
    closed = decided(session, in_review(session, "acme"), DecisionKind.REJECT)
    waiting = sent_back(session, "brook")
    for submission in (closed, waiting):
        session.add(
            Draft(person_id=contact(session, submission).id, submission_id=submission.id, typed={}, saved_at=NOW)
        )
    session.flush()
    assert prune(session, at=after(days=31))["drafts of closed submissions"] == 1
    assert session.scalars(select(Draft.submission_id)).all() == [waiting.id]


def test_what_was_never_sent_goes_ninety_days_after_it_was_saved(session):
    person = contact(session, sent_back(session, "acme")).id
    for kind, saved_at in ((SubmissionKind.ACCESS, NOW), (SubmissionKind.UPDATE, after(days=2))):
        session.add(FirstDraft(person_id=person, kind=kind, slug="", typed={}, saved_at=saved_at))
    session.flush()
    assert prune(session, at=after(days=90))["drafts that were never sent"] == 0
    assert prune(session, at=after(days=91))["drafts that were never sent"] == 1
    assert session.scalars(select(FirstDraft.kind)).all() == [SubmissionKind.UPDATE]


def test_days_are_what_is_asked_for(session):
    integration = live(session, "acme")
    audited(session, integration, {LOGO: seen(b"one")}, at=after(days=1))
    audited(session, integration, {LOGO: seen(b"two")}, at=after(days=2))
    gone = prune(session, at=after(days=60), keep=Retention(audits=40))
    assert gone["superseded results of audits"] == 1


def test_the_command_tells_what_would_go_and_refuses_days_that_are_none(sqlite_database, monkeypatch, capsys):
    monkeypatch.setenv("LAUNCH_REVIEW_DATABASE_URL", sqlite_database.engine.url.render_as_string())
    monkeypatch.setenv("LAUNCH_REVIEW_SECRET_KEY", "a key for the tests, long enough")
    long_ago = NOW - timedelta(days=3000)
    with sqlite_database.write.begin() as session:
        integration = live(session, "acme", at=long_ago)
        for day in (1, 2):
            audited(session, integration, {LOGO: seen(b"%d" % day)}, at=long_ago + timedelta(days=day))
    for options, told in ((["--dry-run"], 1), ([], 1), ([], 0)):
        assert run(["db", "prune", "--json", *options]) == 0
        assert json.loads(capsys.readouterr().out)["gone"]["superseded results of audits"] == told
    assert run(["db", "prune", "--audits", "3"]) == 2
    assert "--audits 3: expected 30 to" in capsys.readouterr().err
