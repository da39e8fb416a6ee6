"""A draft of the rules, tried on what is stored: who would fail, what would follow, and that nothing happens."""

import json
import socket
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from checklist.outcome import CheckResult
from checklist.rulebook import Rulebook, also_from
from desk.cli.main import run
from models.base import Base
from models.database import Database
from models.enums import (
    AuditGrade,
    ChannelName,
    DecisionKind,
    EventName,
    GateName,
    IntegrationStage,
    Outcome,
    Role,
    SubmissionStage,
)
from models.integration import Integration
from notifications.programme import ProgrammeSettings
from notifications.routing import Audience
from review.actions import auditing, companies, launching, submitting
from review.actions.auditing import SCHEDULE, Judged
from review.grandfathering import asked_of
from review.results import launch_standing
from review.shadows import shadows
from review.simulating.effects import Effect
from review.simulating.whole import simulate
from tests.building import (
    NOW,
    V1,
    VAULT,
    after,
    audited,
    checked,
    contact,
    decided,
    dossier,
    in_review,
    live,
    rulebook_file,
    seen_live,
    sent,
)
from tests.unit.test_passed import book, customers

CUSTOMERS, DOCS = "customers.active", "docs.partner"
BY_MAIL = ProgrammeSettings(base_url="https://desk.example", channels=frozenset({ChannelName.MAIL}))
LATER = after(hours=2)


def used_by(number: int, needed: int = 3) -> dict:
    """An audit that counted so many customers."""
    outcome = Outcome.PASSED if number >= needed else Outcome.FAILED
    return {CUSTOMERS: CheckResult(CUSTOMERS, outcome, f"{number} customers", facts={"active": number})}


def public(session: Session, integration: Integration) -> Integration:
    integration.stage, integration.stage_since = IntegrationStage.PUBLIC, NOW
    session.flush()
    return integration


def catalog(session: Session) -> None:
    """Four integrations: two public with three and twelve customers, two in beta with one and three."""
    for slug, number, is_public in (("ada", 3, True), ("bob", 12, True), ("cyd", 1, False), ("dan", 3, False)):
        integration = live(session, slug)
        if is_public:
            public(session, integration)
        audited(session, integration, used_by(number), at=after(hours=1))


def tried(session: Session, draft: Rulebook, at=LATER):
    return simulate(session, draft, now=V1, at=at, programme=BY_MAIL)


def effects(found) -> dict[str, Effect]:
    return {line.slug: line.line.effect for line in found.lines if line.line.item == CUSTOMERS}


# --- the real programme's thresholds


def test_ten_customers_would_fail_whom_is_asked_and_tell_their_partners(session):
    catalog(session)
    found = tried(session, book(2, customers(10), grandfather="ask"))
    assert effects(found) == {"ada": Effect.FAILS, "dan": Effect.FAILS}
    assert [line.passed for line in found.lines if line.line.effect is Effect.FAILS] == [True, False]
    assert {line.line.since for line in found.lines} == {after(hours=1)}
    assert found.would_fall == ("ada",)
    told = {(message.event, message.audience, message.partner): message.number for message in found.messages}
    assert told[EventName.REGRESSED, Audience.PARTNER, "Ada Inc"] == 1
    assert (found.queue.appear, found.queue.disappear) == ((), ("dan",))
    assert found.suggestion.shadow_until is not None
    assert "1 of 4 live (25%) have to mend something" in found.suggestion.steps[2].why


def test_what_has_passed_is_kept_unless_the_draft_asks_it_too(session):
    catalog(session)
    found = tried(session, book(2, customers(10)))
    assert effects(found) == {"ada": Effect.IN_SHADOW, "dan": Effect.FAILS}
    assert found.would_fall == ()
    assert found.suggestion.shadow_until is None
    dated = tried(session, book(2, customers(10), grandfather=date(2027, 3, 1)))
    assert [line.line.asked_from for line in dated.lines if line.slug == "ada"] == [date(2027, 3, 1)]


