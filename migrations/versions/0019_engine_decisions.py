"""The engine may approve a graduation by the rulebook: such a decision is nobody's."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
SAYS = "empty when the engine approved by the rulebook"


def upgrade() -> None:
    with op.batch_alter_table("decisions") as decisions:
        decisions.alter_column("decided_by_id", existing_type=ID, nullable=True, comment=SAYS)
        decisions.create_check_constraint(
            op.f("ck_decisions_engine_only_approves"), "decided_by_id IS NOT NULL OR decision = 'approve'"
        )


def downgrade() -> None:
    """A database in which the engine has approved something can't go back: the decision would be nobody's."""
    with op.batch_alter_table("decisions") as decisions:
        decisions.drop_constraint(op.f("ck_decisions_engine_only_approves"), type_="check")
        decisions.alter_column(
            "decided_by_id", existing_type=ID, nullable=False, comment=None, existing_comment=SAYS
        )
