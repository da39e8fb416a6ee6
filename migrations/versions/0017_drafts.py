"""What a partner has typed into the next revision is kept until it is sent."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
DOCUMENT = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    op.create_table(
        "drafts",
        sa.Column("person_id", ID, autoincrement=False, nullable=False, comment="whose it is"),
        sa.Column(
            "submission_id",
            ID,
            autoincrement=False,
            nullable=False,
            comment="what it will be the next revision of",
        ),
        sa.Column("typed", DOCUMENT, nullable=False, comment="text by field of the form, without secrets"),
        sa.Column("saved_at", INSTANT, nullable=False, comment="when it was last saved"),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_drafts_person_id_people")),
        sa.ForeignKeyConstraint(["submission_id"], ["submissions.id"], name=op.f("fk_drafts_submission_id_submissions")),
        sa.PrimaryKeyConstraint("person_id", "submission_id", name=op.f("pk_drafts")),
        comment="next revisions that partners have begun to write",
    )


def downgrade() -> None:
    op.drop_table("drafts")
