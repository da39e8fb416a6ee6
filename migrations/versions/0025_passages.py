"""Bounds of sign-in, intake and preflight, and who looks at a submission, count for all desks over one database."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
DOCUMENT = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    op.create_table(
        "passages",
        sa.Column("door", sa.String(length=32), nullable=False, comment="what is bounded, such as sign-ins"),
        sa.Column("who", sa.String(length=128), nullable=False, comment="a company, a person, or an address"),
        sa.Column("came", DOCUMENT, nullable=False, comment="when, in seconds since 1970, oldest first"),
        sa.Column("until", INSTANT, nullable=False, comment="when the last of them counts no more"),
        sa.CheckConstraint("length(door) >= 1 AND length(who) >= 1", name=op.f("ck_passages_names_door_and_who")),
        sa.PrimaryKeyConstraint("door", "who", name=op.f("pk_passages")),
        comment="who came through a bounded door lately",
    )
    op.create_table(
        "visits",
        sa.Column("submission_id", ID, nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.Column("seen_at", INSTANT, nullable=False, comment="when they were last seen at it"),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_visits_person_id_people")),
        sa.ForeignKeyConstraint(["submission_id"], ["submissions.id"], name=op.f("fk_visits_submission_id_submissions")),
        sa.PrimaryKeyConstraint("submission_id", "person_id", name=op.f("pk_visits")),
        comment="who has a submission open",
    )


def downgrade() -> None:
    op.drop_table("visits")
    op.drop_table("passages")