def test_one_customer_makes_a_graduation_appear(session):
    catalog(session)
    found = tried(session, book(2, customers(1)))
    assert effects(found) == {"cyd": Effect.PASSES}
    assert (found.queue.appear, found.queue.disappear) == (("cyd",), ())
    assert {message.event for message in found.messages} == {EventName.GRADUATION_PROPOSED}


def test_the_rules_in_force_change_nothing(session):
    catalog(session)
    in_review(session, "eve", said={DOCS: Outcome.FAILED})
    found = tried(session, V1)
    assert (found.lines, found.open_lines, found.messages, found.changes) == ((), (), (), ())
    assert found.queue.proposed_now == found.queue.proposed_then == ("dan",)
    assert found.suggestion.shadow_until is None


def test_a_submission_under_way_keeps_its_version_and_is_only_told_about(session):
    in_review(session, "eve", said={DOCS: Outcome.FAILED})
    found = tried(session, book(2, without=(DOCS,)))
    (line,) = found.open_lines
    assert (line.slug, line.kept, line.line.item, line.line.effect) == ("eve", "v1", DOCS, Effect.PASSES)
    assert found.messages == ()


def test_what_no_audit_has_looked_at_is_counted_apart(session):
    pages = {"partner_url": "https://acme.example/docs"}
    launching.take_effect(session, decided(session, in_review(session, documentation=pages)), at=NOW)
    new = V1.item(DOCS).model_copy(update={"id": "docs.changelog"})
    found = tried(session, book(2, new, grandfather="ask"))
    assert (found.live, found.never_audited) == (1, 1)
    assert found.counted(Effect.CANT_TELL) == 1


def test_a_contact_that_hears_nothing_is_no_message(session):
    catalog(session)
    for person in session.scalars(select(companies.Person)):
        person.active = False
    assert tried(session, book(2, customers(10), grandfather="ask")).messages == ()


# --- nothing happens


def everything(database: Database) -> dict[str, list]:
    with database.read() as session:
        return {
            table.name: [tuple(row) for row in session.execute(select(table).order_by(*table.primary_key))]
            for table in Base.metadata.sorted_tables
        }


def test_nothing_is_written_and_nobody_is_asked(sqlite_database, monkeypatch):
    with sqlite_database.write.begin() as session:
        catalog(session)
        in_review(session, "eve")
    before = everything(sqlite_database)

    def refuse(*_):
        raise AssertionError("a socket was opened")

    new = V1.item("oauth.button").model_copy(update={"id": "oauth.again"})
    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    with sqlite_database.read() as session:
        found = tried(session, book(2, customers(10), new, grandfather="ask"))
        assert not session.new
        assert not session.dirty
    monkeypatch.undo()
    assert found.lines
    assert everything(sqlite_database) == before


# --- the command


@pytest.fixture
def draft_file(sqlite_database, monkeypatch, tmp_path):
    monkeypatch.setenv("LAUNCH_REVIEW_DATABASE_URL", sqlite_database.engine.url.render_as_string())
    monkeypatch.setenv("LAUNCH_REVIEW_SECRET_KEY", "a key for the tests, long enough")
    with sqlite_database.write.begin() as session:
        catalog(session)
    rulebook_file(tmp_path, "v2", at_least="10")
    return tmp_path / "v2.toml"


