"""Other systems hear what happened: webhook endpoints, and the channel that leads to them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")

CHANNEL_IS_KNOWN = "ck_deliveries_channel_is_known"
FORMER_CHANNELS = "'console', 'file', 'mail', 'slack'"
FORMER_RECIPIENT = "mail address, Slack channel or member"


def know_channels(channels: str, recipient: str, former_recipient: str) -> None:
    with op.batch_alter_table("deliveries") as table:
        table.drop_constraint(op.f(CHANNEL_IS_KNOWN), type_="check")
        table.create_check_constraint(op.f(CHANNEL_IS_KNOWN), f"channel IN ({channels})")
        table.alter_column(
            "recipient",
            existing_type=sa.String(length=320),
            existing_nullable=False,
            comment=recipient,
            existing_comment=former_recipient,
        )


def upgrade() -> None:
    op.create_table(
        "webhook_endpoints",
        sa.Column("id", ID, nullable=False),
        sa.Column("address", sa.String(length=2048), nullable=False, comment="where messages are posted"),
        sa.Column("partner_id", ID, nullable=True, comment="whose it is; empty for the programme's own"),
        sa.Column(
            "events", DOCUMENT, nullable=False, comment="names of events and prefixes, such as submission.*"
        ),
        sa.Column(
            "ciphertext", sa.LargeBinary(), nullable=False, comment="the secret, encrypted with the application's key"
        ),
        sa.Column(
            "former_ciphertext",
            sa.LargeBinary(),
            nullable=True,
            comment="the secret before it, encrypted too; messages are signed with both for a while",
        ),
        sa.Column("former_until", INSTANT, nullable=True, comment="until when the former secret signs too"),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("disabled_at", INSTANT, nullable=True, comment="nothing is sent since; empty while it is in use"),
        sa.Column("disabled_because", sa.Text(), nullable=False, comment="why nothing is sent"),
        sa.Column("last_success_at", INSTANT, nullable=True, comment="when it last took a message"),
        sa.Column("last_failure_at", INSTANT, nullable=True, comment="when it last did not"),
        sa.Column("last_failure", sa.Text(), nullable=False, comment="what it said then"),
        sa.Column(
            "failing_since",
            INSTANT,
            nullable=True,
            comment="its first failure after its last success; empty while it takes messages",
        ),
        sa.Column(
            "given_up_at", INSTANT, nullable=True, comment="when a message was last given up since it fails"
        ),
        sa.Column("gone_at", INSTANT, nullable=True, comment="when it said that it is gone for good"),
        sa.CheckConstraint(
            "(disabled_at IS NULL) = (disabled_because = '')", name=op.f("ck_webhook_endpoints_disabled_says_why")
        ),
        sa.CheckConstraint(
            "(former_ciphertext IS NULL) = (former_until IS NULL)",
            name=op.f("ck_webhook_endpoints_a_former_secret_ends"),
        ),
        sa.ForeignKeyConstraint(
            ["partner_id"], ["partners.id"], name=op.f("fk_webhook_endpoints_partner_id_partners")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_endpoints")),
        comment="where other systems hear what happened",
    )
    op.create_index("ix_webhook_endpoints_partner_id", "webhook_endpoints", ["partner_id"])
    know_channels(f"{FORMER_CHANNELS}, 'webhook'", f"{FORMER_RECIPIENT}, endpoint:3", FORMER_RECIPIENT)


def downgrade() -> None:
    """What was told to endpoints goes with them: the release before knows no such channel."""
    op.execute("DELETE FROM deliveries WHERE channel = 'webhook'")
    know_channels(FORMER_CHANNELS, FORMER_RECIPIENT, f"{FORMER_RECIPIENT}, endpoint:3")
    op.drop_table("webhook_endpoints")
