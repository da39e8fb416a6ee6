"""Decisions can be undone for a while, before the partner is told."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
DOCUMENT = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    op.create_table(
        "undos",
        sa.Column("decision_id", ID, autoincrement=False, nullable=False),
        sa.Column("event_id", ID, nullable=False, comment="what the decision recorded"),
        sa.Column("before", DOCUMENT, nullable=False, comment="the values that the decision changed"),
        sa.Column("undone_at", INSTANT, nullable=True, comment="when it was undone; empty: it stands"),
        sa.Column("undone_by_id", ID, nullable=True, comment="who undid it"),
        sa.CheckConstraint(
            "(undone_at IS NULL) = (undone_by_id IS NULL)", name=op.f("ck_undos_undone_by_somebody")
        ),
        sa.ForeignKeyConstraint(["decision_id"], ["decisions.id"], name=op.f("fk_undos_decision_id_decisions")),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_undos_event_id_events")),
        sa.ForeignKeyConstraint(["undone_by_id"], ["people.id"], name=op.f("fk_undos_undone_by_id_people")),
        sa.PrimaryKeyConstraint("decision_id", name=op.f("pk_undos")),
        comment="decisions that could be undone before the partner was told, and those that were",
    )
    op.create_index("uq_undos_event_id", "undos", ["event_id"], unique=True)
    op.create_index(
        "ix_undos_undone",
        "undos",
        ["event_id", "decision_id"],
        postgresql_where=sa.text("undone_at IS NOT NULL"),
        sqlite_where=sa.text("undone_at IS NOT NULL"),
    )
    op.create_index(
        "ix_item_results_past_of_submission",
        "item_results",
        ["submission_id", "superseded_at"],
        postgresql_where=sa.text("superseded_at IS NOT NULL AND submission_id IS NOT NULL"),
        sqlite_where=sa.text("superseded_at IS NOT NULL AND submission_id IS NOT NULL"),
    )
    op.add_column(
        "submissions",
        sa.Column(
            "stands_at",
            INSTANT,
            nullable=True,
            comment="until then the last decision can be undone, is told to nobody outside, and takes no effect",
        ),
    )


def downgrade() -> None:
    with op.batch_alter_table("submissions") as submissions:
        submissions.drop_column("stands_at")
    op.drop_index("ix_item_results_past_of_submission", table_name="item_results")
    op.drop_index("ix_undos_undone", table_name="undos")
    op.drop_index("uq_undos_event_id", table_name="undos")
    op.drop_table("undos")
