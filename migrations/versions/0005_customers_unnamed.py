"""Evidence of active customers says how many there are, and no longer who: names that were stored go."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# "file customers.json, as of 2026-11-23T09:00:00Z: Gullwing Rail, Peat & Paper" keeps what stands before the names.
POSTGRESQL = """
    UPDATE item_results SET evidence = (
        SELECT jsonb_agg(
            CASE WHEN one.value ->> 'seen' LIKE '%Z: %'
            THEN jsonb_set(one.value, '{seen}', to_jsonb(split_part(one.value ->> 'seen', 'Z: ', 1) || 'Z'))
            ELSE one.value END
            ORDER BY one.ordinality
        )
        FROM jsonb_array_elements(item_results.evidence) WITH ORDINALITY AS one
    )
    WHERE item = 'customers.active' AND jsonb_array_length(evidence) > 0
"""
SQLITE = """
    UPDATE item_results SET evidence = (
        SELECT json_group_array(json(
            CASE WHEN json_extract(one.value, '$.seen') LIKE '%Z: %'
            THEN json_set(one.value, '$.seen', substr(
                json_extract(one.value, '$.seen'), 1, instr(json_extract(one.value, '$.seen'), 'Z: ')
            ))
            ELSE one.value END
        ))
        FROM json_each(item_results.evidence) AS one
    )
    WHERE item = 'customers.active' AND json_array_length(evidence) > 0
"""


def upgrade() -> None:
    op.execute(POSTGRESQL if op.get_context().dialect.name == "postgresql" else SQLITE)


def downgrade() -> None:
    """The names are gone, which no release minds."""
