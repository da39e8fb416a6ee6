"""Audits: falls seen twice, recoveries told once, runs taken up again; and the catalog that is taken in."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.enums import AuditGrade, ComponentKind, EventName, IntegrationStage, Outcome, Role, SubmissionKind
from models.event import UnplannedEvent
from models.integration import Integration
from models.people import Partner
from models.result import ItemResult, Waiver
from review.actions import attesting, auditing, launching
from review.actions.auditing import SCHEDULE, Judged
from review.actions.importing import import_catalog
from review.results import launch_standing
from tests.building import (
    NOW,
    V1,
    after,
    audited,
    checked,
    decided,
    events,
    in_review,
    live,
    person,
    seen_live,
    sent,
)

FAILED, PASSED, UNKNOWN = Outcome.FAILED, Outcome.PASSED, Outcome.UNKNOWN
DOCS = {"docs.partner": FAILED}
LOGO = {"catalog.logo": FAILED}
CANT_TELL = {"docs.partner": UNKNOWN}


@pytest.fixture
def integration(session: Session) -> Integration:
    return live(session)


def grades(session, integration, *looks) -> list[AuditGrade]:
    """Grades of one look after the other, each so many minutes after NOW."""
    return [audited(session, integration, said, at=after(minutes=minutes)).grade for minutes, said in looks]


def told(session) -> list[str]:
    return [event.name for event in events(session, EventName.REGRESSED, EventName.RECOVERED)]


# --- falls and recoveries


def test_a_fall_is_told_when_it_was_seen_twice_an_hour_apart(session, integration):
    assert grades(session, integration, (0, DOCS)) == [AuditGrade.SUSPECTED]
    assert told(session) == []
    assert grades(session, integration, (60, DOCS), (120, DOCS)) == [AuditGrade.REGRESSED] * 2
    (fall,) = events(session, EventName.REGRESSED)
    assert [(item["item"], item["fix"]) for item in fall.data["items"]] == [("docs.partner", "mend it")]


def test_a_second_look_too_soon_says_nothing_and_does_not_put_it_off(session, integration):
    looks = [(minutes, DOCS) for minutes in (0, 30, 59, 80)]
    assert grades(session, integration, *looks) == [AuditGrade.SUSPECTED] * 3 + [AuditGrade.REGRESSED]


def test_a_fall_that_was_mended_in_between_begins_anew(session, integration):
    looks = [(0, DOCS), (30, {}), (70, DOCS)]
    assert grades(session, integration, *looks) == [AuditGrade.SUSPECTED, AuditGrade.HOLDS, AuditGrade.SUSPECTED]
    assert told(session) == []


def test_a_fall_of_something_else_is_a_fall_of_its_own(session, integration):
    looks = [(0, DOCS), (70, LOGO), (100, DOCS)]
    assert grades(session, integration, *looks) == [AuditGrade.SUSPECTED] * 3
    assert told(session) == []


def test_what_can_not_be_told_is_neither_a_fall_nor_a_recovery(session, integration):
    looks = [(0, CANT_TELL), (60, DOCS), (90, CANT_TELL), (130, DOCS), (140, CANT_TELL), (150, {})]
    assert grades(session, integration, *looks) == [
        AuditGrade.UNDECIDED,
        AuditGrade.SUSPECTED,
        AuditGrade.UNDECIDED,
        AuditGrade.REGRESSED,
        AuditGrade.REGRESSED,
        AuditGrade.HOLDS,
    ]
    assert told(session) == [EventName.REGRESSED, EventName.RECOVERED]


def test_a_recovery_is_told_once(session, integration):
    grades(session, integration, (0, DOCS), (60, DOCS), (120, {}), (180, {}))
    assert told(session) == [EventName.REGRESSED, EventName.RECOVERED]


def test_what_was_never_told_as_fallen_is_not_told_as_recovered(session, integration):
    grades(session, integration, (0, DOCS), (60, {}))
    assert told(session) == []


def test_a_public_integration_falls_with_what_public_asks_and_one_in_beta_does_not(session, integration):
    gone = {"customers.active": FAILED}
    assert grades(session, integration, (0, gone)) == [AuditGrade.HOLDS]
    graduation = launching.propose_graduation(session, integration, [], rulebook=V1, at=NOW)
    launching.take_effect(session, decided(session, checked(session, graduation)), at=NOW)
    assert grades(session, integration, (60, gone)) == [AuditGrade.REGRESSED]


def test_a_fall_seen_once_is_due_for_a_second_look_an_hour_later(session, integration):
    def wanted(minutes):
        return auditing.due_for_second_look(session, rulebook=V1, at=after(minutes=minutes), limit=10)

    grades(session, integration, (0, DOCS))
    assert wanted(59) == []
    assert wanted(60) == ["acme"]
    grades(session, integration, (60, DOCS))
    assert wanted(200) == []


# --- readiness and waivers


@pytest.mark.parametrize(
    ("said", "ready"),
    [
        ({}, True),
        ({"customers.active": FAILED}, False),
        ({"oauth.button": UNKNOWN}, None),
        (DOCS, False),
        (CANT_TELL, True),
    ],
)
def test_public_is_within_reach_when_its_items_hold_and_nothing_has_fallen(session, integration, said, ready):
    session.execute(Integration.__table__.update().values(next_run_at=None))
    assert audited(session, integration, said).ready_for_public is ready
    assert (integration.next_run_at is not None) == bool(ready)


def test_a_waiver_of_what_passes_by_itself_has_done_its_work(session):
    submission = in_review(session, said=DOCS)
    until = after(days=90).date()
    attesting.waive(session, submission, "docs.partner", by=person(session), at=NOW, reason="Soon.", until=until)
    launching.take_effect(session, decided(session, submission), at=NOW)
    assert grades(session, submission.integration, (0, DOCS), (60, DOCS)) == [AuditGrade.HOLDS] * 2
    waiver = session.scalars(select(Waiver)).one()
    assert waiver.ended_at is None
    grades(session, submission.integration, (120, {}), (180, {}))
    assert (waiver.ended_at, waiver.ended_because) == (after(minutes=120), "the item passes by itself")
    assert len(events(session, EventName.WAIVER_ENDED)) == 1


def test_a_waiver_of_what_is_not_live_yet_outlasts_audits_of_what_is(session, integration):
    update = in_review(session, kind=SubmissionKind.UPDATE, said=DOCS)
    until = after(days=90).date()
    attesting.waive(session, update, "docs.partner", by=person(session), at=NOW, reason="Soon.", until=until)
    audited(session, integration)
    decided(session, update)
    audited(session, integration)
    waiver = session.scalars(select(Waiver)).one()
    assert waiver.ended_at is None
    launching.take_effect(session, update, at=NOW)
    audited(session, integration)
    assert waiver.ended_at == NOW


def test_how_the_launch_stands_is_known_after_an_audit(session, integration):
    assert launch_standing(session, integration, rulebook=V1, at=NOW) is None
    audited(session, integration, DOCS)
    assert launch_standing(session, integration, rulebook=V1, at=NOW).failed == ("docs.partner",)


# --- runs


def test_an_integration_is_judged_once_a_run(session, integration):
    run = auditing.begin_run(session, [integration.id], rulebook=V1, asked_by=SCHEDULE, at=NOW)
    assert auditing.take_judged(session, run, Judged(integration.id, seen_live(DOCS), {}), at=NOW) is not None
    assert auditing.take_judged(session, run, Judged(integration.id, seen_live(), {}), at=after(hours=2)) is None
    other = live(session, "other")
    assert auditing.take_judged(session, run, Judged(other.id, seen_live(), {}), at=NOW) is None


def test_a_run_that_died_goes_on_with_what_it_had_not_looked_at(session):
    ids = [live(session, slug).id for slug in ("one", "two")]
    run = auditing.begin_run(session, ids, rulebook=V1, asked_by=SCHEDULE, at=NOW)
    auditing.take_judged(session, run, Judged(ids[0], seen_live(), {}), at=NOW)
    assert auditing.abandoned_run(session, before=NOW) is None
    assert auditing.abandoned_run(session, before=after(hours=1)) is run
    assert auditing.unfinished(session, run) == ids[1:]
    auditing.take_judged(session, run, Judged(ids[1], seen_live(), {}), at=NOW)
    auditing.finish_run(session, run, at=NOW)
    assert auditing.unfinished(session, run) == []
    assert auditing.abandoned_run(session, before=after(hours=1)) is None


def test_a_run_that_a_person_asked_for_does_not_stand_for_the_nightly_one(session, integration):
    auditing.begin_run(session, [integration.id], rulebook=V1, asked_by="Mara", at=NOW)
    assert auditing.abandoned_run(session, before=after(hours=1)) is None


def test_a_run_is_closed_once_with_its_grades(session, integration):
    run = auditing.begin_run(session, [integration.id], rulebook=V1, asked_by=SCHEDULE, at=NOW)
    auditing.take_judged(session, run, Judged(integration.id, seen_live(), {}), at=NOW)
    counts = {"holds": 1, "drifted": 0, "suspected": 0, "regressed": 0, "undecided": 0, "ready": 1}
    assert auditing.finish_run(session, run, at=NOW) == counts
    assert auditing.finish_run(session, run, at=after(hours=1)) == counts
    assert run.finished_at == NOW
    assert [event.data["counts"] for event in events(session, EventName.AUDIT_FINISHED)] == [counts]


def test_what_was_delisted_during_a_run_is_left_alone(session, integration):
    run = auditing.begin_run(session, [integration.id], rulebook=V1, asked_by=SCHEDULE, at=NOW)
    launching.delist(session, integration, by=person(session, "Mara", Role.MANAGER), at=NOW, reason="Broken.")
    assert auditing.unfinished(session, run) == []
    assert auditing.take_judged(session, run, Judged(integration.id, seen_live(DOCS), {}), at=NOW) is None


def test_the_longest_unaudited_comes_first_and_only_what_is_live(session):
    ids = {slug: live(session, slug).id for slug in ("old", "new", "never")}
    sent(session, "building")
    audited(session, session.get_one(Integration, ids["new"]), at=after(days=2))
    audited(session, session.get_one(Integration, ids["old"]), at=after(days=1))
    assert auditing.live_integrations(session) == [ids["never"], ids["old"], ids["new"]]


def test_a_result_that_says_the_same_keeps_its_row_and_its_date(session, integration):
    grades(session, integration, (0, {}), (60, {}), (120, LOGO))
    rows = select(ItemResult).where(ItemResult.audit_run_id.is_not(None))
    logo = session.scalars(rows.where(ItemResult.item == "catalog.logo").order_by(ItemResult.id)).all()
    assert [(row.outcome, row.judged_at, row.superseded_at) for row in logo] == [
        (PASSED, NOW, after(minutes=120)),
        (FAILED, after(minutes=120), None),
    ]
    assert len(session.scalars(rows.where(ItemResult.item == "docs.partner")).all()) == 1


# --- the catalog


def row(slug="acme", status="PUBLIC_BETA", **facts):
    return {
        "id": f"id-{slug}",
        "slug": slug,
        "name": slug.capitalize(),
        "website": f"https://www.{slug}.example",
        "status": status,
        "categories": ["Analytics"],
        "methods": ["track", "not a call"],
        "connection_modes": {"cloud": {"web": True}, "device": {}},
        **facts,
    }


def test_a_catalog_is_taken_in_once_with_its_stages(session):
    rows = [row("one"), row("two", "PUBLIC", connection_modes={"device": {"web": True}})]
    first = import_catalog(session, rows, at=NOW)
    assert (first.created, first.updated, first.unchanged, first.wrong) == (2, 0, 0, [])
    again = import_catalog(session, rows, at=after(days=1))
    assert (again.created, again.updated, again.unchanged, again.differs) == (0, 0, 2, [])
    one, two = session.scalars(select(Integration).order_by(Integration.slug))
    assert (one.stage, two.stage) == (IntegrationStage.PUBLIC_BETA, IntegrationStage.PUBLIC)
    assert [component.kind for component in two.components] == [ComponentKind.PLUGIN]
    assert one.components[0].methods == ["track"]
    assert session.scalars(select(Partner.name).order_by(Partner.name)).all() == ["one.example", "two.example"]


def test_an_import_is_an_event_that_nobody_is_told_of(session):
    import_catalog(session, [row()], at=NOW)
    (imported,) = events(session, EventName.IMPORTED)
    assert imported.data == {"stage": "public_beta", "catalog_id": "id-acme"}
    assert session.scalars(select(UnplannedEvent)).all() == []


def test_what_came_from_the_catalog_follows_it_and_a_stage_that_differs_is_said_and_kept(session):
    import_catalog(session, [row()], at=NOW)
    done = import_catalog(session, [row(status="PUBLIC", name="Acme Two")], at=NOW)
    assert (done.updated, done.differs) == (1, ["acme: public_beta here, public in the catalog"])
    integration = session.scalars(select(Integration)).one()
    assert (integration.name, integration.stage) == ("Acme Two", IntegrationStage.PUBLIC_BETA)


def test_what_is_or_was_reviewed_here_is_better_known_than_the_catalog(session, integration):
    building = sent(session, "building").integration
    done = import_catalog(session, [row(), row("building")], at=NOW)
    assert (done.updated, done.unchanged) == (0, 2)
    assert integration.listing["external_id"] == "acme-launch"
    assert (building.listing, building.components[0].endpoint) == (None, "https://building.example/hook")


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ("no object", "not an object"),
        (row(status="BETA"), "'BETA' is missing or unknown"),
        (row(slug="Not A Slug"), "integration.slug"),
        (row(website="https://[bad"), "Invalid IPv6 URL"),
        (row(methods=7), "a value is of another kind"),
        (row(connection_modes=["cloud"]), "a value is of another kind"),
        (row("good"), "the slug stands in the export twice"),
        (row(id="id-good"), "the id 'id-good' is good's"),
    ],
)
def test_a_row_that_can_not_be_read_is_named_and_the_rest_is_taken_in(session, wrong, why):
    done = import_catalog(session, [row("good"), wrong, row("other")], at=NOW)
    assert done.created == 2
    (said,) = done.wrong
    assert said.startswith("destination 2 (")
    assert why in said


def test_an_id_that_is_a_number_is_kept_as_text(session):
    import_catalog(session, [row(id=7)], at=NOW)
    assert session.scalars(select(Integration.catalog_id)).one() == "7"
