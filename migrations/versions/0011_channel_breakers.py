"""Channels that are out of order rest, and all workers know it."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "channel_breakers",
        sa.Column(
            "channel",
            sa.Enum(
                *("console", "file", "mail", "slack", "webhook"),
                name=op.f("ck_channel_breakers_channel_is_known"),
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("since", INSTANT, nullable=False, comment="its first fault since it last took a message"),
        sa.Column("faults", ID, nullable=False, comment="tries since then that failed by its own fault"),
        sa.Column("reason", sa.Text(), nullable=False, comment="what it said at the last of them"),
        sa.Column("rests", ID, nullable=False, comment="how often in a row it was sent to rest"),
        sa.Column(
            "rests_until",
            INSTANT,
            nullable=True,
            comment="nothing is tried before, then one message; empty while it still works",
        ),
        sa.Column(
            "probe_id", ID, nullable=True, comment="the delivery that shows now whether it works again"
        ),
        sa.PrimaryKeyConstraint("channel", name=op.f("pk_channel_breakers")),
        comment="channels in trouble; one that works has no row",
    )


def downgrade() -> None:
    op.drop_table("channel_breakers")
