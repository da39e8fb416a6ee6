"""A card remembers what it shows and when that was last compared with the rows, so that it can be put right."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    with op.batch_alter_table("cards") as cards:
        cards.add_column(
            sa.Column(
                "shown",
                sa.String(length=64),
                nullable=False,
                server_default="",
                comment="digest of the blocks it shows; empty: unknown",
            )
        )
        cards.add_column(
            sa.Column(
                "looked_at",
                INSTANT,
                nullable=True,
                comment="when it was last compared with the rows; empty: somebody asked for a look",
            )
        )
        cards.alter_column(
            "reference",
            existing_type=sa.String(length=64),
            existing_nullable=False,
            existing_comment="Slack's time stamp of the message",
            comment="Slack's channel and time stamp; empty: not posted yet",
        )
    # Every later row says it itself.
    with op.batch_alter_table("cards") as cards:
        cards.alter_column("shown", existing_type=sa.String(length=64), existing_nullable=False, server_default=None)


def downgrade() -> None:
    op.execute("DELETE FROM cards WHERE reference = ''")
    with op.batch_alter_table("cards") as cards:
        cards.drop_column("looked_at")
        cards.drop_column("shown")
        cards.alter_column(
            "reference",
            existing_type=sa.String(length=64),
            existing_nullable=False,
            existing_comment="Slack's channel and time stamp; empty: not posted yet",
            comment="Slack's time stamp of the message",
        )
