"""The schema: built by the migrations alone, equal to the models, and put back on the way down."""

import io
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Engine, Table, inspect, text
from sqlalchemy.exc import IntegrityError

from migrations import apply
from models.database import Database, engine_for
from models.enums import AuditGrade
from models.schema import metadata

HEAD = apply.revisions()[-1]
REPOSITORY = Path(__file__).resolve().parents[2]

# Names that say all there is to say; a foreign key called after its table is plain as well.
PLAIN = frozenset(
    {"id", "name", "role", "decision", "channel", "decided_by_id", "granted_by_id"}
    | {"created_at", "updated_at", "started_at", "submitted_at", "assigned_at", "planned_at"}
    | {"decided_at", "opened_at", "judged_at", "granted_at"}
)


@contextmanager
def engine_of(address: str) -> Iterator[Engine]:
    engine = engine_for(address)
    try:
        yield engine
    finally:
        engine.dispose()


@contextmanager
def operations(engine: Engine) -> Iterator[Operations]:
    """Changes by hand, in the words of a revision."""
    with engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            driver: Any = connection.connection.driver_connection
            driver.execute("PRAGMA foreign_keys=OFF").close()
        with connection.begin():
            yield Operations(MigrationContext.configure(connection))


def config_with(address: str, extra: Path) -> Config:
    """The project's migrations and, after them, the revisions in the folder `extra`."""
    config = Config()
    config.set_main_option("script_location", str(apply.SCRIPTS))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", f"{apply.SCRIPTS / 'versions'}\n{extra}")
    config.attributes["address"] = address
    return config


def write_revision(folder: Path, upgrade: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "next.py").write_text(
        "import sqlalchemy as sa\n"
        "from alembic import op\n"
        f"revision, down_revision = 'next', {HEAD!r}\n"
        "def upgrade():\n" + "".join(f"    {line}\n" for line in upgrade.splitlines())
    )


def described(engine: Engine) -> dict[str, Any]:
    """All that the database itself says of its tables, in its own normal form."""
    inspector = inspect(engine)
    asked: dict[str, Callable[[str], Any]] = {
        "columns": inspector.get_columns,
        "key": inspector.get_pk_constraint,
        "foreign keys": inspector.get_foreign_keys,
        "indexes": inspector.get_indexes,
        "unique": inspector.get_unique_constraints,
        "checks": inspector.get_check_constraints,
    }
    if engine.dialect.supports_comments:
        asked["comment"] = inspector.get_table_comment
    return {
        f"{table} {what}": by_name(ask(table))
        for table in inspector.get_table_names()
        if table != "alembic_version"
        for what, ask in asked.items()
    }


def by_name(found: Any) -> Any:
    """Without the order in which things were made, and as text where objects don't compare."""
    if isinstance(found, list) and found and isinstance(found[0], dict):
        return sorted((by_name(one) for one in found), key=lambda one: one["name"])
    return {key: by_name(value) for key, value in found.items()} if isinstance(found, dict) else str(found)


def test_migrations_bring_a_blank_database_to_what_the_models_say(blank_address):
    assert apply.state(blank_address) == (None, HEAD)
    apply.upgrade(blank_address)
    assert apply.state(blank_address) == (HEAD, HEAD)
    with engine_of(blank_address) as engine:
        assert apply.differences(engine) == []


def test_a_database_made_by_migrations_is_described_like_one_made_from_the_models(blank_address):
    with engine_of(blank_address) as engine:
        metadata.create_all(engine)
        from_models = described(engine)
        metadata.drop_all(engine)
        apply.upgrade(blank_address)
        assert described(engine) == from_models


def test_upgrading_what_is_at_the_head_changes_nothing(database):
    before = described(database.engine)
    apply.upgrade(database.engine.url.render_as_string(hide_password=False))
    assert described(database.engine) == before


def test_every_revision_can_be_taken_back_and_applied_again(blank_address):
    apply.upgrade(blank_address)
    for earlier in [*apply.revisions()[-2::-1], "base"]:
        apply.downgrade(blank_address, earlier)
        assert apply.state(blank_address).current == (None if earlier == "base" else earlier)
    apply.upgrade(blank_address)
    with engine_of(blank_address) as engine:
        assert apply.differences(engine) == []


