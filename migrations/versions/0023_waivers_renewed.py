"""A waiver says which one it renews, and when it was told that it runs out."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
UNTOLD = sa.text("ended_at IS NULL AND told_at IS NULL")


def upgrade() -> None:
    with op.batch_alter_table("waivers") as table:
        table.add_column(sa.Column("renews_id", ID, nullable=True, comment="the waiver before it, of the same item"))
        table.add_column(
            sa.Column(
                "renewals", sa.Integer(), nullable=False, server_default="0", comment="how many came before it in a row"
            )
        )
        table.add_column(
            sa.Column("told_at", INSTANT, nullable=True, comment="when partner and team were told that it runs out")
        )
        table.create_foreign_key(op.f("fk_waivers_renews_id_waivers"), "waivers", ["renews_id"], ["id"])
        table.create_check_constraint(op.f("ck_waivers_counts_its_renewals"), "(renews_id IS NULL) = (renewals = 0)")
    with op.batch_alter_table("waivers") as table:
        table.alter_column("renewals", existing_type=sa.Integer(), existing_nullable=False, server_default=None)
    op.create_index("ix_waivers_untold_until", "waivers", ["until"], sqlite_where=UNTOLD, postgresql_where=UNTOLD)


def downgrade() -> None:
    op.drop_index("ix_waivers_untold_until", "waivers")
    with op.batch_alter_table("waivers") as table:
        table.drop_constraint(op.f("ck_waivers_counts_its_renewals"), type_="check")
        table.drop_constraint(op.f("fk_waivers_renews_id_waivers"), type_="foreignkey")
        table.drop_column("told_at")
        table.drop_column("renewals")
        table.drop_column("renews_id")
