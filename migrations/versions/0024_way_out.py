"""A proposal to delist can be dismissed until a day; the engine gives graduations to somebody."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
BY = "the same person for a claim"
BY_NOW = "the same person for a claim; empty when the engine gave it to them"


def upgrade() -> None:
    with op.batch_alter_table("falls") as table:
        table.add_column(
            sa.Column(
                "dismissed_until",
                sa.Date(),
                nullable=True,
                comment="the team was asked and leaves it listed; after this day it is asked again",
            )
        )
        table.create_check_constraint(
            op.f("ck_falls_is_dismissed_once_proposed"), "dismissed_until IS NULL OR proposed_at IS NOT NULL"
        )
    with op.batch_alter_table("assignments") as table:
        table.alter_column(
            "assigned_by_id", existing_type=ID, nullable=True, comment=BY_NOW, existing_comment=BY
        )


def downgrade() -> None:
    # Who gave it is not known of these, so the table of before can't have them.
    op.execute("UPDATE assignments SET assigned_by_id = person_id WHERE assigned_by_id IS NULL")
    with op.batch_alter_table("assignments") as table:
        table.alter_column("assigned_by_id", existing_type=ID, nullable=False, comment=BY, existing_comment=BY_NOW)
    with op.batch_alter_table("falls") as table:
        table.drop_constraint(op.f("ck_falls_is_dismissed_once_proposed"), type_="check")
        table.drop_column("dismissed_until")
