"""Audits keep what their results rested on, take turns by the hour, and tell what has drifted."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
DOCUMENT = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
GRADE_IS_KNOWN = "ck_audit_entries_grade_is_known"
BEFORE = ("holds", "suspected", "regressed", "undecided")
NOW = ("holds", "drifted", "suspected", "regressed", "undecided")


def upgrade() -> None:
    op.create_table(
        "last_looks",
        sa.Column("integration_id", ID, autoincrement=False, nullable=False),
        sa.Column(
            "judged_by",
            sa.String(length=64),
            nullable=False,
            comment="digest of the rules and the release that judged",
        ),
        sa.Column(
            "bases",
            DOCUMENT,
            nullable=False,
            comment="by item: digest of what was read of the listing, pages with their contents, since when",
        ),
        sa.ForeignKeyConstraint(
            ["integration_id"], ["integrations.id"], name=op.f("fk_last_looks_integration_id_integrations")
        ),
        sa.PrimaryKeyConstraint("integration_id", name=op.f("pk_last_looks")),
        comment="what the latest audit of an integration rested on",
    )
    op.create_table(
        "seen_pages",
        sa.Column("key", sa.String(length=64), nullable=False, comment="digest of what was asked, and how"),
        sa.Column("asked", DOCUMENT, nullable=False, comment="address, content types, robots, domains"),
        sa.Column("etag", sa.Text(), nullable=False, comment="as the server gave it; empty: none"),
        sa.Column("last_modified", sa.Text(), nullable=False, comment="as the server gave it; empty: none"),
        sa.Column(
            "content", sa.String(length=64), nullable=False, comment="digest of all that a check can read of it"
        ),
        sa.Column("fetched_at", INSTANT, nullable=False, comment="when it was last seen, or said to be as it was"),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_seen_pages")),
        comment="pages as audits last saw them",
    )
    op.create_index("ix_seen_pages_fetched_at", "seen_pages", ["fetched_at"])
    with op.batch_alter_table("audit_entries") as table:
        table.add_column(sa.Column("due_at", INSTANT, nullable=True, comment="when its turn comes; empty: at once"))
        table.add_column(
            sa.Column("drift", DOCUMENT, nullable=True, comment="by item, what differs from what was approved")
        )
        table.drop_constraint(op.f(GRADE_IS_KNOWN), type_="check")
        table.create_check_constraint(op.f(GRADE_IS_KNOWN), _one_of(NOW))


def downgrade() -> None:
    op.execute("UPDATE audit_entries SET grade = 'holds' WHERE grade = 'drifted'")
    with op.batch_alter_table("audit_entries") as table:
        table.drop_constraint(op.f(GRADE_IS_KNOWN), type_="check")
        table.create_check_constraint(op.f(GRADE_IS_KNOWN), _one_of(BEFORE))
        table.drop_column("drift")
        table.drop_column("due_at")
    op.drop_table("seen_pages")
    op.drop_table("last_looks")


def _one_of(grades: tuple[str, ...]) -> str:
    return f"grade IN ({', '.join(map(repr, grades))})"
