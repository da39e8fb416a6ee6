"""The reasons library, the decisions made with it, days to fix a finding by, and the team's own notes."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
APPEND_ONLY = {
    "reason_versions": ("reason_id", "version"),
    "decision_reasons": ("decision_id", "reason_id"),
    "notes": ("id",),
}
"""Each with its primary key."""

SQLITE_REFUSES_ACT = """
CREATE TRIGGER {table}_refuse_{act} BEFORE {act} ON {table}
BEGIN SELECT RAISE(ABORT, '{table} is append-only: {act} is refused'); END
"""
# INSERT OR REPLACE deletes the row in its way without firing delete triggers.
SQLITE_REFUSES_REPLACE = """
CREATE TRIGGER {table}_refuse_replace BEFORE INSERT ON {table}
WHEN EXISTS (SELECT 1 FROM {table} WHERE {same_key})
BEGIN SELECT RAISE(ABORT, '{table} is append-only: replace is refused'); END
"""
POSTGRESQL_REFUSES_ACT = """
CREATE TRIGGER {table}_refuse_{act} BEFORE {act} ON {table} FOR EACH {each} EXECUTE FUNCTION refuse_rewriting()
"""


def on_sqlite() -> list[str]:
    statements = []
    for table, key in APPEND_ONLY.items():
        same_key = " AND ".join(f"{column} = NEW.{column}" for column in key)
        statements += [SQLITE_REFUSES_ACT.format(table=table, act=act) for act in ("update", "delete")]
        statements.append(SQLITE_REFUSES_REPLACE.format(table=table, same_key=same_key))
    return statements


def on_postgresql() -> list[str]:
    acts = {"update": "ROW", "delete": "ROW", "truncate": "STATEMENT"}
    return [
        POSTGRESQL_REFUSES_ACT.format(table=table, act=act, each=each)
        for table in APPEND_ONLY
        for act, each in acts.items()
    ]


def upgrade() -> None:
    op.create_table(
        "reasons",
        sa.Column("id", ID, nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False, comment="stable name, such as docs-page-missing"),
        sa.Column("version", ID, nullable=False, comment="the version of its words that is offered"),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("retired_at", INSTANT, nullable=True, comment="no longer offered since; empty while it is"),
        sa.CheckConstraint("version >= 1", name=op.f("ck_reasons_version_counts_from_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reasons")),
        sa.UniqueConstraint("key", name=op.f("uq_reasons_key")),
        comment="what reviewers choose from when they ask for changes",
    )
    op.create_table(
        "reason_versions",
        sa.Column("reason_id", ID, nullable=False),
        sa.Column("version", ID, autoincrement=False, nullable=False, comment="counts changes, from 1"),
        sa.Column("title", sa.String(length=150), nullable=False, comment="one line, as reviewers choose it"),
        sa.Column("text", sa.Text(), nullable=False, comment="what the partner reads"),
        sa.Column("items", DOCUMENT, nullable=False, comment="ids of the items it speaks of; none: of anything"),
        sa.Column("links", DOCUMENT, nullable=False, comment="where the partner reads more"),
        sa.Column(
            "fix_by_days",
            ID,
            nullable=True,
            comment="business days of the team's calendar from the decision; empty: no day is named",
        ),
        sa.Column("written_by_id", ID, nullable=False, comment="who wrote this version"),
        sa.Column("written_at", INSTANT, nullable=False, comment="when they wrote it"),
        sa.CheckConstraint(
            "length(trim(title)) > 0 AND length(trim(text)) > 0", name=op.f("ck_reason_versions_says_something")
        ),
        sa.CheckConstraint(
            "fix_by_days BETWEEN 1 AND 250", name=op.f("ck_reason_versions_fix_by_is_within_a_year")
        ),
        sa.ForeignKeyConstraint(["reason_id"], ["reasons.id"], name=op.f("fk_reason_versions_reason_id_reasons")),
        sa.ForeignKeyConstraint(
            ["written_by_id"], ["people.id"], name=op.f("fk_reason_versions_written_by_id_people")
        ),
        sa.PrimaryKeyConstraint("reason_id", "version", name=op.f("pk_reason_versions")),
        comment="the words of each reason, version by version",
    )
    op.create_table(
        "decision_reasons",
        sa.Column("decision_id", ID, nullable=False),
        sa.Column("reason_id", ID, nullable=False, comment="the reason that was chosen"),
        sa.Column("version", ID, nullable=False, comment="the version of its words at that moment"),
        sa.Column("fix_by", sa.Date(), nullable=True, comment="the last day the partner was given; empty: none"),
        sa.ForeignKeyConstraint(
            ["decision_id"], ["decisions.id"], name=op.f("fk_decision_reasons_decision_id_decisions")
        ),
        sa.ForeignKeyConstraint(
            ["reason_id", "version"],
            ["reason_versions.reason_id", "reason_versions.version"],
            name=op.f("fk_decision_reasons_reason_id_reason_versions"),
        ),
        sa.PrimaryKeyConstraint("decision_id", "reason_id", name=op.f("pk_decision_reasons")),
        comment="with which words of the library each decision was made",
    )
    op.create_table(
        "notes",
        sa.Column("id", ID, nullable=False),
        sa.Column("submission_id", ID, nullable=False),
        sa.Column("text", sa.Text(), nullable=False, comment="for the team alone"),
        sa.Column("written_by_id", ID, nullable=False, comment="who of the team wrote it"),
        sa.Column("written_at", INSTANT, nullable=False, comment="when they wrote it"),
        sa.CheckConstraint("length(trim(text)) > 0", name=op.f("ck_notes_says_something")),
        sa.ForeignKeyConstraint(["submission_id"], ["submissions.id"], name=op.f("fk_notes_submission_id_submissions")),
        sa.ForeignKeyConstraint(["written_by_id"], ["people.id"], name=op.f("fk_notes_written_by_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notes")),
        comment="what the team writes for itself; never shown to a partner",
    )
    op.create_index("ix_notes_submission_id", "notes", ["submission_id"])
    for statement in on_postgresql() if op.get_context().dialect.name == "postgresql" else on_sqlite():
        op.execute(statement)
    with op.batch_alter_table("findings") as table:
        table.add_column(
            sa.Column(
                "fix_by", sa.Date(), nullable=True, comment="the last day the partner was given; empty: none was named"
            )
        )


def downgrade() -> None:
    with op.batch_alter_table("findings") as table:
        table.drop_column("fix_by")
    op.drop_table("notes")
    op.drop_table("decision_reasons")
    op.drop_table("reason_versions")
    op.drop_table("reasons")
