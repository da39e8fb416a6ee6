"""SLA policies become versioned data, clocks pin a version of one, and a partner's answer has a clock of its own."""

import hashlib
import json

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")

FORMER_TARGETS = "'access', 'first_response', 'decision', 're_review'"
TARGETS = f"{FORMER_TARGETS}, 'partner_answer'"
TARGET_IS_KNOWN = "ck_clocks_target_is_known"
RUNG_IS_KNOWN = "ck_clocks_rung_is_known"
LEVELS = {"50": 0.5, "75": 0.75, "90": 0.9, "breach": 1.0, "breach_plus_1bd": 2.0}
ANSWER_SECONDS = 288_000
REMINDERS = 3


def as_promised() -> dict[str, object]:
    """What the only rulebook promised until now. A rulebook that says otherwise writes its own version when used."""

    def row(name: str, days: int, ladder: str = "usual") -> dict[str, object]:
        return {
            "name": name,
            "gates": [],
            "kinds": [],
            "tiers": [],
            "business_days": float(days),
            "hours": None,
            "calendar": "team",
            "business_day_seconds": 28_800,
            "ladder": ladder,
        }

    def step(rung: str, tells: list[str], fraction: float | None = None, days: float | None = None) -> dict[str, object]:
        return {"rung": rung, "fraction": fraction, "after_breach_business_days": days, "tells": tells}

    return {
        "targets": [
            row("access", 1),
            row("first_response", 2),
            row("decision", 5),
            row("re_review", 2),
            row("partner_answer", 10, "partner"),
        ],
        "ladders": {
            "usual": [
                step("50", ["assignee"], 0.5),
                step("75", ["assignee", "channel"], 0.75),
                step("90", ["lead"], 0.9),
                step("breach", ["lead"], 1.0),
                step("breach_plus_1bd", ["manager"], days=1.0),
            ],
            "partner": [
                step("reminder_1", ["partner"], 1.0),
                step("reminder_2", ["partner"], days=10.0),
                step("reminder_3", ["partner", "manager"], days=20.0),
            ],
        },
        "claim_lease_minutes": 240,
    }


def upgrade() -> None:
    op.create_table(
        "policy_versions",
        sa.Column("id", ID, nullable=False),
        sa.Column(
            "name",
            sa.String(length=32),
            nullable=False,
            comment="version of the rulebook whose submissions it is for",
        ),
        sa.Column("version", ID, nullable=False, comment="counts from 1 for each name"),
        sa.Column("digest", sa.String(length=64), nullable=False, comment="SHA-256 of the canonical document"),
        sa.Column("document", DOCUMENT, nullable=False, comment="targets, ladders, how long a claim may rest"),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column(
            "created_by_id", ID, nullable=True, comment="who changed it; empty: it was read from a rulebook"
        ),
        sa.Column("because", sa.Text(), nullable=False, comment="why it was changed"),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["people.id"], name=op.f("fk_policy_versions_created_by_id_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy_versions")),
        sa.UniqueConstraint("name", "version", name=op.f("uq_policy_versions_name_version")),
        comment="SLA policies, every version kept",
    )
    with op.batch_alter_table("calendar_versions") as table:
        table.add_column(
            sa.Column(
                "region",
                sa.String(length=16),
                nullable=False,
                server_default="",
                comment="whose public holidays it keeps, such as US or US-CA; empty: nobody's",
            )
        )
        table.add_column(
            sa.Column(
                "created_by_id", ID, nullable=True, comment="who changed it; empty: it was read from a rulebook"
            )
        )
        table.add_column(
            sa.Column("because", sa.Text(), nullable=False, server_default="", comment="why it was changed")
        )
        table.create_foreign_key(
            op.f("fk_calendar_versions_created_by_id_people"), "people", ["created_by_id"], ["id"]
        )
    # The only rulebook there was keeps the federal holidays of the United States in this calendar.
    op.execute("UPDATE calendar_versions SET region = 'US' WHERE name = 'team'")
    with op.batch_alter_table("calendar_versions") as table:
        table.alter_column("region", server_default=None)
        table.alter_column("because", server_default=None)
    with op.batch_alter_table("partners") as table:
        table.add_column(
            sa.Column(
                "tier",
                sa.String(length=32),
                nullable=False,
                server_default="standard",
                comment="which promises the policy makes to it, such as standard or select",
            )
        )
    with op.batch_alter_table("partners") as table:
        table.alter_column("tier", server_default=None)
    pin_policies()
    remind_by_clocks()
    op.drop_index("ix_submissions_remind_at", "submissions")
    with op.batch_alter_table("submissions") as table:
        table.drop_column("remind_at")
        table.drop_column("reminders")


