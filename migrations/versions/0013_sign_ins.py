"""People sign in to the desk, by a mailed link or the team's identity provider."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "sign_ins",
        sa.Column("id", ID, nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.Column(
            "digest", sa.String(length=64), nullable=False, comment="SHA-256 of the cookie's secret, which is kept nowhere"
        ),
        sa.Column(
            "way",
            sa.Enum(
                *("link", "provider", "demo"),
                name=op.f("ck_sign_ins_way_is_known"),
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
            comment="how the person showed who it is",
        ),
        sa.Column("began_at", INSTANT, nullable=False, comment="when the person signed in"),
        sa.Column("seen_at", INSTANT, nullable=False, comment="about when it was last used, to the minute"),
        sa.Column("ended_at", INSTANT, nullable=True, comment="signed out or revoked; empty while it works"),
        sa.CheckConstraint("seen_at >= began_at", name=op.f("ck_sign_ins_is_seen_after_it_began")),
        sa.CheckConstraint(
            "ended_at IS NULL OR ended_at >= began_at", name=op.f("ck_sign_ins_ends_after_it_began")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_sign_ins_person_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_ins")),
        sa.UniqueConstraint("digest", name=op.f("uq_sign_ins_digest")),
        comment="browsers that act for people on the desk, without their secrets",
    )
    op.create_index(op.f("ix_sign_ins_person_id"), "sign_ins", ["person_id"])
    op.create_table(
        "sign_in_links",
        sa.Column("id", ID, nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.Column("made_at", INSTANT, nullable=False, comment="when it was asked for"),
        sa.Column("expires_at", INSTANT, nullable=False, comment="from then on it opens nothing"),
        sa.Column("used_at", INSTANT, nullable=True, comment="used or revoked; empty while it works"),
        sa.CheckConstraint("expires_at > made_at", name=op.f("ck_sign_in_links_expires_after_it_is_made")),
        sa.CheckConstraint(
            "used_at IS NULL OR used_at >= made_at", name=op.f("ck_sign_in_links_is_used_after_it_is_made")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_sign_in_links_person_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_links")),
        comment="mailed addresses that sign their readers in, once each",
    )
    op.create_index(op.f("ix_sign_in_links_person_id"), "sign_in_links", ["person_id"])


def downgrade() -> None:
    op.drop_table("sign_in_links")
    op.drop_table("sign_ins")
