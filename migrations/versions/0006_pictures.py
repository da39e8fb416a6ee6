"""Pictures of pages are kept as evidence, each one once."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "pictures",
        sa.Column("digest", sa.String(length=64), nullable=False, comment="SHA-256 of the file, in hexadecimal"),
        sa.Column(
            "data", sa.LargeBinary(), nullable=False, comment="the file: PNG, or JPEG where a PNG is too large"
        ),
        sa.Column(
            "taken_at", sa.DateTime(timezone=True), nullable=False, comment="when it was first seen like this"
        ),
        sa.CheckConstraint(
            "length(data) BETWEEN 1 AND 600000", name=op.f("ck_pictures_is_neither_empty_nor_large")
        ),
        sa.CheckConstraint("length(digest) = 64", name=op.f("ck_pictures_digest_is_whole")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_pictures")),
        comment="how a browser showed the pages that results rest on",
    )


def downgrade() -> None:
    op.drop_table("pictures")
