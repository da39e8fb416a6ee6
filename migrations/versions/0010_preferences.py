"""How people want to hear: preferences, quiet hours, and deliveries that wait for either."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
FOR_A_PERSON = sa.text("person_id IS NOT NULL")


def chosen(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=op.f(name), native_enum=False, create_constraint=True, length=32)


def upgrade() -> None:
    op.create_table(
        "preferences",
        sa.Column("person_id", ID, nullable=False),
        sa.Column(
            "category",
            chosen("ck_preferences_category_is_known", "status", "reminder", "work"),
            nullable=False,
            comment="which kind of messages",
        ),
        sa.Column(
            "how",
            chosen("ck_preferences_how_is_known", "at_once", "digest", "off"),
            nullable=False,
            comment="at once, in a digest, or not at all",
        ),
        sa.Column(
            "channel",
            chosen("ck_preferences_channel_is_known", "mail", "slack"),
            nullable=True,
            comment="by which channel where both reach them; empty: the usual one",
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_preferences_person_id_people")),
        sa.PrimaryKeyConstraint("person_id", "category", name=op.f("pk_preferences")),
        comment="how people want to hear; without a row as the table of rhythms says",
    )
    op.create_table(
        "quiet_hours",
        sa.Column("person_id", ID, nullable=False),
        sa.Column("begins", sa.Time(), nullable=True, comment="local time; empty: never quiet"),
        sa.Column("ends", sa.Time(), nullable=True, comment="local time, often of the next morning"),
        sa.CheckConstraint("(begins IS NULL) = (ends IS NULL)", name=op.f("ck_quiet_hours_begins_and_ends")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_quiet_hours_person_id_people")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_quiet_hours")),
        comment="when people want quiet; without a row the usual nights and weekends",
    )
    with op.batch_alter_table("deliveries") as table:
        table.add_column(
            sa.Column(
                "person_id", ID, nullable=True, comment="whom it is for; empty for a group or another system"
            )
        )
        table.add_column(
            sa.Column(
                "urgent",
                sa.Boolean(),
                nullable=False,
                server_default=sa.false(),
                comment="comes at once, whatever the person's rhythm",
            )
        )
        table.add_column(
            sa.Column(
                "held",
                sa.String(length=32),
                nullable=True,
                comment="why it waits although it could be sent; empty when it doesn't",
            )
        )
        table.create_foreign_key(op.f("fk_deliveries_person_id_people"), "people", ["person_id"], ["id"])
        table.create_check_constraint(op.f("ck_deliveries_held_is_known"), "held IN ('quiet', 'digest', 'cap')")
        table.create_check_constraint(
            op.f("ck_deliveries_only_planned_is_held"), "held IS NULL OR stage = 'planned'"
        )
        table.create_check_constraint(
            op.f("ck_deliveries_held_is_for_a_person"), "held IS NULL OR person_id IS NOT NULL"
        )
    # Every later row says it itself.
    with op.batch_alter_table("deliveries") as table:
        table.alter_column("urgent", existing_type=sa.Boolean(), existing_nullable=False, server_default=None)
    op.create_index(
        "ix_deliveries_person_id",
        "deliveries",
        ["person_id", "settled_at"],
        postgresql_where=FOR_A_PERSON,
        sqlite_where=FOR_A_PERSON,
    )


def downgrade() -> None:
    """What was held comes alone and at once: the release before knows of no rhythm."""
    op.drop_index("ix_deliveries_person_id", "deliveries")
    with op.batch_alter_table("deliveries") as table:
        table.drop_constraint(op.f("fk_deliveries_person_id_people"), type_="foreignkey")
        for name in ("held_is_for_a_person", "only_planned_is_held", "held_is_known"):
            table.drop_constraint(op.f(f"ck_deliveries_{name}"), type_="check")
        table.drop_column("held")
        table.drop_column("urgent")
        table.drop_column("person_id")
    op.drop_table("quiet_hours")
    op.drop_table("preferences")