def pin_policies() -> None:
    # Written out in the statement, so that `alembic upgrade --sql` can show it; it holds no quotation mark.
    written = json.dumps(as_promised(), sort_keys=True)
    digest = hashlib.sha256(written.encode()).hexdigest()
    document = f"CAST('{written}' AS JSONB)" if op.get_context().dialect.name == "postgresql" else f"'{written}'"
    op.execute(
        sa.text(
            "INSERT INTO policy_versions (name, version, digest, document, created_at, because) "
            f"SELECT policy, 1, '{digest}', {document}, min(started_at), '' FROM clocks GROUP BY policy".replace(
                ":", "\\:"
            )
        )
    )
    with op.batch_alter_table("clocks") as table:
        table.drop_constraint(op.f(TARGET_IS_KNOWN), type_="check")
        table.create_check_constraint(op.f(TARGET_IS_KNOWN), f"target IN ({TARGETS})")
        table.drop_constraint(op.f(RUNG_IS_KNOWN), type_="check")
        table.add_column(sa.Column("policy_id", ID, nullable=True, comment="pinned version"))
        table.add_column(
            sa.Column(
                "business_day_seconds",
                ID,
                nullable=False,
                server_default="28800",
                comment="open seconds that its policy calls a business day",
            )
        )
        table.add_column(
            sa.Column(
                "ladder",
                sa.String(length=64),
                nullable=False,
                server_default="usual",
                comment="which ladder of its policy tells of it",
            )
        )
        table.add_column(
            sa.Column(
                "last_level",
                sa.Float(),
                nullable=False,
                server_default="0",
                comment="how far up that was: share of the target, past the breach 1 plus business days",
            )
        )
    with op.batch_alter_table("clock_revisions") as table:
        table.add_column(sa.Column("policy_id", ID, nullable=True, comment="policy version pinned then"))
    for table_name in ("clocks", "clock_revisions"):
        op.execute(
            f"UPDATE {table_name} SET policy_id = (SELECT id FROM policy_versions WHERE name = {table_name}.policy)"
        )
    for rung, level in LEVELS.items():
        op.execute(f"UPDATE clocks SET last_level = {level} WHERE last_rung = '{rung}'")
    with op.batch_alter_table("clocks") as table:
        table.alter_column("policy_id", nullable=False)
        table.alter_column("business_day_seconds", server_default=None)
        table.alter_column("ladder", server_default=None)
        table.alter_column("last_level", server_default=None)
        table.drop_column("policy")
        table.create_foreign_key(
            op.f("fk_clocks_policy_id_policy_versions"), "policy_versions", ["policy_id"], ["id"]
        )
    with op.batch_alter_table("clock_revisions") as table:
        table.alter_column("policy_id", nullable=False)
        table.drop_column("policy")
        table.create_foreign_key(
            op.f("fk_clock_revisions_policy_id_policy_versions"), "policy_versions", ["policy_id"], ["id"]
        )


def remind_by_clocks() -> None:
    """A reminder that is due becomes a clock for the partner's answer, with what has been told of it."""
    op.execute(
        "INSERT INTO clocks (submission_id, target, calendar_id, policy_id, target_seconds, business_day_seconds, "
        "ladder, started_at, stopped_because, due_at, breach_at, next_fire_at, last_rung, last_level, breached, "
        "breach_cause, revision) "
        f"SELECT s.id, 'partner_answer', c.calendar_id, c.policy_id, {ANSWER_SECONDS}, 28800, 'partner', p.from_at, "
        "'', s.remind_at, s.remind_at, s.remind_at, "
        "CASE s.reminders WHEN 0 THEN NULL WHEN 1 THEN 'reminder_1' ELSE 'reminder_2' END, "
        "CASE s.reminders WHEN 0 THEN 0 WHEN 1 THEN 1 ELSE 11 END, "
        "s.reminders > 0, '', 1 FROM submissions s "
        "JOIN clocks c ON c.id = (SELECT min(o.id) FROM clocks o JOIN pauses q ON q.clock_id = o.id "
        "WHERE o.submission_id = s.id AND o.stopped_at IS NULL AND q.to_at IS NULL) "
        "JOIN pauses p ON p.clock_id = c.id AND p.to_at IS NULL WHERE s.remind_at IS NOT NULL"
    )


