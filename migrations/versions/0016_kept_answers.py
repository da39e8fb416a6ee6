"""A request that is sent again with its key is answered again, and does nothing twice."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
DOCUMENT = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    op.create_table(
        "kept_answers",
        sa.Column("id", ID, nullable=False),
        sa.Column("person_id", ID, nullable=False, comment="whose key it is"),
        sa.Column("key", sa.String(length=200), nullable=False, comment="as the sender chose it"),
        sa.Column(
            "fingerprint",
            sa.String(length=64),
            nullable=False,
            comment="SHA-256 of method, address, precondition and body: the same key means the same request",
        ),
        sa.Column("status", ID, nullable=False, comment="the answer's status"),
        sa.Column(
            "headers", DOCUMENT, nullable=False, comment="the answer's own headers: names and values in turn"
        ),
        sa.Column(
            "ciphertext",
            sa.LargeBinary(),
            nullable=False,
            comment="the answer's body, encrypted: some show a secret once",
        ),
        sa.Column(
            "kept_at", INSTANT, nullable=False, comment="when it was answered; a day later the key is free again"
        ),
        sa.CheckConstraint("length(key) >= 1", name=op.f("ck_kept_answers_key_says_something")),
        sa.CheckConstraint(
            "status BETWEEN 200 AND 299", name=op.f("ck_kept_answers_only_what_was_done_is_kept")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_kept_answers_person_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kept_answers")),
        sa.UniqueConstraint("person_id", "key", name=op.f("uq_kept_answers_person_id_key")),
        comment="answers to requests with an Idempotency-Key, for a day",
    )
    op.create_index(op.f("ix_kept_answers_kept_at"), "kept_answers", ["kept_at"])


def downgrade() -> None:
    op.drop_table("kept_answers")
