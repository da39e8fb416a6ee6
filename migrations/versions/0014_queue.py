"""Where the queue finds what it lists: submissions that wait for somebody, results that failed or are unknown."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

TROUBLE = sa.text("superseded_at IS NULL AND outcome IN ('failed', 'unknown')")
QUEUED = sa.text("stage IN ('changes_requested', 'in_review', 'submitted')")


def upgrade() -> None:
    op.create_index("ix_submissions_queued", "submissions", ["id"], sqlite_where=QUEUED, postgresql_where=QUEUED)
    op.create_index(
        "ix_item_results_trouble",
        "item_results",
        ["submission_id", "outcome"],
        sqlite_where=TROUBLE,
        postgresql_where=TROUBLE,
    )


def downgrade() -> None:
    op.drop_index("ix_submissions_queued", table_name="submissions")
    op.drop_index("ix_item_results_trouble", table_name="item_results")
