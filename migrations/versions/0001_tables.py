"""All tables, with their constraints, indexes and comments."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def one_of(constraint: str, *values: str) -> sa.Enum:
    """A closed list as text, held by the check constraint ck_<table>_<constraint>."""
    return sa.Enum(*values, name=constraint, native_enum=False, create_constraint=True, length=32)


def upgrade() -> None:
    op.create_table(
        "audit_runs",
        sa.Column("id", ID, nullable=False),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("finished_at", INSTANT, nullable=True, comment="empty while it runs, also after a crash"),
        sa.Column(
            "rulebook", sa.String(length=32), nullable=False, comment="version of the rulebook it judged by"
        ),
        sa.Column("asked_by", sa.String(length=64), nullable=False, comment="schedule, or the person who asked"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_runs")),
        comment="runs over what has launched",
    )
    op.create_table(
        "calendar_versions",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("version", ID, nullable=False, comment="counts from 1 for each name"),
        sa.Column(
            "digest", sa.String(length=64), nullable=False, comment="SHA-256 of the canonical specification"
        ),
        sa.Column("spec", DOCUMENT, nullable=False, comment="zone, weekly hours, holidays, overrides, breaks"),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_versions")),
        sa.UniqueConstraint("name", "version", name=op.f("uq_calendar_versions_name_version")),
        comment="business calendars, every version kept",
    )
    op.create_table(
        "partners",
        sa.Column("id", ID, nullable=False),
        sa.Column(
            "name", sa.String(length=200), nullable=False, comment="the company's name as the partner writes it"
        ),
        sa.Column("website", sa.String(length=2048), nullable=False, comment="the company's website"),
        sa.Column("created_at", INSTANT, nullable=False, comment="when the partner was first seen"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partners")),
        sa.UniqueConstraint("name", name=op.f("uq_partners_name")),
        comment="companies that build integrations",
    )
    op.create_table(
        "integrations",
        sa.Column("id", ID, nullable=False),
        sa.Column("slug", sa.String(length=100), nullable=False, comment="never changes once created"),
        sa.Column("name", sa.String(length=200), nullable=False, comment="reflects the tool's name"),
        sa.Column("partner_id", ID, nullable=False, comment="who builds it"),
        sa.Column(
            "stage",
            one_of("stage_is_known", "requested", "building", "public_beta", "public", "declined", "delisted"),
            nullable=False,
            comment="where it is on its path",
        ),
        sa.Column("stage_since", INSTANT, nullable=False, comment="when it entered this stage"),
        sa.Column(
            "delisted_from",
            one_of(
                "delisted_from_is_known", "requested", "building", "public_beta", "public", "declined", "delisted"
            ),
            nullable=True,
            comment="the stage relisting returns to",
        ),
        sa.Column(
            "listing",
            DOCUMENT,
            nullable=True,
            comment="what is live: the document of the approved revision, or the imported catalog facts",
        ),
        sa.Column("catalog_id", sa.String(length=64), nullable=True, comment="the catalog's own id"),
        sa.Column(
            "verified_at", INSTANT, nullable=True, comment="when the tile was last seen live in the catalog"
        ),
        sa.Column("last_audited_at", INSTANT, nullable=True, comment="end of its last audit"),
        sa.Column(
            "next_run_at",
            INSTANT,
            nullable=True,
            comment="from when the launch flow has something to do here; empty when nothing is due",
        ),
        sa.Column(
            "run_leased_until",
            INSTANT,
            nullable=True,
            comment="a worker is on it until then; one that died lets go",
        ),
        sa.Column("failed_runs", ID, nullable=False, comment="launch runs that failed in a row; spaces the tries"),
        sa.Column("version", ID, nullable=False, comment="counts changes; a stale writer is refused"),
        sa.CheckConstraint(
            "(stage = 'delisted') = (delisted_from IS NOT NULL)",
            name=op.f("ck_integrations_delisted_remembers_its_stage"),
        ),
        sa.CheckConstraint(
            "slug = lower(slug) AND length(slug) >= 1", name=op.f("ck_integrations_slug_is_lower_case")
        ),
        sa.ForeignKeyConstraint(["partner_id"], ["partners.id"], name=op.f("fk_integrations_partner_id_partners")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_integrations")),
        sa.UniqueConstraint("catalog_id", name=op.f("uq_integrations_catalog_id")),
        sa.UniqueConstraint("slug", name=op.f("uq_integrations_slug")),
        comment="one row per tile of the catalog",
    )
    op.create_index(
        "ix_integrations_next_run_at",
        "integrations",
        ["next_run_at"],
        postgresql_where=sa.text("next_run_at IS NOT NULL"),
        sqlite_where=sa.text("next_run_at IS NOT NULL"),
    )
    op.create_index("ix_integrations_partner_id", "integrations", ["partner_id"])
    op.create_index("ix_integrations_stage", "integrations", ["stage"])
    op.create_table(
        "people",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False, comment="how the person is called"),
        sa.Column("email", sa.String(length=320), nullable=False, comment="lower case; also the sign-in name"),
        sa.Column(
            "partner_id", ID, nullable=True, comment="the partner this person belongs to; empty for the team"
        ),
        sa.Column("time_zone", sa.String(length=64), nullable=False, comment="IANA zone for reading instants"),
        sa.Column(
            "slack_id", sa.String(length=32), nullable=True, comment="Slack member id, once matched by e-mail"
        ),
        sa.Column("active", sa.Boolean(), nullable=False, comment="false: keeps the history, may no longer act"),
        sa.Column("created_at", INSTANT, nullable=False, comment="when the person was added"),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_people_email_is_lower_case")),
        sa.ForeignKeyConstraint(["partner_id"], ["partners.id"], name=op.f("fk_people_partner_id_partners")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people")),
        sa.UniqueConstraint("email", name=op.f("uq_people_email")),
        comment="everybody who acts or is told",
    )
    op.create_index("ix_people_partner_id", "people", ["partner_id"])
    op.create_table(
        "audit_entries",
        sa.Column("audit_run_id", ID, nullable=False),
        sa.Column("integration_id", ID, nullable=False),
        sa.Column(
            "grade",
            one_of("grade_is_known", "holds", "suspected", "regressed", "undecided"),
            nullable=True,
            comment="how it stands; empty until it is done",
        ),
        sa.Column("outcomes", DOCUMENT, nullable=False, comment="item ids by outcome"),
        sa.Column(
            "ready_for_public", sa.Boolean(), nullable=True, comment="the public gate holds; empty: undecided"
        ),
        sa.Column("done_at", INSTANT, nullable=True, comment="empty: still to do, also after a crash"),
        sa.ForeignKeyConstraint(
            ["audit_run_id"], ["audit_runs.id"], name=op.f("fk_audit_entries_audit_run_id_audit_runs")
        ),
        sa.ForeignKeyConstraint(
            ["integration_id"], ["integrations.id"], name=op.f("fk_audit_entries_integration_id_integrations")
        ),
        sa.PrimaryKeyConstraint("audit_run_id", "integration_id", name=op.f("pk_audit_entries")),
        comment="what an audit run found of each integration",
    )
    op.create_index("ix_audit_entries_integration_id", "audit_entries", ["integration_id"])
    op.create_index(
        "ix_audit_entries_suspected",
        "audit_entries",
        ["done_at"],
        postgresql_where=sa.text("grade = 'suspected'"),
        sqlite_where=sa.text("grade = 'suspected'"),
    )
    op.create_table(
        "components",
        sa.Column("id", ID, nullable=False),
        sa.Column("integration_id", ID, nullable=False, comment="whose component it is"),
        sa.Column(
            "kind",
            one_of("kind_is_known", "subscription", "plugin", "stream"),
            nullable=False,
            comment="what was built",
        ),
        sa.Column(
            "endpoint", sa.String(length=2048), nullable=True, comment="where a subscription receives calls"
        ),
        sa.Column("methods", DOCUMENT, nullable=False, comment="Spec calls it says it supports"),
        sa.ForeignKeyConstraint(
            ["integration_id"], ["integrations.id"], name=op.f("fk_components_integration_id_integrations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_components")),
        sa.UniqueConstraint("integration_id", "kind", name=op.f("uq_components_integration_id_kind")),
        comment="what an integration is built of",
    )
    op.create_table(
        "person_roles",
        sa.Column("person_id", ID, nullable=False),
        sa.Column(
            "role",
            one_of("role_is_known", "reviewer", "lead", "manager", "auditor", "admin", "partner"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_person_roles_person_id_people")),
        sa.PrimaryKeyConstraint("person_id", "role", name=op.f("pk_person_roles")),
        comment="what each person may do",
    )
    op.create_table(
        "secrets",
        sa.Column("integration_id", ID, nullable=False),
        sa.Column(
            "path",
            sa.String(length=100),
            nullable=False,
            comment="key path in the document, such as test_account.secret",
        ),
        sa.Column("ciphertext", sa.LargeBinary(), nullable=False, comment="encrypted with the application's key"),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["integration_id"], ["integrations.id"], name=op.f("fk_secrets_integration_id_integrations")
        ),
        sa.PrimaryKeyConstraint("integration_id", "path", name=op.f("pk_secrets")),
        comment="secrets that partners hand over for tests, encrypted",
    )
    op.create_table(
        "submissions",
        sa.Column("id", ID, nullable=False),
        sa.Column(
            "external_id",
            sa.String(length=200),
            nullable=True,
            comment="the sender's own id; submitting it twice is one submission",
        ),
        sa.Column("integration_id", ID, nullable=False),
        sa.Column(
            "kind",
            one_of("kind_is_known", "access", "launch", "update", "graduation"),
            nullable=False,
            comment="what is asked for",
        ),
        sa.Column(
            "gate",
            one_of("gate_is_known", "access", "public_beta", "public", "bonus"),
            nullable=False,
            comment="the gate it asks to pass",
        ),
        sa.Column(
            "stage",
            one_of(
                "stage_is_known",
                "draft",
                "submitted",
                "in_review",
                "changes_requested",
                "approved",
                "rejected",
                "withdrawn",
            ),
            nullable=False,
            comment="where it is on its path",
        ),
        sa.Column(
            "rulebook",
            sa.String(length=32),
            nullable=False,
            comment="version of the rulebook it was submitted under",
        ),
        sa.Column("revision", ID, nullable=False, comment="counts resubmissions, from 1"),
        sa.Column("document", DOCUMENT, nullable=False, comment="the current revision, without secrets"),
        sa.Column("submitted_by_id", ID, nullable=True, comment="who submitted; empty when the audit opened it"),
        sa.Column("submitted_at", INSTANT, nullable=True, comment="when the current revision came in"),
        sa.Column("acknowledged_at", INSTANT, nullable=True, comment="when its receipt was acknowledged"),
        sa.Column("checked_revision", ID, nullable=False, comment="the last revision whose checks all ran"),
        sa.Column("decided_at", INSTANT, nullable=True, comment="when the last decision was made"),
        sa.Column("closed_at", INSTANT, nullable=True, comment="when it was approved, rejected or withdrawn"),
        sa.Column(
            "applied_at",
            INSTANT,
            nullable=True,
            comment="when the decision took effect: access granted, or seen live in the catalog",
        ),
        sa.Column(
            "remind_at",
            INSTANT,
            nullable=True,
            comment="when the partner is reminded that it is their turn; empty when it is not",
        ),
        sa.Column("reminders", ID, nullable=False, comment="reminders sent since it became the partner's turn"),
        sa.Column("version", ID, nullable=False, comment="counts changes; a stale decision is refused"),
        sa.CheckConstraint(
            "stage = 'draft' OR submitted_at IS NOT NULL", name=op.f("ck_submissions_submitted_has_its_instant")
        ),
        sa.CheckConstraint("revision >= 1", name=op.f("ck_submissions_revision_counts_from_one")),
        sa.ForeignKeyConstraint(
            ["integration_id"], ["integrations.id"], name=op.f("fk_submissions_integration_id_integrations")
        ),
        sa.ForeignKeyConstraint(
            ["submitted_by_id"], ["people.id"], name=op.f("fk_submissions_submitted_by_id_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submissions")),
        sa.UniqueConstraint("external_id", name=op.f("uq_submissions_external_id")),
        comment="one row per request to pass a gate",
    )
    op.create_index("ix_submissions_integration_id", "submissions", ["integration_id"])
    op.create_index(
        "ix_submissions_remind_at",
        "submissions",
        ["remind_at"],
        postgresql_where=sa.text("remind_at IS NOT NULL"),
        sqlite_where=sa.text("remind_at IS NOT NULL"),
    )
    op.create_index("ix_submissions_stage", "submissions", ["stage"])
    op.create_index(
        "uq_submissions_one_open_per_gate",
        "submissions",
        ["integration_id", "gate"],
        unique=True,
        postgresql_where=sa.text("stage IN ('changes_requested', 'draft', 'in_review', 'submitted')"),
        sqlite_where=sa.text("stage IN ('changes_requested', 'draft', 'in_review', 'submitted')"),
    )
    op.create_table(
        "access_requests",
        sa.Column("submission_id", ID, nullable=False),
        sa.Column("website", sa.String(length=2048), nullable=False, comment="the company's website"),
        sa.Column("email", sa.String(length=320), nullable=False, comment="the contact's company e-mail"),
        sa.Column("answers", DOCUMENT, nullable=False, comment="the survey, answer by question"),
        sa.Column(
            "partner_agreement_at", INSTANT, nullable=True, comment="when the partner agreement was accepted"
        ),
        sa.Column("privacy_policy_at", INSTANT, nullable=True, comment="when the privacy policy was accepted"),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submissions.id"], name=op.f("fk_access_requests_submission_id_submissions")
        ),
        sa.PrimaryKeyConstraint("submission_id", name=op.f("pk_access_requests")),
        comment="the questions and agreements of a submission of kind access",
    )
    op.create_table(
        "assignments",
        sa.Column("id", ID, nullable=False),
        sa.Column("submission_id", ID, nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.Column("assigned_by_id", ID, nullable=False, comment="the same person for a claim"),
        sa.Column("assigned_at", INSTANT, nullable=False),
        sa.Column("leased_until", INSTANT, nullable=False, comment="from then on anybody may take it over"),
        sa.Column("ended_at", INSTANT, nullable=True, comment="empty while the submission is theirs"),
        sa.ForeignKeyConstraint(
            ["assigned_by_id"], ["people.id"], name=op.f("fk_assignments_assigned_by_id_people")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_assignments_person_id_people")),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submissions.id"], name=op.f("fk_assignments_submission_id_submissions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignments")),
        comment="who works on which submission",
    )
    op.create_index("ix_assignments_person_id", "assignments", ["person_id"])
    op.create_index("ix_assignments_submission_id", "assignments", ["submission_id"])
    op.create_index(
        "uq_assignments_one_active",
        "assignments",
        ["submission_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
        sqlite_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "clocks",
        sa.Column("id", ID, nullable=False),
        sa.Column("submission_id", ID, nullable=False),
        sa.Column(
            "target",
            one_of("target_is_known", "access", "first_response", "decision", "re_review"),
            nullable=False,
            comment="which promise it keeps",
        ),
        sa.Column("calendar_id", ID, nullable=False, comment="pinned version"),
        sa.Column(
            "policy",
            sa.String(length=32),
            nullable=False,
            comment="rulebook version whose targets and ladder apply",
        ),
        sa.Column("target_seconds", ID, nullable=False, comment="open seconds promised"),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("stopped_at", INSTANT, nullable=True, comment="when it was met; empty while it runs"),
        sa.Column(
            "stopped_because", sa.String(length=64), nullable=False, comment="name of the event that met it"
        ),
        sa.Column("due_at", INSTANT, nullable=False, comment="first instant at which the target is used up"),
        sa.Column("breach_at", INSTANT, nullable=False, comment="last instant at which it is not exceeded"),
        sa.Column("next_fire_at", INSTANT, nullable=True, comment="next rung of the ladder; empty while paused"),
        sa.Column(
            "last_rung",
            one_of("rung_is_known", "50", "75", "90", "breach", "breach_plus_1bd"),
            nullable=True,
            comment="last rung told",
        ),
        sa.Column("breached", sa.Boolean(), nullable=False, comment="the target was exceeded"),
        sa.Column("breach_cause", sa.Text(), nullable=False, comment="whose turn it was, and what stood open"),
        sa.Column(
            "revision", ID, nullable=False, comment="counts recomputations under another calendar or policy"
        ),
        sa.CheckConstraint(
            "stopped_at IS NULL OR next_fire_at IS NULL", name=op.f("ck_clocks_a_stopped_clock_never_fires")
        ),
        sa.CheckConstraint(
            "stopped_at IS NULL OR stopped_at >= started_at", name=op.f("ck_clocks_stops_after_it_starts")
        ),
        sa.CheckConstraint("target_seconds > 0", name=op.f("ck_clocks_target_is_positive")),
        sa.ForeignKeyConstraint(
            ["calendar_id"], ["calendar_versions.id"], name=op.f("fk_clocks_calendar_id_calendar_versions")
        ),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submissions.id"], name=op.f("fk_clocks_submission_id_submissions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clocks")),
        comment="promises, each with its target and due date",
    )
    op.create_index(
        "ix_clocks_due_at",
        "clocks",
        ["due_at"],
        postgresql_where=sa.text("stopped_at IS NULL"),
        sqlite_where=sa.text("stopped_at IS NULL"),
    )
    op.create_index(
        "ix_clocks_next_fire_at",
        "clocks",
        ["next_fire_at"],
        postgresql_where=sa.text("next_fire_at IS NOT NULL"),
        sqlite_where=sa.text("next_fire_at IS NOT NULL"),
    )
    op.create_index("ix_clocks_submission_id", "clocks", ["submission_id"])
    op.create_index(
        "uq_clocks_one_running_per_target",
        "clocks",
        ["submission_id", "target"],
        unique=True,
        postgresql_where=sa.text("stopped_at IS NULL"),
        sqlite_where=sa.text("stopped_at IS NULL"),
    )
    op.create_table(
        "decisions",
        sa.Column("id", ID, nullable=False),
        sa.Column("submission_id", ID, nullable=False),
        sa.Column("revision", ID, nullable=False, comment="the revision decided on"),
        sa.Column("decision", one_of("decision_is_known", "approve", "request_changes", "reject"), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False, comment="as the partner reads it"),
        sa.Column("verdict", DOCUMENT, nullable=False, comment="what the gate said at that moment"),
        sa.Column("decided_by_id", ID, nullable=False),
        sa.Column("decided_at", INSTANT, nullable=False),
        sa.CheckConstraint("length(trim(reason)) > 0", name=op.f("ck_decisions_says_why")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["people.id"], name=op.f("fk_decisions_decided_by_id_people")),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submissions.id"], name=op.f("fk_decisions_submission_id_submissions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decisions")),
        comment="what people decided, with what they saw",
        info={"append_only": True},
    )
    op.create_index("ix_decisions_submission_id", "decisions", ["submission_id"])
    op.create_table(
        "events",
        sa.Column("id", ID, nullable=False),
        sa.Column("at", INSTANT, nullable=False, comment="when it happened"),
        sa.Column(
            "name", sa.String(length=64), nullable=False, comment="what happened, such as submission.approved"
        ),
        sa.Column("integration_id", ID, nullable=True, comment="whose event; empty when it concerns none"),
        sa.Column("submission_id", ID, nullable=True, comment="whose event; empty when it concerns none"),
        sa.Column("person_id", ID, nullable=True, comment="who did it; empty: the engine"),
        sa.Column("data", DOCUMENT, nullable=False, comment="what a message or report needs later"),
        sa.ForeignKeyConstraint(
            ["integration_id"], ["integrations.id"], name=op.f("fk_events_integration_id_integrations")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_events_person_id_people")),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submissions.id"], name=op.f("fk_events_submission_id_submissions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
        comment="what happened; append-only",
        info={"append_only": True},
    )
    op.create_index("ix_events_integration_id_id", "events", ["integration_id", "id"])
    op.create_index("ix_events_submission_id_id", "events", ["submission_id", "id"])
    op.create_table(
        "findings",
        sa.Column("id", ID, nullable=False),
        sa.Column("submission_id", ID, nullable=False),
        sa.Column("item", sa.String(length=64), nullable=False, comment="stable id of the item in the rulebook"),
        sa.Column(
            "stage",
            one_of("stage_is_known", "open", "fixed", "waived"),
            nullable=False,
            comment="open until it is fixed or waived",
        ),
        sa.Column("what", sa.Text(), nullable=False, comment="what was seen"),
        sa.Column("fix", sa.Text(), nullable=False, comment="what the partner can do"),
        sa.Column("revision", ID, nullable=False, comment="the revision it was found in"),
        sa.Column("opened_at", INSTANT, nullable=False),
        sa.Column(
            "opened_by_id",
            ID,
            nullable=True,
            comment="a person's finding is closed by a person; empty when a check found it",
        ),
        sa.Column("closed_at", INSTANT, nullable=True, comment="empty while it is open"),
        sa.Column(
            "closed_by_id", ID, nullable=True, comment="the person who closed it; empty when a check saw it hold"
        ),
        sa.CheckConstraint(
            "(stage = 'open') = (closed_at IS NULL)", name=op.f("ck_findings_closed_has_its_instant")
        ),
        sa.ForeignKeyConstraint(["closed_by_id"], ["people.id"], name=op.f("fk_findings_closed_by_id_people")),
        sa.ForeignKeyConstraint(["opened_by_id"], ["people.id"], name=op.f("fk_findings_opened_by_id_people")),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submissions.id"], name=op.f("fk_findings_submission_id_submissions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_findings")),
        comment="items that failed, from open to fixed or waived",
    )
    op.create_index("ix_findings_submission_id_stage", "findings", ["submission_id", "stage"])
    op.create_table(
        "item_results",
        sa.Column("id", ID, nullable=False),
        sa.Column("integration_id", ID, nullable=False),
        sa.Column("submission_id", ID, nullable=True, comment="the review it belongs to; empty for an audit's"),
        sa.Column("audit_run_id", ID, nullable=True, comment="the audit it belongs to; empty for a review's"),
        sa.Column("item", sa.String(length=64), nullable=False, comment="stable id of the item in the rulebook"),
        sa.Column("revision", ID, nullable=False, comment="the submission's revision it was judged on"),
        sa.Column(
            "source",
            one_of("source_is_known", "check", "person"),
            nullable=False,
            comment="a check's word and a person's stand side by side",
        ),
        sa.Column(
            "outcome",
            one_of("outcome_is_known", "passed", "warned", "failed", "unknown", "not_applicable"),
            nullable=False,
            comment="what the check or the person said",
        ),
        sa.Column("summary", sa.Text(), nullable=False, comment="what was seen, in one sentence"),
        sa.Column("expected", sa.Text(), nullable=False, comment="what would hold"),
        sa.Column("fix", sa.Text(), nullable=False, comment="what the partner can do"),
        sa.Column(
            "evidence", DOCUMENT, nullable=False, comment="what was looked at: kind, seen, url, status, at, digest"
        ),
        sa.Column("facts", DOCUMENT, nullable=False, comment="signals the outcome rests on"),
        sa.Column(
            "inputs",
            sa.String(length=64),
            nullable=False,
            comment="digest of what the check read; equal inputs need no second look",
        ),
        sa.Column("judged_at", INSTANT, nullable=False),
        sa.Column(
            "judged_by_id", ID, nullable=True, comment="the person who attested; empty when a check decided"
        ),
        sa.Column("expires_at", INSTANT, nullable=True, comment="until when a person's attestation holds"),
        sa.Column("superseded_at", INSTANT, nullable=True, comment="when a newer result took its place"),
        sa.CheckConstraint(
            "(source = 'person') = (judged_by_id IS NOT NULL)",
            name=op.f("ck_item_results_a_persons_word_names_the_person"),
        ),
        sa.CheckConstraint(
            "(submission_id IS NULL) <> (audit_run_id IS NULL)",
            name=op.f("ck_item_results_belongs_to_a_submission_or_an_audit"),
        ),
        sa.ForeignKeyConstraint(
            ["audit_run_id"], ["audit_runs.id"], name=op.f("fk_item_results_audit_run_id_audit_runs")
        ),
        sa.ForeignKeyConstraint(
            ["integration_id"], ["integrations.id"], name=op.f("fk_item_results_integration_id_integrations")
        ),
        sa.ForeignKeyConstraint(["judged_by_id"], ["people.id"], name=op.f("fk_item_results_judged_by_id_people")),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submissions.id"], name=op.f("fk_item_results_submission_id_submissions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item_results")),
        comment="outcome and evidence of each item, each time it was judged",
    )
    op.create_index("ix_item_results_audit_run_id", "item_results", ["audit_run_id"])
    op.create_index(
        "uq_item_results_current_of_audit",
        "item_results",
        ["integration_id", "item"],
        unique=True,
        postgresql_where=sa.text("superseded_at IS NULL AND audit_run_id IS NOT NULL"),
        sqlite_where=sa.text("superseded_at IS NULL AND audit_run_id IS NOT NULL"),
    )
    op.create_index(
        "uq_item_results_current_of_submission",
        "item_results",
        ["submission_id", "item", "source"],
        unique=True,
        postgresql_where=sa.text("superseded_at IS NULL AND submission_id IS NOT NULL"),
        sqlite_where=sa.text("superseded_at IS NULL AND submission_id IS NOT NULL"),
    )
    op.create_table(
        "revisions",
        sa.Column("submission_id", ID, nullable=False),
        sa.Column("revision", ID, autoincrement=False, nullable=False, comment="counts resubmissions, from 1"),
        sa.Column("document", DOCUMENT, nullable=False, comment="as sent, without secrets"),
        sa.Column("submitted_by_id", ID, nullable=True, comment="who sent it; empty when the audit opened it"),
        sa.Column("submitted_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submissions.id"], name=op.f("fk_revisions_submission_id_submissions")
        ),
        sa.ForeignKeyConstraint(
            ["submitted_by_id"], ["people.id"], name=op.f("fk_revisions_submitted_by_id_people")
        ),
        sa.PrimaryKeyConstraint("submission_id", "revision", name=op.f("pk_revisions")),
        comment="every revision of every submission, as sent",
        info={"append_only": True},
    )
    op.create_table(
        "waivers",
        sa.Column("id", ID, nullable=False),
        sa.Column("integration_id", ID, nullable=False),
        sa.Column("submission_id", ID, nullable=True, comment="where it was granted"),
        sa.Column("item", sa.String(length=64), nullable=False, comment="stable id of the item in the rulebook"),
        sa.Column("reason", sa.Text(), nullable=False, comment="why it need not hold"),
        sa.Column("granted_by_id", ID, nullable=False),
        sa.Column("granted_at", INSTANT, nullable=False),
        sa.Column("until", sa.Date(), nullable=False, comment="the last day it counts"),
        sa.Column("ended_at", INSTANT, nullable=True, comment="when it stopped counting; empty while it counts"),
        sa.Column("ended_because", sa.Text(), nullable=False, comment="why it stopped counting"),
        sa.CheckConstraint("length(trim(reason)) > 0", name=op.f("ck_waivers_says_why")),
        sa.ForeignKeyConstraint(["granted_by_id"], ["people.id"], name=op.f("fk_waivers_granted_by_id_people")),
        sa.ForeignKeyConstraint(
            ["integration_id"], ["integrations.id"], name=op.f("fk_waivers_integration_id_integrations")
        ),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submissions.id"], name=op.f("fk_waivers_submission_id_submissions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waivers")),
        comment="items that need not hold for a while",
    )
    op.create_index(
        "uq_waivers_one_active",
        "waivers",
        ["integration_id", "item"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
        sqlite_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "cards",
        sa.Column("submission_id", ID, nullable=False),
        sa.Column("channel", sa.String(length=64), nullable=False, comment="Slack channel id"),
        sa.Column("reference", sa.String(length=64), nullable=False, comment="Slack's time stamp of the message"),
        sa.Column("event_id", ID, nullable=False, comment="the newest event it shows"),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_cards_event_id_events")),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submissions.id"], name=op.f("fk_cards_submission_id_submissions")
        ),
        sa.PrimaryKeyConstraint("submission_id", "channel", name=op.f("pk_cards")),
        comment="the live Slack message of each submission",
    )
    op.create_table(
        "clock_revisions",
        sa.Column("clock_id", ID, nullable=False),
        sa.Column(
            "revision",
            ID,
            autoincrement=False,
            nullable=False,
            comment="the clock's revision that had these terms",
        ),
        sa.Column("calendar_id", ID, nullable=False, comment="calendar version pinned then"),
        sa.Column(
            "policy", sa.String(length=32), nullable=False, comment="rulebook version whose targets applied"
        ),
        sa.Column("target_seconds", ID, nullable=False, comment="open seconds promised"),
        sa.Column("due_at", INSTANT, nullable=False, comment="first instant at which the target was used up"),
        sa.Column("breach_at", INSTANT, nullable=False, comment="last instant at which it was not exceeded"),
        sa.Column("recorded_at", INSTANT, nullable=False, comment="when these terms began to hold"),
        sa.Column("because", sa.Text(), nullable=False, comment="why they were set"),
        sa.ForeignKeyConstraint(
            ["calendar_id"],
            ["calendar_versions.id"],
            name=op.f("fk_clock_revisions_calendar_id_calendar_versions"),
        ),
        sa.ForeignKeyConstraint(["clock_id"], ["clocks.id"], name=op.f("fk_clock_revisions_clock_id_clocks")),
        sa.PrimaryKeyConstraint("clock_id", "revision", name=op.f("pk_clock_revisions")),
        comment="earlier terms of each clock",
    )
    op.create_table(
        "deliveries",
        sa.Column("id", ID, nullable=False),
        sa.Column("event_id", ID, nullable=False),
        sa.Column("channel", one_of("channel_is_known", "console", "file", "mail", "slack"), nullable=False),
        sa.Column(
            "recipient", sa.String(length=320), nullable=False, comment="mail address, Slack channel or member"
        ),
        sa.Column(
            "subject",
            sa.String(length=64),
            nullable=False,
            comment="submission:7 or integration:3; within one the order is kept",
        ),
        sa.Column("message", DOCUMENT, nullable=False, comment="as rendered: title, text, html, blocks, thread"),
        sa.Column(
            "stage",
            one_of("stage_is_known", "planned", "sending", "sent", "uncertain", "skipped", "dead"),
            nullable=False,
            comment="how far it got",
        ),
        sa.Column("attempts", ID, nullable=False, comment="tries so far"),
        sa.Column("next_try_at", INSTANT, nullable=True, comment="not before; empty once settled"),
        sa.Column("leased_by", sa.String(length=64), nullable=False, comment="the worker that sends it now"),
        sa.Column("leased_until", INSTANT, nullable=True, comment="a worker that died lets go then"),
        sa.Column(
            "repeat_possible",
            sa.Boolean(),
            nullable=False,
            comment="an earlier try may have gone out: its worker died or its answer was lost",
        ),
        sa.Column("reference", sa.String(length=320), nullable=False, comment="the channel's id of what was sent"),
        sa.Column("error", sa.Text(), nullable=False, comment="why the last try failed"),
        sa.Column("planned_at", INSTANT, nullable=False),
        sa.Column("settled_at", INSTANT, nullable=True, comment="when it was sent, skipped or given up"),
        sa.CheckConstraint(
            "(stage = 'sending') = (leased_until IS NOT NULL)", name=op.f("ck_deliveries_only_sending_is_leased")
        ),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_deliveries_event_id_events")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
        sa.UniqueConstraint(
            "event_id", "channel", "recipient", name=op.f("uq_deliveries_event_id_channel_recipient")
        ),
        comment="messages, one row per event, channel and recipient",
    )
    op.create_index(
        "ix_deliveries_next_try_at",
        "deliveries",
        ["next_try_at"],
        postgresql_where=sa.text("stage IN ('planned', 'sending')"),
        sqlite_where=sa.text("stage IN ('planned', 'sending')"),
    )
    op.create_index(
        "ix_deliveries_subject",
        "deliveries",
        ["subject", "id"],
        postgresql_where=sa.text("stage IN ('planned', 'sending')"),
        sqlite_where=sa.text("stage IN ('planned', 'sending')"),
    )
    op.create_table(
        "pauses",
        sa.Column("id", ID, nullable=False),
        sa.Column("clock_id", ID, nullable=False),
        sa.Column("from_at", INSTANT, nullable=False, comment="first instant that does not count"),
        sa.Column("to_at", INSTANT, nullable=True, comment="half-open end; empty while it lasts"),
        sa.Column("reason", sa.String(length=64), nullable=False, comment="name of the event that began it"),
        sa.CheckConstraint("to_at IS NULL OR to_at >= from_at", name=op.f("ck_pauses_ends_after_it_starts")),
        sa.ForeignKeyConstraint(["clock_id"], ["clocks.id"], name=op.f("fk_pauses_clock_id_clocks")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pauses")),
        comment="time that does not count",
    )
    op.create_index("ix_pauses_clock_id", "pauses", ["clock_id"])
    op.create_index(
        "uq_pauses_one_open",
        "pauses",
        ["clock_id"],
        unique=True,
        postgresql_where=sa.text("to_at IS NULL"),
        sqlite_where=sa.text("to_at IS NULL"),
    )
    op.create_table(
        "unplanned_events",
        sa.Column("event_id", ID, autoincrement=False, nullable=False),
        sa.Column(
            "subject",
            sa.String(length=64),
            nullable=False,
            comment="submission:7 or integration:3; what is told about one subject stays in order",
        ),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_unplanned_events_event_id_events")),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_unplanned_events")),
        comment="events whose deliveries are not planned yet",
    )


def downgrade() -> None:
    op.drop_table("unplanned_events")
    op.drop_table("pauses")
    op.drop_table("deliveries")
    op.drop_table("clock_revisions")
    op.drop_table("cards")
    op.drop_table("waivers")
    op.drop_table("revisions")
    op.drop_table("item_results")
    op.drop_table("findings")
    op.drop_table("events")
    op.drop_table("decisions")
    op.drop_table("clocks")
    op.drop_table("assignments")
    op.drop_table("access_requests")
    op.drop_table("submissions")
    op.drop_table("secrets")
    op.drop_table("person_roles")
    op.drop_table("components")
    op.drop_table("audit_entries")
    op.drop_table("people")
    op.drop_table("integrations")
    op.drop_table("partners")
    op.drop_table("calendar_versions")
    op.drop_table("audit_runs")
