"""People's programs open the API with tokens, of which only the digests are kept."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
DOCUMENT = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    op.create_table(
        "api_tokens",
        sa.Column("id", ID, nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.Column(
            "digest", sa.String(length=64), nullable=False, comment="SHA-256 of the token, which is kept nowhere"
        ),
        sa.Column(
            "name", sa.String(length=100), nullable=False, comment="what the token is for, in its owner's words"
        ),
        sa.Column("scopes", DOCUMENT, nullable=False, comment="what it may be used for: values of TokenScope"),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False, comment="from then on it opens nothing"),
        sa.Column("revoked_at", INSTANT, nullable=True, comment="when it was taken back; empty while it works"),
        sa.Column(
            "last_used_at", INSTANT, nullable=True, comment="about when it last opened something, to the hour"
        ),
        sa.CheckConstraint("expires_at > created_at", name=op.f("ck_api_tokens_expires_after_it_is_made")),
        sa.CheckConstraint(
            "revoked_at IS NULL OR revoked_at >= created_at", name=op.f("ck_api_tokens_is_revoked_after_it_is_made")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_api_tokens_person_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_tokens")),
        sa.UniqueConstraint("digest", name=op.f("uq_api_tokens_digest")),
        comment="bearer tokens of people's programs, without the tokens",
    )
    op.create_index(op.f("ix_api_tokens_person_id"), "api_tokens", ["person_id"])


def downgrade() -> None:
    op.drop_table("api_tokens")