def test_taking_everything_back_leaves_nothing_behind(blank_address):
    apply.upgrade(blank_address)
    apply.downgrade(blank_address, "base")
    with engine_of(blank_address) as engine, engine.connect() as connection:
        assert inspect(connection).get_table_names() == ["alembic_version"]
        left = {
            "sqlite": "SELECT name FROM sqlite_master WHERE name NOT LIKE '%alembic_version%'",
            "postgresql": "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
        }[connection.dialect.name]
        assert connection.scalars(text(left)).all() == []


def test_the_folder_of_a_sqlite_file_is_made_and_the_folder_one_stands_in_does_not_matter(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    address = f"sqlite:///{tmp_path / 'not' / 'yet' / 'there.sqlite'}"
    apply.upgrade(address)
    assert apply.state(address) == (HEAD, HEAD)


def test_asking_where_a_sqlite_database_stands_does_not_create_it(tmp_path):
    assert apply.state(f"sqlite:///{tmp_path / 'missing.sqlite'}") == (None, HEAD)
    assert list(tmp_path.iterdir()) == []


def test_a_revision_that_fails_half_way_changes_nothing(blank_address, tmp_path):
    apply.upgrade(blank_address)
    write_revision(
        tmp_path / "extra",
        "op.create_table('half', sa.Column('id', sa.Integer, primary_key=True))\n"
        "op.execute(\"INSERT INTO person_roles (person_id, role) VALUES (1, 'emperor')\")",
    )
    with pytest.raises(IntegrityError):
        command.upgrade(config_with(blank_address, tmp_path / "extra"), "head")
    assert apply.state(blank_address).current == HEAD
    with engine_of(blank_address) as engine:
        assert apply.differences(engine) == []


def test_a_revision_that_leaves_references_to_missing_rows_is_rolled_back_on_sqlite(sqlite_database, tmp_path):
    """Foreign keys are off while SQLite rebuilds tables, so they are checked before the commit."""
    address = sqlite_database.engine.url.render_as_string()
    write_revision(
        tmp_path / "extra", "op.execute(\"INSERT INTO person_roles (person_id, role) VALUES (404, 'lead')\")"
    )
    with pytest.raises(RuntimeError, match="person_roles refer to rows that are gone"):
        command.upgrade(config_with(address, tmp_path / "extra"), "head")
    assert apply.state(address).current == HEAD


def test_a_connection_can_be_brought_to_the_head_and_enforces_its_foreign_keys_afterwards():
    with engine_of("sqlite://") as engine, engine.connect() as connection:
        config = Config()
        config.set_main_option("script_location", str(apply.SCRIPTS))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        assert MigrationContext.configure(connection).get_current_revision() == HEAD
        with pytest.raises(IntegrityError, match="FOREIGN KEY"):
            connection.execute(text("INSERT INTO person_roles (person_id, role) VALUES (404, 'lead')"))


LONGER_LIST = ", ".join(f"'{grade}'" for grade in [*AuditGrade, "new"])
ANOTHER_GRADE = f"""
with op.batch_alter_table('audit_entries') as table:
    table.drop_constraint(op.f('ck_audit_entries_grade_is_known'), type_='check')
    table.create_check_constraint(
        op.f('ck_audit_entries_grade_is_known'), "grade IN ({LONGER_LIST})"
    )
"""


def test_a_closed_list_grows_by_a_revision_that_keeps_everything_else(database, tmp_path):
    """The recipe of docs/how-to/change-the-schema.md; the models don't know the new value here, and are told."""
    address = database.engine.url.render_as_string(hide_password=False)
    before = described(database.engine)
    write_revision(tmp_path / "extra", ANOTHER_GRADE)
    command.upgrade(config_with(address, tmp_path / "extra"), "head")
    [difference] = apply.differences(database.engine)
    assert difference.startswith("check constraint ck_audit_entries_grade_is_known of audit_entries")
    assert difference.endswith("the database and the models don't both list new")
    after = described(database.engine)
    assert [what for what in before if before[what] != after[what]] == ["audit_entries checks"]


def test_a_rebuilt_table_keeps_refusing_what_it_refused(database, tmp_path):
    address = database.engine.url.render_as_string(hide_password=False)
    write_revision(
        tmp_path / "extra",
        "with op.batch_alter_table('events') as table:\n"
        "    table.alter_column('name', type_=sa.String(100), existing_type=sa.String(64))",
    )
    command.upgrade(config_with(address, tmp_path / "extra"), "head")
    assert apply.differences(database.engine) == [
        "events.name: its type is VARCHAR(length=100) in the database and String(length=64) in the models"
    ]


CHANGES_BY_HAND: dict[str, tuple[Callable[[Operations], Any], str]] = {
    "a table more": (
        lambda op: op.execute("CREATE TABLE moods (id INTEGER PRIMARY KEY)"),
        "table moods: unknown to the models",
    ),
    "a column more": (
        lambda op: op.execute("ALTER TABLE events ADD COLUMN mood TEXT"),
        "column mood of events: unknown to the models",
    ),
    "a column less": (
        lambda op: op.execute("ALTER TABLE events DROP COLUMN data"),
        "column data of events: missing in the database",
    ),
    "an index less": (
        lambda op: op.execute("DROP INDEX uq_clocks_one_running_per_target"),
        "index uq_clocks_one_running_per_target of clocks: missing in the database",
    ),
    "a check constraint less": (
        lambda op: drop_constraint(op, "waivers", "ck_waivers_says_why", "check"),
        "check constraint ck_waivers_says_why of waivers: missing in the database",
    ),
    "a foreign key less": (
        lambda op: drop_constraint(op, "cards", "fk_cards_event_id_events", "foreignkey"),
        "foreign key fk_cards_event_id_events of cards: missing in the database",
    ),
    "a column that may be empty": (
        lambda op: allow_empty(op, "waivers", "reason"),
        "waivers.reason: its nullable is True in the database and False in the models",
    ),
    "a trigger less": (
        lambda op: op.execute(
            "DROP TRIGGER events_refuse_update"
            + (" ON events" if op.get_context().dialect.name == "postgresql" else "")
        ),
        "trigger events_refuse_update: missing in the database, or switched off",
    ),
}


def drop_constraint(op: Operations, table: str, name: str, kind: Any) -> None:
    with op.batch_alter_table(table) as batch:
        batch.drop_constraint(op.f(name), type_=kind)


def allow_empty(op: Operations, table: str, column: str) -> None:
    with op.batch_alter_table(table) as batch:
        batch.alter_column(column, nullable=True)


@pytest.mark.parametrize("change", CHANGES_BY_HAND)
def test_a_change_made_by_hand_is_named(database: Database, change: str):
    make, told = CHANGES_BY_HAND[change]
    with operations(database.engine) as op:
        make(op)
    assert apply.differences(database.engine) == [told]


@pytest.mark.postgres
def test_a_trigger_that_is_switched_off_is_named(postgres_database):
    with postgres_database.engine.begin() as connection:
        connection.execute(text("ALTER TABLE decisions DISABLE TRIGGER decisions_refuse_delete"))
    assert apply.differences(postgres_database.engine) == [
        "trigger decisions_refuse_delete: missing in the database, or switched off"
    ]


def test_two_upgrades_at_once_wait_for_each_other(blank_address):
    program = f"from migrations import apply; apply.upgrade({blank_address!r})"
    both = [
        subprocess.Popen([sys.executable, "-c", program], cwd=REPOSITORY, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    told = [process.communicate(timeout=60)[1] for process in both]
    assert [process.returncode for process in both] == [0, 0], told
    assert apply.state(blank_address) == (HEAD, HEAD)


def test_the_statements_can_be_written_out_for_whoever_keeps_the_database():
    written = io.StringIO()
    config = Config(output_buffer=written)
    config.set_main_option("script_location", str(apply.SCRIPTS))
    config.attributes["address"] = "postgresql+psycopg://nobody@localhost/nowhere"
    command.upgrade(config, "head", sql=True)
    statements = written.getvalue()
    assert statements.startswith("BEGIN;")
    assert all(f"CREATE TABLE {table.name} (" in statements for table in metadata.sorted_tables)
    assert "CREATE TRIGGER events_refuse_truncate" in statements


def test_revisions_form_one_line():
    numbers = apply.revisions()
    assert list(numbers) == [f"{number:04}" for number in range(1, len(numbers) + 1)]


@pytest.mark.parametrize("table", metadata.sorted_tables, ids=lambda table: table.name)
def test_a_table_and_each_column_whose_name_does_not_say_it_all_has_a_comment(table: Table):
    assert table.comment
    silent = [
        column.name
        for column in table.columns
        if not column.comment and column.name not in PLAIN and not is_named_after_its_table(column)
    ]
    assert silent == []


def is_named_after_its_table(column: Any) -> bool:
    singular = {"people": "person"}
    tables = [key.column.table.name for key in column.foreign_keys]
    return column.name in {f"{singular.get(table, table.removesuffix('s'))}_id" for table in tables}
