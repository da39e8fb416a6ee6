"""What the database refuses by itself, whoever asks: rewriting history, and renaming a slug."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

APPEND_ONLY = {"events": ("id",), "decisions": ("id",), "revisions": ("submission_id", "revision")}
"""Each with its primary key."""

SQLITE_REFUSES_ACT = """
CREATE TRIGGER {table}_refuse_{act} BEFORE {act} ON {table}
BEGIN SELECT RAISE(ABORT, '{table} is append-only: {act} is refused'); END
"""
# INSERT OR REPLACE deletes the row in its way without firing delete triggers.
SQLITE_REFUSES_REPLACE = """
CREATE TRIGGER {table}_refuse_replace BEFORE INSERT ON {table}
WHEN EXISTS (SELECT 1 FROM {table} WHERE {same_key})
BEGIN SELECT RAISE(ABORT, '{table} is append-only: replace is refused'); END
"""
SQLITE_SLUG = (
    """
CREATE TRIGGER integrations_refuse_slug BEFORE UPDATE OF slug ON integrations WHEN NEW.slug IS NOT OLD.slug
BEGIN SELECT RAISE(ABORT, 'the slug of an integration never changes'); END
""",
    """
CREATE TRIGGER integrations_refuse_replace BEFORE INSERT ON integrations
WHEN EXISTS (SELECT 1 FROM integrations WHERE id = NEW.id AND slug <> NEW.slug)
BEGIN SELECT RAISE(ABORT, 'the slug of an integration never changes'); END
""",
)

POSTGRESQL_FUNCTIONS = (
    """
CREATE FUNCTION refuse_rewriting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, lower(TG_OP)
        USING ERRCODE = 'integrity_constraint_violation';
END $$
""",
    """
CREATE FUNCTION refuse_slug() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the slug of an integration never changes'
        USING ERRCODE = 'integrity_constraint_violation';
END $$
""",
)
POSTGRESQL_REFUSES_ACT = """
CREATE TRIGGER {table}_refuse_{act} BEFORE {act} ON {table} FOR EACH {each} EXECUTE FUNCTION refuse_rewriting()
"""
POSTGRESQL_SLUG = """
CREATE TRIGGER integrations_refuse_slug BEFORE UPDATE ON integrations FOR EACH ROW
WHEN (NEW.slug IS DISTINCT FROM OLD.slug) EXECUTE FUNCTION refuse_slug()
"""


def on_sqlite() -> list[str]:
    statements = list(SQLITE_SLUG)
    for table, key in APPEND_ONLY.items():
        same_key = " AND ".join(f"{column} = NEW.{column}" for column in key)
        statements += [SQLITE_REFUSES_ACT.format(table=table, act=act) for act in ("update", "delete")]
        statements.append(SQLITE_REFUSES_REPLACE.format(table=table, same_key=same_key))
    return statements


def on_postgresql() -> list[str]:
    acts = {"update": "ROW", "delete": "ROW", "truncate": "STATEMENT"}
    return [
        *POSTGRESQL_FUNCTIONS,
        POSTGRESQL_SLUG,
        *(
            POSTGRESQL_REFUSES_ACT.format(table=table, act=act, each=each)
            for table in APPEND_ONLY
            for act, each in acts.items()
        ),
    ]


def is_postgresql() -> bool:
    return op.get_context().dialect.name == "postgresql"


def upgrade() -> None:
    for statement in on_postgresql() if is_postgresql() else on_sqlite():
        op.execute(statement)


def downgrade() -> None:
    if is_postgresql():
        # The triggers go with the functions they call.
        op.execute("DROP FUNCTION refuse_rewriting() CASCADE")
        op.execute("DROP FUNCTION refuse_slug() CASCADE")
        return
    for table in APPEND_ONLY:
        for act in ("update", "delete", "replace"):
            op.execute(f"DROP TRIGGER {table}_refuse_{act}")
    op.execute("DROP TRIGGER integrations_refuse_slug")
    op.execute("DROP TRIGGER integrations_refuse_replace")
