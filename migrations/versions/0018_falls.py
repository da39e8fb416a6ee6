"""What has fallen has a day until which it is to be mended."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
ENDS = ("healed", "waived", "delisted", "dropped")
OPEN = sa.text("closed_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "falls",
        sa.Column("id", ID, nullable=False),
        sa.Column("integration_id", ID, nullable=False),
        sa.Column("item", sa.String(64), nullable=False, comment="stable id of the item in the rulebook"),
        sa.Column("fell_at", INSTANT, nullable=False, comment="when it was believed, and the partner told"),
        sa.Column(
            "fix_by", sa.Date(), nullable=False, comment="the last day to mend it, where the team's calendar is"
        ),
        sa.Column("remind_on", sa.Date(), nullable=True, comment="from this day on the partner is reminded, once"),
        sa.Column("reminded_at", INSTANT, nullable=True, comment="when the partner was reminded"),
        sa.Column(
            "proposed_at",
            INSTANT,
            nullable=True,
            comment="when the team was asked whether to take it out of the catalog",
        ),
        sa.Column("extended_because", sa.Text(), nullable=False, comment="why the last day was moved"),
        sa.Column("closed_at", INSTANT, nullable=True, comment="empty while it is open"),
        sa.Column(
            "closed_because",
            sa.Enum(
                *ENDS,
                name="closed_because_is_known",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
            comment="how it ended; empty while it is open",
        ),
        sa.CheckConstraint("(closed_at IS NULL) = (closed_because IS NULL)", name=op.f("ck_falls_closed_says_why")),
        sa.CheckConstraint(
            "proposed_at IS NULL OR proposed_at >= fell_at", name=op.f("ck_falls_is_proposed_after_it_fell")
        ),
        sa.ForeignKeyConstraint(
            ["integration_id"], ["integrations.id"], name=op.f("fk_falls_integration_id_integrations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_falls")),
        comment="items of what is live that no longer hold, and until when they are to be mended",
    )
    op.create_index(op.f("ix_falls_integration_id"), "falls", ["integration_id"])
    op.create_index("ix_falls_open_fix_by", "falls", ["fix_by"], sqlite_where=OPEN, postgresql_where=OPEN)
    op.create_index(
        "uq_falls_one_open",
        "falls",
        ["integration_id", "item"],
        unique=True,
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )


def downgrade() -> None:
    op.drop_table("falls")
