"""Audits over days: what is remembered, whose turn it is, what has drifted, and each item's history."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from checklist.fetch import Validators
from checklist.outcome import Evidence
from checklist.recall import Asking, Basis, Seen
from flows import looking
from flows.wiring import wire
from models.audit import AuditEntry, AuditRun
from models.enums import AuditGrade, EventName, Outcome, ResultSource
from models.last_look import SeenPage
from models.result import ItemResult
from review.actions import auditing
from review.actions.auditing import BY_THE_HOUR, Judged
from review.audit_history import item_history
from review.remembering import FORGOTTEN_AFTER, forget_pages, judged_by, keep_pages, memories
from review.slots import interval_start, slot_start
from settings import Settings
from tests.building import NOW, V1, after, audited, events, live, seen_live

DAY = timedelta(days=1)
PAGE = Asking("https://acme.example/docs")
KEY = PAGE.key
SEEN = Seen(PAGE, Validators('"one"'), "content", NOW)
BASES = {"docs.partner": Basis("digest", {KEY: "content"}, NOW)}


@pytest.fixture
def integration(session: Session):
    return live(session)


def judged(session, integration, results=None, *, at=NOW, **more):
    run = auditing.begin_run(session, [integration.id], rulebook=V1, asked_by="a test", at=at)
    found = Judged(integration.id, results or seen_live(), {}, **more)
    entry = auditing.take_judged(session, run, found, at=at)
    keep_pages(session, more.get("pages", {}))
    return entry


# --- memory -----------------------------------------------------------------------------------------------------------


def test_what_a_look_rested_on_is_known_to_the_next_one_by_the_same_rules(session, integration):
    judged(session, integration, judged_by="rules", bases=BASES, pages={KEY: SEEN})
    memory = memories(session, {integration.id: "rules"})[integration.id]
    assert memory.bases == BASES
    assert memory.pages == {KEY: SEEN}
    assert memory.results["docs.partner"].outcome is Outcome.PASSED
    assert memories(session, {integration.id: "other rules"}) == {}


def test_what_failed_is_not_remembered_as_a_result(session, integration):
    judged(session, integration, seen_live({"docs.partner": Outcome.FAILED}), judged_by="rules", bases=BASES)
    assert "docs.partner" not in memories(session, {integration.id: "rules"})[integration.id].results


def test_a_page_seen_again_has_one_row_with_the_latest_word(session):
    keep_pages(session, {KEY: SEEN})
    keep_pages(session, {KEY: replace(SEEN, content="other", at=after(days=1))})
    row = session.scalars(select(SeenPage)).one()
    assert (row.content, row.fetched_at) == ("other", after(days=1))


def test_a_page_that_nobody_asks_for_any_more_is_forgotten(session):
    keep_pages(session, {KEY: SEEN, "old": replace(SEEN, at=NOW - FORGOTTEN_AFTER - DAY)})
    forget_pages(session, at=NOW)
    assert session.scalars(select(SeenPage.key)).all() == [KEY]


def test_a_reused_result_keeps_its_row_and_is_known_to_have_been_seen_since(session, integration):
    judged(session, integration)
    rows = session.scalar(select(func.count()).select_from(ItemResult))
    results = seen_live()
    judged(session, integration, results, at=after(days=1), reused=frozenset(each.item for each in results))
    assert session.scalar(select(func.count()).select_from(ItemResult)) == rows
    (stretch,) = item_history(session, integration)["docs.partner"]
    assert (stretch.since, stretch.until, stretch.last_seen) == (NOW, None, after(days=1))


def test_other_rules_and_a_browser_are_other_judges():
    other = V1.model_copy(update={"version": "v1-draft"})
    assert len({judged_by(V1, browser=False), judged_by(V1, browser=True), judged_by(other, browser=False)}) == 3


# --- history ----------------------------------------------------------------------------------------------------------


def test_an_items_history_has_a_stretch_for_each_outcome(session, integration):
    for days, outcome in ((0, Outcome.PASSED), (1, Outcome.FAILED), (2, Outcome.FAILED), (3, Outcome.PASSED)):
        audited(session, integration, {"docs.partner": outcome}, at=after(days=days))
    found = [(one.outcome, one.since, one.until) for one in item_history(session, integration)["docs.partner"]]
    assert found == [
        (Outcome.PASSED, NOW, after(days=1)),
        (Outcome.FAILED, after(days=1), after(days=3)),
        (Outcome.PASSED, after(days=3), None),
    ]


# --- drift ------------------------------------------------------------------------------------------------------------


def called(title, results):
    page = Evidence("page", "200 text/html", "https://acme.example/docs", 200)
    return [
        replace(each, facts={"title": title}, evidence=(page,)) if each.item == "docs.partner" else each
        for each in results
    ]


@pytest.fixture
def approved(session, integration):
    row = session.scalars(
        select(ItemResult).where(
            ItemResult.item == "docs.partner",
            ItemResult.source == ResultSource.CHECK,
            ItemResult.submission_id.is_not(None),
            ItemResult.superseded_at.is_(None),
        )
    ).one()
    row.facts = {"title": "Set up Segment"}
    session.flush()
    return integration


def test_what_holds_and_is_other_than_what_was_approved_has_drifted_and_nobody_is_told(session, approved):
    before = len(events(session, *EventName))
    assert judged(session, approved, called("Set up Segment", seen_live())).grade is AuditGrade.HOLDS
    entry = judged(session, approved, called("Our prices", seen_live()), at=after(days=1))
    assert entry.grade is AuditGrade.DRIFTED
    assert list(entry.drift) == ["docs.partner"]
    assert len(events(session, *EventName)) == before


def test_what_drifted_is_remembered_with_what_it_is_now(session, approved):
    judged(session, approved, called("Set up Segment", seen_live()))
    judged(session, approved, called("Our prices", seen_live()), at=after(days=1), judged_by="rules", bases=BASES)
    known = memories(session, {approved.id: "rules"})[approved.id].results
    again = [known.get(each.item, each) for each in seen_live()]
    entry = judged(session, approved, again, at=after(days=2), reused=frozenset(known))
    assert entry.grade is AuditGrade.DRIFTED


def test_a_fall_outweighs_drift_and_a_recovery_into_drift_is_told(session, approved):
    for hours in (0, 2):
        judged(session, approved, seen_live({"catalog.logo": Outcome.FAILED}), at=after(hours=hours))
    entry = judged(session, approved, called("Our prices", seen_live()), at=after(hours=4))
    assert entry.grade is AuditGrade.DRIFTED
    assert [event.name for event in events(session, EventName.REGRESSED, EventName.RECOVERED)] == [
        EventName.REGRESSED,
        EventName.RECOVERED,
    ]


# --- turns ------------------------------------------------------------------------------------------------------------


def test_a_night_is_one_run_and_each_integration_waits_for_its_hour(session, integration):
    audited(session, integration, at=NOW - DAY)
    began = interval_start(NOW, DAY)
    hosts = {integration.id: "acme.example"}
    turn = slot_start("acme.example", began, DAY)
    run = auditing.begin_interval(session, hosts, rulebook=V1, at=began)
    assert auditing.unfinished(session, run, at=turn - timedelta(seconds=1)) == []
    assert auditing.begin_interval(session, hosts, rulebook=V1, at=turn).id == run.id
    assert auditing.unfinished(session, run, at=turn) == [integration.id]
    assert not auditing.is_over(session, run)
    auditing.take_judged(session, run, Judged(integration.id, seen_live(), {}), at=turn)
    assert auditing.is_over(session, run)


def test_what_a_night_did_not_get_to_comes_first_in_the_next(session, integration):
    audited(session, integration, at=NOW - 3 * DAY)
    hosts = {integration.id: "acme.example"}
    missed = auditing.begin_interval(session, hosts, rulebook=V1, at=NOW - DAY)
    run = auditing.begin_interval(session, hosts, rulebook=V1, at=interval_start(NOW, DAY))
    assert missed.finished_at is not None
    assert auditing.unfinished(session, run, at=interval_start(NOW, DAY)) == [integration.id]
    assert session.scalars(select(AuditRun.asked_by).where(AuditRun.asked_by == BY_THE_HOUR)).all() == [BY_THE_HOUR] * 2
    assert session.scalars(select(AuditEntry.grade).where(AuditEntry.audit_run_id == missed.id)).all() == [None]


def test_a_tick_takes_what_is_due_and_ends_the_run_only_with_the_last(database, tmp_path):
    real = wire(Settings(data=tmp_path, _env_file=None))
    real.database.close()
    at = interval_start(NOW, DAY)
    with database.write.begin() as session:
        known = live(session, at=at - 2 * DAY)
        audited(session, known, at=at - timedelta(hours=3))
        turn = slot_start("acme", at, DAY)
        known.listing = {**known.listing, "partner": {"name": "Acme"}}

    def here(now):
        return replace(real, database=database, now=lambda: now, rulebook=lambda _: V1)

    early, late = here(at), here(turn)
    run_id = looking.begin_by_the_hour(early)
    assert looking.batches(early, run_id, 10) == []
    assert looking.finish(early, run_id)["holds"] == 0
    assert looking.begin_by_the_hour(late) == run_id
    (batch,) = looking.batches(late, run_id, 10)
    with database.write.begin() as session:
        run = session.get_one(AuditRun, run_id)
        assert run.finished_at is None
        auditing.take_judged(session, run, Judged(batch[0], seen_live(), {}), at=turn)
    assert looking.finish(late, run_id)["holds"] == 1
    with database.read() as session:
        assert session.get_one(AuditRun, run_id).finished_at == turn
