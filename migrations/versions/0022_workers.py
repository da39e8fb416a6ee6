"""The batches of an audit are taken by any worker, and one host is asked by one worker at a time."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column(
        "audit_entries",
        sa.Column("taken_by", sa.String(length=128), nullable=True, comment="the worker that has it in a batch"),
    )
    op.add_column(
        "audit_entries",
        sa.Column("taken_until", INSTANT, nullable=True, comment="a worker that died lets go then"),
    )
    op.create_table(
        "host_turns",
        sa.Column("host", sa.String(length=255), nullable=False, comment="its name, without a port"),
        sa.Column(
            "held_by",
            sa.String(length=192),
            nullable=False,
            comment="who asks it; a worker may be several of these",
        ),
        sa.Column("until", INSTANT, nullable=False, comment="nobody else asks it before; pause and lease in one"),
        sa.CheckConstraint("length(host) >= 1", name=op.f("ck_host_turns_names_a_host")),
        sa.PrimaryKeyConstraint("host", name=op.f("pk_host_turns")),
        comment="hosts of the web that a worker asks now, or asked lately",
    )
    if op.get_bind().dialect.name == "postgresql":  # the other database keeps no comments
        op.alter_column("pictures", "taken_at", comment="when it was last seen like this")


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column("pictures", "taken_at", comment="when it was first seen like this")
    op.drop_table("host_turns")
    op.drop_column("audit_entries", "taken_until")
    op.drop_column("audit_entries", "taken_by")