def downgrade() -> None:
    with op.batch_alter_table("submissions") as table:
        table.add_column(
            sa.Column(
                "remind_at",
                INSTANT,
                nullable=True,
                comment="when the partner is reminded that it is their turn; empty when it is not",
            )
        )
        table.add_column(
            sa.Column(
                "reminders",
                ID,
                nullable=False,
                server_default="0",
                comment="reminders sent since it became the partner's turn",
            )
        )
    answers = "FROM clocks WHERE target = 'partner_answer' AND stopped_at IS NULL AND submission_id = submissions.id"
    op.execute(f"UPDATE submissions SET remind_at = (SELECT next_fire_at {answers})")
    op.execute(
        "UPDATE submissions SET reminders = coalesce((SELECT CASE WHEN last_level >= 21 THEN 3 "
        f"WHEN last_level >= 11 THEN 2 WHEN last_level >= 1 THEN 1 ELSE 0 END {answers}), 0)"
    )
    with op.batch_alter_table("submissions") as table:
        table.alter_column("reminders", server_default=None)
    op.create_index(
        "ix_submissions_remind_at",
        "submissions",
        ["remind_at"],
        postgresql_where=sa.text("remind_at IS NOT NULL"),
        sqlite_where=sa.text("remind_at IS NOT NULL"),
    )
    answered = "SELECT id FROM clocks WHERE target = 'partner_answer'"
    for table_name in ("clock_revisions", "pauses"):
        op.execute(f"DELETE FROM {table_name} WHERE clock_id IN ({answered})")
    op.execute("DELETE FROM clocks WHERE target = 'partner_answer'")
    known = ", ".join(f"'{rung}'" for rung in LEVELS)
    # A ladder of one's own has names that the former tables don't know; the nearest step below it was told as well.
    op.execute(
        "UPDATE clocks SET last_rung = CASE WHEN last_level >= 2 THEN 'breach_plus_1bd' WHEN last_level >= 1 THEN "
        "'breach' WHEN last_level >= 0.9 THEN '90' WHEN last_level >= 0.75 THEN '75' WHEN last_level >= 0.5 "
        f"THEN '50' END WHERE last_rung NOT IN ({known})"
    )
    for table_name, comment in (
        ("clocks", "rulebook version whose targets and ladder apply"),
        ("clock_revisions", "rulebook version whose targets applied"),
    ):
        with op.batch_alter_table(table_name) as table:
            table.add_column(sa.Column("policy", sa.String(length=32), nullable=True, comment=comment))
        op.execute(
            f"UPDATE {table_name} SET policy = (SELECT name FROM policy_versions WHERE id = {table_name}.policy_id)"
        )
        with op.batch_alter_table(table_name) as table:
            table.alter_column("policy", nullable=False)
            table.drop_constraint(op.f(f"fk_{table_name}_policy_id_policy_versions"), type_="foreignkey")
            table.drop_column("policy_id")
    with op.batch_alter_table("clocks") as table:
        table.drop_column("business_day_seconds")
        table.drop_column("ladder")
        table.drop_column("last_level")
        table.drop_constraint(op.f(TARGET_IS_KNOWN), type_="check")
        table.create_check_constraint(op.f(TARGET_IS_KNOWN), f"target IN ({FORMER_TARGETS})")
        table.create_check_constraint(op.f(RUNG_IS_KNOWN), f"last_rung IN ({known})")
    with op.batch_alter_table("partners") as table:
        table.drop_column("tier")
    with op.batch_alter_table("calendar_versions") as table:
        table.drop_constraint(op.f("fk_calendar_versions_created_by_id_people"), type_="foreignkey")
        table.drop_column("region")
        table.drop_column("created_by_id")
        table.drop_column("because")
    op.drop_table("policy_versions")
