"""Partners send images from the form, and begin first submissions there."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
DOCUMENT = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    op.create_table(
        "uploads",
        sa.Column("partner_id", ID, autoincrement=False, nullable=False, comment="whose it is"),
        sa.Column("digest", sa.String(64), nullable=False, comment="SHA-256 of the file, in hexadecimal"),
        sa.Column(
            "media_type", sa.String(40), nullable=False, comment="as its content shows, never as somebody said"
        ),
        sa.Column("data", sa.LargeBinary(), nullable=False, comment="the file as it was sent"),
        sa.Column("uploaded_at", INSTANT, nullable=False, comment="when it was last sent"),
        sa.CheckConstraint(
            "length(data) BETWEEN 1 AND 3000000", name=op.f("ck_uploads_is_neither_empty_nor_large")
        ),
        sa.CheckConstraint("length(digest) = 64", name=op.f("ck_uploads_digest_is_whole")),
        sa.CheckConstraint(
            "media_type IN ('image/svg+xml', 'image/png', 'image/jpeg', 'image/webp')",
            name=op.f("ck_uploads_is_an_image"),
        ),
        sa.ForeignKeyConstraint(["partner_id"], ["partners.id"], name=op.f("fk_uploads_partner_id_partners")),
        sa.PrimaryKeyConstraint("partner_id", "digest", name=op.f("pk_uploads")),
        comment="images that partners sent for the catalog",
    )
    op.create_index(op.f("ix_uploads_digest"), "uploads", ["digest"])
    op.create_table(
        "first_drafts",
        sa.Column("person_id", ID, autoincrement=False, nullable=False, comment="whose it is"),
        sa.Column(
            "kind",
            sa.Enum(
                "access",
                "launch",
                "update",
                "graduation",
                name="kind_is_known",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
            comment="what is asked for",
        ),
        sa.Column("slug", sa.String(100), nullable=False, comment="the integration; empty: a new one"),
        sa.Column("typed", DOCUMENT, nullable=False, comment="text by field of the form, without secrets"),
        sa.Column("saved_at", INSTANT, nullable=False, comment="when it was last saved"),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_first_drafts_person_id_people")),
        sa.PrimaryKeyConstraint("person_id", "kind", "slug", name=op.f("pk_first_drafts")),
        comment="first submissions that partners have begun to write",
    )


def downgrade() -> None:
    op.drop_table("first_drafts")
    op.drop_table("uploads")