def test_the_command_prints_what_other_programs_read(draft_file, capsys, tmp_path):
    sheet, page = tmp_path / "who.csv", tmp_path / "page.html"
    assert run(["rulebook", "simulate", str(draft_file), "--json", "--csv", str(sheet), "--html", str(page)]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["counts"] == {
        "would_fail": 1,
        "would_pass": 0,
        "would_fail_later": 1,
        "needs_a_person": 0,
        "cant_tell": 0,
    }
    assert document["suggestion"]["valid_from"] == "2999-01-01"
    assert len(sheet.read_text("utf-8").splitlines()) == 3
    assert "would fail once it is asked" in page.read_text("utf-8")


def test_the_command_says_it_in_words(draft_file, capsys):
    assert run(["rulebook", "simulate", str(draft_file)]) == 0
    out = capsys.readouterr().out
    assert out.startswith("v2 instead of v1 on 2999-01-01, over 4 live integrations and 0 submissions under way: ")
    assert "Suggested: valid_from = 2999-01-01" in out


def test_a_draft_with_mistakes_is_the_users_to_mend(draft_file, capsys):
    draft_file.write_text(draft_file.read_text("utf-8").replace("at_least = 10", 'at_least = "ten"'), "utf-8")
    assert run(["rulebook", "simulate", str(draft_file)]) == 2
    assert "items.customers.active.thresholds.at_least: saw 'ten', expected int" in capsys.readouterr().err


# --- items in shadow


def shadow_file(folder, until: str) -> None:
    """v2, in which documentation is in shadow for everybody."""
    rulebook_file(folder, "v2", valid_from='2026-11-24\ngrandfather = "ask"')
    file = folder / "v2.toml"
    text = file.read_text("utf-8").replace('check = "docs.partner"', f'check = "docs.partner"\nshadow_until = {until}')
    file.write_text(text, "utf-8")


def test_what_an_item_in_shadow_would_do_is_counted_from_the_audits(session, tmp_path):
    shadow_file(tmp_path, "2027-01-01")
    with also_from(tmp_path):
        second, at = Rulebook.load("v2"), after(days=2)
        for slug, outcome in (("ada", Outcome.FAILED), ("bob", Outcome.PASSED), ("cyd", Outcome.UNKNOWN)):
            entry = audit_under(session, live(session, slug), second, {DOCS: outcome}, at=at)
            assert entry.grade is AuditGrade.HOLDS
        one = shadows(session, second, on=at.date())[DOCS]
        assert (one.would_fail, one.cant_tell, one.of) == (1, 1, 3)
        told = "would fail 1 of 3 if it counted today (1 can't be told); it counts from 2027-01-01"
        assert one.told == told
        assert shadows(session, second, on=date(2027, 1, 1)) == {}
        # Its own evidence: who would fail is known, and no other rule is meant.
        found = simulate(session, second, now=second, at=at, programme=BY_MAIL)
        assert found.lines == ()


def test_an_item_that_leaves_its_shadow_fails_whom_it_would_have_failed(session, tmp_path):
    shadow_file(tmp_path, "2027-01-01")
    with also_from(tmp_path):
        second, at = Rulebook.load("v2"), after(days=2)
        audit_under(session, live(session, "ada"), second, {DOCS: Outcome.FAILED}, at=at)
        out = [item.model_copy(update={"shadow_until": None}) if item.id == DOCS else item for item in second.items]
        third = second.model_copy(update={"version": "v3", "items": tuple(out), "valid_from": date(2026, 12, 1)})
        found = simulate(session, third, now=second, at=at, programme=BY_MAIL)
        lines = [(line.line.item, line.line.effect, line.line.was) for line in found.lines]
        # What falls since the launch stands in the way of Public, too.
        assert lines == [(DOCS, Effect.FAILS, "shadow"), ("launch.holds", Effect.FAILS, "holds")]
        assert found.would_fall == ("ada",)


def test_showing_a_rulebook_tells_what_its_shadows_would_do(draft_file, capsys, tmp_path):
    text = draft_file.read_text("utf-8").replace(
        'check = "docs.partner"', 'check = "docs.partner"\nshadow_until = 2999-01-01'
    )
    draft_file.write_text(text, "utf-8")
    assert run(["rulebook", "show", str(draft_file)]) == 0
    out = capsys.readouterr().out
    assert "docs.partner  would fail 0 of 4 if it counted today; it counts from 2999-01-01" in out
    assert "is not asked of what is new or stricter" in out


# --- what is in force


@pytest.fixture
def second(tmp_path) -> Iterator[Rulebook]:
    """A rulebook in force from tomorrow on that asks for ten customers."""
    rulebook_file(tmp_path, "v2", valid_from=(NOW + timedelta(days=1)).date().isoformat(), at_least="10")
    with also_from(tmp_path):
        yield Rulebook.load("v2")


def audit_under(session, integration, rulebook, said, *, at):
    begun = auditing.begin_run(session, [integration.id], rulebook=rulebook, asked_by=SCHEDULE, at=at)
    return auditing.take_judged(session, begun, Judged(integration.id, seen_live(said), {}), at=at)


def test_an_audit_asks_of_what_has_passed_what_it_passed_under(session, second):
    kept, ahead = public(session, live(session, "ada")), live(session, "dan")
    on = after(days=2).date()
    assert asked_of(session, kept, second, on=on).item(CUSTOMERS).threshold("at_least", int) == 3
    assert asked_of(session, ahead, second, on=on).item(CUSTOMERS).threshold("at_least", int) == 10
    assert asked_of(session, kept, V1, on=on) is V1


def test_what_passed_again_under_a_newer_version_is_asked_that_version(session, second):
    submission = decided(session, checked(session, sent(session, "ada", rulebook=second)))
    submission.applied_at = NOW
    integration = submission.integration
    integration.stage = IntegrationStage.PUBLIC_BETA
    session.flush()
    assert asked_of(session, integration, second, on=after(days=2).date()) is second


def test_a_new_item_is_shown_and_brings_nobody_down_who_launched_before(session, tmp_path):
    rulebook_file(tmp_path, "v2", valid_from=(NOW + timedelta(days=1)).date().isoformat())
    file = tmp_path / "v2.toml"
    new = '\n[[items]]\nid = "docs.changelog"\ngate = "public_beta"\ntitle = "A changelog"\nhelp = "Keep one."\n'
    file.write_text(f'{file.read_text("utf-8")}{new}check = "docs.partner"\nlive = true\n', "utf-8")
    with also_from(tmp_path):
        second, integration = Rulebook.load("v2"), live(session)
        failing = CheckResult("docs.changelog", Outcome.FAILED, "there is none")
        at = after(days=2)
        begun = auditing.begin_run(session, [integration.id], rulebook=second, asked_by=SCHEDULE, at=at)
        results = [*seen_live(), failing]
        entry = auditing.take_judged(session, begun, Judged(integration.id, results, {}), at=at)
        assert entry.grade is AuditGrade.HOLDS
        assert entry.outcomes["shadow"] == ["docs.changelog"]
        standing = launch_standing(session, integration, rulebook=second, at=at)
        assert (standing.failed, standing.shadow) == ((), ("docs.changelog",))


def test_a_submission_in_review_keeps_its_version_through_a_new_one(session, second):
    """Checked, sent back, revised, audited around and decided while v2 comes into force: it stays under v1."""
    submission = in_review(session, "ada", said={DOCS: Outcome.FAILED})
    at = after(days=3)
    decided(session, submission, DecisionKind.REQUEST_CHANGES, at=after(hours=1))
    audit_under(session, live(session, "bob"), second, used_by(3), at=at)
    sender = contact(session, submission)
    submitting.resubmit(session, submission, dossier("ada", notes="Mended."), by=sender, at=at, vault=VAULT)
    checked(session, submission, at=at)
    assert (submission.rulebook, submission.revision) == ("v1", 2)
    decided(session, submission, at=after(days=3, hours=1))
    assert (submission.stage, submission.rulebook) == (SubmissionStage.APPROVED, "v1")
    assert GateName(submission.gate) is GateName.PUBLIC_BETA
    assert sent(session, "new", rulebook=second, at=at).rulebook == "v2"
    assert Role.PARTNER in sender.roles


# --- what only a review has looked at


def test_an_item_that_audits_are_to_look_at_is_judged_by_the_review_that_let_it_in(session):
    audited(session, live(session), used_by(3), at=after(hours=1))
    watched = [V1.item(item).model_copy(update={"live": True}) for item in ("test.auth", "test.volume")]
    assert tried(session, book(2, *watched, grandfather="ask")).lines == ()
    newly = V1.item("test.auth").model_copy(update={"id": "test.keys", "live": True})
    found = tried(session, book(2, newly, grandfather="ask"))
    assert [(line.line.item, line.line.effect) for line in found.lines] == [("test.keys", Effect.CANT_TELL)]
