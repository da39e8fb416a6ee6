"""What the database itself refuses, whoever asks, on SQLite and on PostgreSQL."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple

import pytest
from sqlalchemy import text, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models.api_token import ApiToken
from models.audit import AuditRun
from models.base import Base
from models.calendar_feed import CalendarFeed
from models.clock import CalendarVersion, Clock, Pause, PolicyVersion
from models.database import Database
from models.decision import Assignment, Decision
from models.delivery import Delivery
from models.enums import (
    ChannelName,
    DecisionKind,
    DeliveryStage,
    FindingStage,
    GateName,
    HeldFor,
    IntegrationStage,
    Outcome,
    ResultSource,
    SignInWay,
    SubmissionKind,
    SubmissionStage,
    TargetName,
)
from models.event import Event
from models.fall import Fall
from models.host_turn import HostTurn
from models.integration import Component, Integration
from models.kept_answer import KeptAnswer
from models.note import Note
from models.passage import Passage
from models.people import Partner, Person
from models.picture import MOST_PICTURE_BYTES, Picture
from models.preference import QuietHours
from models.reason import DecisionReason, Reason, ReasonVersion
from models.result import Finding, ItemResult, Waiver
from models.schema import metadata
from models.sign_in import SignIn, SignInLink
from models.submission import Revision, Submission
from models.undo import Undo
from models.upload import MOST_UPLOAD_BYTES, Upload
from models.webhook_endpoint import WebhookEndpoint

DIALECT = postgresql.dialect()
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
EARLIER = NOW - timedelta(hours=1)


class World(NamedTuple):
    """The smallest programme: one of everything that other rows refer to."""

    person: int
    integration: int
    submission: int
    calendar: int
    policy: int
    clock: int
    event: int
    audit: int


def submission(integration_id: int, **changes: Any) -> Submission:
    given = {
        "integration_id": integration_id,
        "kind": SubmissionKind.LAUNCH,
        "gate": GateName.PUBLIC_BETA,
        "stage": SubmissionStage.SUBMITTED,
        "rulebook": "1",
        "document": {"name": "Wobbly"},
        "submitted_at": NOW,
    }
    return Submission(**given | changes)


def clock(world: World | None = None, **changes: Any) -> Clock:
    given = {
        "target": TargetName.FIRST_RESPONSE,
        "target_seconds": 57_600,
        "business_day_seconds": 28_800,
        "ladder": "usual",
        "started_at": NOW,
        "due_at": LATER,
        "breach_at": LATER,
    }
    if world:
        given |= {"submission_id": world.submission, "calendar_id": world.calendar, "policy_id": world.policy}
    return Clock(**given | changes)


def fall(world: World, **changes: Any) -> Fall:
    given = {"integration_id": world.integration, "item": "docs.partner", "fell_at": NOW, "fix_by": NOW.date()}
    return Fall(**given | changes)


@pytest.fixture
def world(database: Database) -> World:
    with database.write.begin() as session:
        partner = Partner(name="Wobbly", created_at=NOW)
        person = Person(name="Ada", email="ada@wobbly.test", created_at=NOW)
        integration = Integration(
            slug="wobbly", name="Wobbly", partner=partner, stage=IntegrationStage.BUILDING, stage_since=NOW
        )
        calendar = CalendarVersion(name="team", version=1, digest="0" * 64, spec={}, created_at=NOW)
        policy = PolicyVersion(name="v1", version=1, digest="0" * 64, document={}, created_at=NOW)
        session.add_all([person, integration, calendar, policy])
        session.flush()
        sent = submission(integration.id)
        session.add(sent)
        session.flush()
        running = clock(submission_id=sent.id, calendar_id=calendar.id, policy_id=policy.id)
        event = Event(at=NOW, name="submission.received", submission_id=sent.id)
        decision = Decision(
            submission_id=sent.id,
            revision=1,
            decision=DecisionKind.REQUEST_CHANGES,
            reason="The blog post is missing.",
            verdict={},
            decided_by_id=person.id,
            decided_at=NOW,
        )
        revision = Revision(submission_id=sent.id, revision=1, document={"name": "Wobbly"}, submitted_at=NOW)
        audit = AuditRun(started_at=NOW, rulebook="1", asked_by="schedule")
        reason = Reason(key="docs-page-missing", created_at=NOW)
        session.add_all([running, event, decision, revision, audit, reason])
        session.flush()
        session.add(reason_version(person.id, reason.id))
        session.add(Note(submission_id=sent.id, text="Their lead is away.", written_by_id=person.id, written_at=NOW))
        session.flush()
        session.add(DecisionReason(decision_id=decision.id, reason_id=reason.id, version=1))
        return World(person.id, integration.id, sent.id, calendar.id, policy.id, running.id, event.id, audit.id)


def assignment(world: World) -> Assignment:
    return Assignment(
        submission_id=world.submission,
        person_id=world.person,
        assigned_by_id=world.person,
        assigned_at=NOW,
        leased_until=LATER,
    )


def undo(world: World, session: Session, **changes: Any) -> Undo:
    made = Decision(
        submission_id=world.submission,
        revision=1,
        decision=DecisionKind.REJECT,
        reason="It closes.",
        verdict={},
        decided_by_id=world.person,
        decided_at=NOW,
    )
    session.add(made)
    session.flush()
    return Undo(**{"decision_id": made.id, "event_id": world.event, "before": {}} | changes)


def waiver(world: World, **changes: Any) -> Waiver:
    given = {
        "integration_id": world.integration,
        "item": "docs.partner",
        "reason": "Their site moves next week.",
        "granted_by_id": world.person,
        "granted_at": NOW,
        "until": date(2026, 12, 1),
    }
    return Waiver(**given | changes)


def result(world: World, **changes: Any) -> ItemResult:
    given = {
        "integration_id": world.integration,
        "submission_id": world.submission,
        "item": "docs.partner",
        "source": ResultSource.CHECK,
        "outcome": Outcome.PASSED,
        "summary": "The page tells how to set it up.",
        "judged_at": NOW,
    }
    return ItemResult(**given | changes)


def audited(world: World) -> ItemResult:
    return result(world, submission_id=None, audit_run_id=world.audit)


def delivery(world: World, **changes: Any) -> Delivery:
    given = {
        "event_id": world.event,
        "channel": ChannelName.MAIL,
        "recipient": "ada@wobbly.test",
        "subject": f"submission:{world.submission}",
        "message": {"title": "Received"},
        "stage": DeliveryStage.PLANNED,
        "planned_at": NOW,
    }
    return Delivery(**given | changes)


def integration(world: World, session: Session, **changes: Any) -> Integration:
    partner_id = session.get_one(Integration, world.integration).partner_id
    given = {
        "slug": "sturdy",
        "name": "Sturdy",
        "partner_id": partner_id,
        "stage": IntegrationStage.BUILDING,
        "stage_since": NOW,
    }
    return Integration(**given | changes)


def pause(world: World, **changes: Any) -> Pause:
    return Pause(**{"clock_id": world.clock, "from_at": NOW, "reason": "submission.changes_requested"} | changes)


def finding(world: World, **changes: Any) -> Finding:
    given = {"item": "docs.partner", "stage": FindingStage.OPEN, "what": "404", "revision": 1, "opened_at": NOW}
    return Finding(submission_id=world.submission, **given | changes)


def token(world: World, **changes: Any) -> ApiToken:
    said = {"person_id": world.person, "digest": "0" * 64, "name": "ci", "scopes": ["preflight"]}
    return ApiToken(**said | {"created_at": NOW, "expires_at": LATER} | changes)


def sign_in(world: World, **changes: Any) -> SignIn:
    said = {"person_id": world.person, "digest": "0" * 64, "way": SignInWay.LINK, "began_at": NOW, "seen_at": NOW}
    return SignIn(**said | changes)


def sign_in_link(world: World, **changes: Any) -> SignInLink:
    return SignInLink(**{"person_id": world.person, "made_at": NOW, "expires_at": LATER} | changes)


def feed(world: World, **changes: Any) -> CalendarFeed:
    return CalendarFeed(**{"person_id": world.person, "digest": "0" * 64, "opened_at": NOW} | changes)


def endpoint(**changes: Any) -> WebhookEndpoint:
    given = {"address": "https://hooks.wobbly.test/", "events": ["*"], "ciphertext": b"sealed", "created_at": NOW}
    return WebhookEndpoint(**given | changes)


def reason_version(person_id: int, reason_id: int = 1, **changes: Any) -> ReasonVersion:
    given = {"version": 1, "title": "The page is missing", "text": "Please publish it.", "items": [], "links": []}
    return ReasonVersion(
        reason_id=reason_id, written_by_id=person_id, written_at=NOW, **{**given, "fix_by_days": None, **changes}
    )


def kept_answer(world: World, **changes: Any) -> KeptAnswer:
    given = {"key": "k", "fingerprint": "0" * 64, "status": 200, "headers": [], "ciphertext": b"sealed", "kept_at": NOW}
    return KeptAnswer(person_id=world.person, **given | changes)


def picture(**changes: Any) -> Picture:
    return Picture(**{"digest": "0" * 64, "data": b"\x89PNG", "taken_at": NOW} | changes)


def upload(world: World, session: Session, **changes: Any) -> Upload:
    given = {"digest": "0" * 64, "media_type": "image/png", "data": b"\x89PNG", "uploaded_at": NOW}
    whose = session.get_one(Integration, world.integration).partner_id
    return Upload(partner_id=whose, **given | changes)


Rows = Callable[[World, Session], list[Base]]
IMPOSSIBLE: dict[str, tuple[str, Rows]] = {
    "one key for two requests of one person": (
        "uq_kept_answers_person_id_key",
        lambda w, _: [kept_answer(w), kept_answer(w)],
    ),
    "a key that says nothing": ("ck_kept_answers_key_says_something", lambda w, _: [kept_answer(w, key="")]),
    "a kept refusal": ("ck_kept_answers_only_what_was_done_is_kept", lambda w, _: [kept_answer(w, status=409)]),
    "an endpoint that is disabled without a reason": (
        "ck_webhook_endpoints_disabled_says_why",
        lambda _, __: [endpoint(disabled_at=NOW)],
    ),
    "a former secret that signs for ever": (
        "ck_webhook_endpoints_a_former_secret_ends",
        lambda _, __: [endpoint(former_ciphertext=b"sealed")],
    ),
    "a second open submission for the same gate": (
        "uq_submissions_one_open_per_gate",
        lambda w, _: [submission(w.integration)],
    ),
    "two submissions of one external id": (
        "uq_submissions_external_id",
        lambda w, _: [
            submission(w.integration, gate=GateName.PUBLIC, external_id="abc"),
            submission(w.integration, stage=SubmissionStage.WITHDRAWN, external_id="abc"),
        ],
    ),
    "a submission in review that was never submitted": (
        "ck_submissions_submitted_has_its_instant",
        lambda w, _: [
            submission(w.integration, gate=GateName.PUBLIC, stage=SubmissionStage.IN_REVIEW, submitted_at=None)
        ],
    ),
    "a revision before the first": (
        "ck_submissions_revision_counts_from_one",
        lambda w, _: [submission(w.integration, gate=GateName.PUBLIC, revision=0)],
    ),
    "a second running clock for the same target": ("uq_clocks_one_running_per_target", lambda w, _: [clock(w)]),
    "a clock that promises nothing": (
        "ck_clocks_target_is_positive",
        lambda w, _: [clock(w, target=TargetName.DECISION, target_seconds=0)],
    ),
    "a stopped clock that still fires": (
        "ck_clocks_a_stopped_clock_never_fires",
        lambda w, _: [clock(w, stopped_at=LATER, next_fire_at=LATER)],
    ),
    "a clock that stops before it starts": (
        "ck_clocks_stops_after_it_starts",
        lambda w, _: [clock(w, stopped_at=EARLIER)],
    ),
    "two open pauses of one clock": ("uq_pauses_one_open", lambda w, _: [pause(w), pause(w)]),
    "a pause that ends before it starts": (
        "ck_pauses_ends_after_it_starts",
        lambda w, _: [pause(w, to_at=EARLIER)],
    ),
    "two people who have the same submission": (
        "uq_assignments_one_active",
        lambda w, _: [assignment(w), assignment(w)],
    ),
    "a decision without a reason": (
        "ck_decisions_says_why",
        lambda w, _: [
            Decision(
                submission_id=w.submission,
                revision=1,
                decision=DecisionKind.REJECT,
                reason=" ",
                verdict={},
                decided_by_id=w.person,
                decided_at=NOW,
            )
        ],
    ),
    "a rejection by nobody": (
        "ck_decisions_engine_only_approves",
        lambda w, _: [
            Decision(
                submission_id=w.submission,
                revision=1,
                decision=DecisionKind.REJECT,
                reason="It closes.",
                verdict={},
                decided_at=NOW,
            )
        ],
    ),
    "two decisions to undo that one event tells": (
        "uq_undos_event_id",
        lambda w, s: [undo(w, s), undo(w, s)],
    ),
    "a decision that nobody undid": (
        "ck_undos_undone_by_somebody",
        lambda w, s: [undo(w, s, undone_at=NOW)],
    ),
    "a waiver without a reason": ("ck_waivers_says_why", lambda w, _: [waiver(w, reason="  ")]),
    "a renewal of nothing": ("ck_waivers_counts_its_renewals", lambda w, _: [waiver(w, renewals=1)]),
    "a waiver that renews one that is not": (
        "fk_waivers_renews_id_waivers",
        lambda w, _: [waiver(w, renews_id=99, renewals=1)],
    ),
    "two waivers of one item at once": ("uq_waivers_one_active", lambda w, _: [waiver(w), waiver(w)]),
    "two current results of one item by checks": (
        "uq_item_results_current_of_submission",
        lambda w, _: [result(w), result(w)],
    ),
    "a result of neither a review nor an audit": (
        "ck_item_results_belongs_to_a_submission_or_an_audit",
        lambda w, _: [result(w, submission_id=None)],
    ),
    "a person's word without the person": (
        "ck_item_results_a_persons_word_names_the_person",
        lambda w, _: [result(w, source=ResultSource.PERSON)],
    ),
    "a check's word with a person": (
        "ck_item_results_a_persons_word_names_the_person",
        lambda w, _: [result(w, judged_by_id=w.person)],
    ),
    "a closed finding without its instant": (
        "ck_findings_closed_has_its_instant",
        lambda w, _: [finding(w, stage=FindingStage.FIXED)],
    ),
    "an open finding that was closed": (
        "ck_findings_closed_has_its_instant",
        lambda w, _: [finding(w, closed_at=NOW)],
    ),
    "the same message to the same recipient twice": (
        "uq_deliveries_event_id_channel_recipient",
        lambda w, _: [delivery(w), delivery(w)],
    ),
    "a message that is sending without a lease": (
        "ck_deliveries_only_sending_is_leased",
        lambda w, _: [delivery(w, stage=DeliveryStage.SENDING)],
    ),
    "a message that is held for nobody": (
        "ck_deliveries_held_is_for_a_person",
        lambda w, _: [delivery(w, held=HeldFor.DIGEST)],
    ),
    "a message that was sent and is held": (
        "ck_deliveries_only_planned_is_held",
        lambda w, _: [delivery(w, stage=DeliveryStage.SENT, person_id=w.person, held=HeldFor.DIGEST)],
    ),
    "a key of the library that is taken": (
        "uq_reasons_key",
        lambda *_: [Reason(key="docs-page-missing", created_at=NOW)],
    ),
    "a reason before its first version": (
        "ck_reasons_version_counts_from_one",
        lambda *_: [Reason(key="be-brief", version=0, created_at=NOW)],
    ),
    "a reason that says nothing": (
        "ck_reason_versions_says_something",
        lambda w, _: [reason_version(w.person, version=2, text="  ")],
    ),
    "a reason to be fixed by the day of the decision": (
        "ck_reason_versions_fix_by_is_within_a_year",
        lambda w, _: [reason_version(w.person, version=2, fix_by_days=0)],
    ),
    "a note that says nothing": (
        "ck_notes_says_something",
        lambda w, _: [Note(submission_id=w.submission, text=" ", written_by_id=w.person, written_at=NOW)],
    ),
    "quiet hours that never end": (
        "ck_quiet_hours_begins_and_ends",
        lambda w, _: [QuietHours(person_id=w.person, begins=time(20))],
    ),
    "a slug that is taken": ("uq_integrations_slug", lambda w, s: [integration(w, s, slug="wobbly")]),
    "a slug with capitals": (
        "ck_integrations_slug_is_lower_case",
        lambda w, s: [integration(w, s, slug="Sturdy")],
    ),
    "a slug of nothing": ("ck_integrations_slug_is_lower_case", lambda w, s: [integration(w, s, slug="")]),
    "a delisted integration that forgot where it was": (
        "ck_integrations_delisted_remembers_its_stage",
        lambda w, s: [integration(w, s, stage=IntegrationStage.DELISTED)],
    ),
    "a listed integration that was delisted": (
        "ck_integrations_delisted_remembers_its_stage",
        lambda w, s: [integration(w, s, delisted_from=IntegrationStage.PUBLIC)],
    ),
    "two components of one kind": (
        "uq_components_integration_id_kind",
        lambda w, _: [
            Component(integration_id=w.integration, kind="plugin"),
            Component(integration_id=w.integration, kind="plugin"),
        ],
    ),
    "a person whose address has capitals": (
        "ck_people_email_is_lower_case",
        lambda *_: [Person(name="B", email="B@wobbly.test", created_at=NOW)],
    ),
    "an event of an integration that is not there": (
        "fk_events_integration_id_integrations",
        lambda *_: [Event(at=NOW, name="integration.launched", integration_id=404)],
    ),
    "two partners of one name": (
        "uq_partners_name",
        lambda *_: [Partner(name="Twice", created_at=NOW), Partner(name="Twice", created_at=NOW)],
    ),
    "two people of one address": (
        "uq_people_email",
        lambda *_: [Person(name="Ada again", email="ada@wobbly.test", created_at=NOW)],
    ),
    "two integrations of one tile": (
        "uq_integrations_catalog_id",
        lambda w, s: [
            integration(w, s, catalog_id="54521fd7"),
            integration(w, s, slug="steady", catalog_id="54521fd7"),
        ],
    ),
    "one version of a calendar twice": (
        "uq_calendar_versions_name_version",
        lambda *_: [CalendarVersion(name="team", version=1, digest="", spec={}, created_at=NOW)],
    ),
    "one version of a policy twice": (
        "uq_policy_versions_name_version",
        lambda *_: [PolicyVersion(name="v1", version=1, digest="", document={}, created_at=NOW)],
    ),
    "two current results of one item by audits": (
        "uq_item_results_current_of_audit",
        lambda w, _: [audited(w), audited(w)],
    ),
    "two open falls of one item": ("uq_falls_one_open", lambda w, _: [fall(w), fall(w)]),
    "a fall that is over and does not say why": ("ck_falls_closed_says_why", lambda w, _: [fall(w, closed_at=LATER)]),
    "a proposal to delist before anything fell": (
        "ck_falls_is_proposed_after_it_fell",
        lambda w, _: [fall(w, proposed_at=EARLIER)],
    ),
    "a proposal to delist that is dismissed before it is made": (
        "ck_falls_is_dismissed_once_proposed",
        lambda w, _: [fall(w, dismissed_until=LATER.date())],
    ),
    "two open calendar feeds of one person": (
        "uq_calendar_feeds_one_open",
        lambda w, _: [feed(w), feed(w, digest="1" * 64)],
    ),
    "two API tokens of one secret": ("uq_api_tokens_digest", lambda w, _: [token(w, revoked_at=NOW), token(w)]),
    "an API token that expires when it is made": (
        "ck_api_tokens_expires_after_it_is_made",
        lambda w, _: [token(w, expires_at=NOW)],
    ),
    "an API token that was revoked before it was made": (
        "ck_api_tokens_is_revoked_after_it_is_made",
        lambda w, _: [token(w, revoked_at=EARLIER)],
    ),
    "two sign-ins of one secret": ("uq_sign_ins_digest", lambda w, _: [sign_in(w, ended_at=NOW), sign_in(w)]),
    "a sign-in that was used before it began": (
        "ck_sign_ins_is_seen_after_it_began",
        lambda w, _: [sign_in(w, seen_at=EARLIER)],
    ),
    "a sign-in that ended before it began": (
        "ck_sign_ins_ends_after_it_began",
        lambda w, _: [sign_in(w, ended_at=EARLIER)],
    ),
    "a sign-in link that expires when it is made": (
        "ck_sign_in_links_expires_after_it_is_made",
        lambda w, _: [sign_in_link(w, expires_at=NOW)],
    ),
    "a sign-in link that was used before it was made": (
        "ck_sign_in_links_is_used_after_it_is_made",
        lambda w, _: [sign_in_link(w, used_at=EARLIER)],
    ),
    "two calendar feeds of one secret": ("uq_calendar_feeds_digest", lambda w, _: [feed(w, closed_at=NOW), feed(w)]),
    "a calendar feed that closes before it opens": (
        "ck_calendar_feeds_closes_after_it_opens",
        lambda w, _: [feed(w, closed_at=EARLIER)],
    ),
    "a host without a name": ("ck_host_turns_names_a_host", lambda *_: [HostTurn(host="", held_by="", until=NOW)]),
    "a passage of nobody": (
        "ck_passages_names_door_and_who",
        lambda *_: [Passage(door="sign-ins", who="", came=[], until=NOW)],
    ),
    "a picture with nothing in it": ("ck_pictures_is_neither_empty_nor_large", lambda *_: [picture(data=b"")]),
    "a picture that would fill the database": (
        "ck_pictures_is_neither_empty_nor_large",
        lambda *_: [picture(data=bytes(MOST_PICTURE_BYTES + 1))],
    ),
    "a picture under half a digest": ("ck_pictures_digest_is_whole", lambda *_: [picture(digest="0" * 32)]),
    "a file with nothing in it": ("ck_uploads_is_neither_empty_nor_large", lambda w, s: [upload(w, s, data=b"")]),
    "a file that would fill the database": (
        "ck_uploads_is_neither_empty_nor_large",
        lambda w, s: [upload(w, s, data=bytes(MOST_UPLOAD_BYTES + 1))],
    ),
    "a file under half a digest": ("ck_uploads_digest_is_whole", lambda w, s: [upload(w, s, digest="0" * 32)]),
    "a page as a file": ("ck_uploads_is_an_image", lambda w, s: [upload(w, s, media_type="text/html")]),
}


def named(what: str) -> set[str]:
    """The constraints of the models whose names begin with `what`, without the closed lists."""
    found = [
        constraint
        for table in metadata.sorted_tables
        for constraint in [*table.constraints, *(index for index in table.indexes if index.unique)]
    ]
    return {name for one in found if (name := full_name(one)).startswith(what) and not name.endswith("_is_known")}


def full_name(constraint: Any) -> str:
    return str(DIALECT.identifier_preparer.format_constraint(constraint))


def words_for(name: str, database: Database) -> str:
    """How the database names a constraint when it refuses: SQLite says the columns of a unique one."""
    if database.is_postgresql or name.startswith("ck_"):
        return name
    if name.startswith("fk_"):
        return "FOREIGN KEY"
    [columns] = [
        one.columns
        for table in metadata.sorted_tables
        for one in [*table.constraints, *table.indexes]
        if full_name(one) == name
    ]
    return "UNIQUE constraint failed: " + ", ".join(f"{column.table.name}.{column.name}" for column in columns)


def add_each(session: Session, rows: list[Base]) -> None:
    for row in rows:
        session.add(row)
        session.flush()


@pytest.mark.parametrize("what", IMPOSSIBLE)
def test_the_database_refuses_what_cannot_be(database: Database, world: World, what: str):
    name, rows = IMPOSSIBLE[what]
    with database.write() as session:
        impossible = rows(world, session)
        with pytest.raises(IntegrityError, match=re.escape(words_for(name, database))):
            add_each(session, impossible)


def test_each_constraint_of_the_models_has_been_seen_to_refuse():
    seen = {name for name, _ in IMPOSSIBLE.values()}
    assert (named("ck_") | named("uq_")) - seen == set()


POSSIBLE: dict[str, Rows] = {
    "a submission for another gate": lambda w, _: [submission(w.integration, gate=GateName.PUBLIC)],
    "a second submission for the same gate once the first is closed": lambda w, _: [
        submission(w.integration, stage=SubmissionStage.WITHDRAWN)
    ],
    "a stopped clock beside the running one": lambda w, _: [clock(w, stopped_at=LATER)],
    "a clock for another target": lambda w, _: [clock(w, target=TargetName.DECISION)],
    "an ended pause beside an open one": lambda w, _: [pause(w), pause(w, to_at=LATER)],
    "an ended waiver beside the one that counts": lambda w, _: [waiver(w), waiver(w, ended_at=LATER)],
    "a superseded result beside the current one": lambda w, _: [result(w), result(w, superseded_at=LATER)],
    "a check's word beside a person's": lambda w, _: [
        result(w),
        result(w, source=ResultSource.PERSON, judged_by_id=w.person),
    ],
    "two submissions without an external id": lambda w, _: [
        submission(w.integration, gate=GateName.PUBLIC),
        submission(w.integration, gate=GateName.ACCESS, kind=SubmissionKind.ACCESS),
    ],
    "a closed calendar feed beside the open one": lambda w, _: [feed(w, closed_at=LATER), feed(w, digest="1" * 64)],
    "a reason to be fixed within a year of business days": lambda w, _: [
        reason_version(w.person, version=2, fix_by_days=250)
    ],
    "a picture as large as may be": lambda *_: [picture(data=bytes(MOST_PICTURE_BYTES))],
    "a file as large as may be": lambda w, s: [upload(w, s, data=bytes(MOST_UPLOAD_BYTES))],
}


@pytest.mark.parametrize("what", POSSIBLE)
def test_the_database_accepts_what_comes_close_and_can_be(database: Database, world: World, what: str):
    with database.write.begin() as session:
        add_each(session, POSSIBLE[what](world, session))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE integrations SET stage = 'live'",
        "UPDATE submissions SET stage = 'In_Review'",
        "UPDATE submissions SET gate = ''",
        "UPDATE clocks SET target = 'someday'",
        "INSERT INTO person_roles (person_id, role) SELECT id, 'emperor' FROM people",
    ],
)
def test_a_word_that_is_not_on_its_list_is_refused(database: Database, world: World, statement: str):
    with database.engine.begin() as connection, pytest.raises(IntegrityError, match="_is_known"):
        connection.execute(text(statement))


REWRITES = {
    "an event is changed": "UPDATE events SET name = 'submission.approved'",
    "an event is deleted": "DELETE FROM events",
    "a decision is changed": "UPDATE decisions SET decision = 'approve'",
    "a decision is deleted": "DELETE FROM decisions",
    "a revision is changed": "UPDATE revisions SET document = '{}'",
    "a revision is deleted": "DELETE FROM revisions",
    "the words of a reason are changed": "UPDATE reason_versions SET text = 'Never mind.'",
    "the words of a reason are deleted": "DELETE FROM reason_versions",
    "what a decision was made with is changed": "UPDATE decision_reasons SET fix_by = NULL",
    "what a decision was made with is deleted": "DELETE FROM decision_reasons",
    "a note is changed": "UPDATE notes SET text = 'Never mind.'",
    "a note is deleted": "DELETE FROM notes",
}
REWRITES_ON_SQLITE = {
    "an event is replaced": "INSERT OR REPLACE INTO events (id, at, name, data) SELECT id, at, '', data FROM events",
    "a decision is replaced": "INSERT OR REPLACE INTO decisions SELECT * FROM decisions",
    "a revision is replaced": "INSERT OR REPLACE INTO revisions SELECT * FROM revisions",
    "the words of a reason are replaced": "INSERT OR REPLACE INTO reason_versions SELECT * FROM reason_versions",
    "what a decision was made with is replaced": "INSERT OR REPLACE INTO decision_reasons SELECT * FROM decision_reasons",
    "a note is replaced": "INSERT OR REPLACE INTO notes SELECT * FROM notes",
}


def refuses(database: Database, statement: str, told: str) -> None:
    with database.engine.begin() as connection, pytest.raises(IntegrityError, match=told):
        connection.execute(text(statement))


@pytest.mark.parametrize("what", REWRITES)
def test_history_is_refused_any_change(database: Database, world: World, what: str):
    refuses(database, REWRITES[what], "is append-only")


@pytest.mark.postgres
@pytest.mark.parametrize("table", ["events", "decisions", "revisions", "reason_versions", "notes"])
def test_history_is_not_truncated(postgres_database: Database, table: str):
    refuses(postgres_database, f"TRUNCATE {table} CASCADE", "is append-only")


def test_history_is_not_replaced_either(database: Database, world: World):
    """SQLite's INSERT OR REPLACE deletes without firing delete triggers."""
    if database.is_postgresql:
        statements = {"an upsert": "INSERT INTO events SELECT * FROM events ON CONFLICT (id) DO UPDATE SET name = ''"}
    else:
        statements = REWRITES_ON_SQLITE
    for statement in statements.values():
        refuses(database, statement, "is append-only")


def test_a_slug_never_changes_and_all_else_about_an_integration_may(database: Database, world: World):
    refuses(database, "UPDATE integrations SET slug = 'renamed'", "slug of an integration never changes")
    with database.write.begin() as session:
        session.execute(update(Integration).values(name="Wobbly 2", slug="wobbly"))
        assert session.get_one(Integration, world.integration).name == "Wobbly 2"


def test_an_integration_is_not_replaced_by_one_of_another_slug(sqlite_database: Database):
    columns = "id, slug, name, partner_id, stage, stage_since, failed_runs, version"
    row = "(1, '{}', 'Wobbly', 1, 'building', '2026-11-23', 0, 1)"
    with sqlite_database.write.begin() as session:
        session.add(Partner(id=1, name="Wobbly", created_at=NOW))
        session.flush()
        session.execute(text(f"INSERT INTO integrations ({columns}) VALUES {row.format('wobbly')}"))
    replaced = f"INSERT OR REPLACE INTO integrations ({columns}) VALUES {row.format('renamed')}"
    refuses(sqlite_database, replaced, "slug of an integration never changes")
