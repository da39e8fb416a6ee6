"""In what a database differs from the models: what Alembic compares, and what it leaves out."""

import re
from collections.abc import Iterator
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import CheckConstraint, Connection, Engine, Table, inspect, text

from models.schema import metadata

TRIGGERS_OF = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
    # A trigger that somebody switched off protects nothing.
    "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'",
}
WHOLE_TABLE_ACT = {"sqlite": "replace", "postgresql": "truncate"}
"""How the rows of a table vanish on each database without a DELETE."""

LITERAL = re.compile(r"'((?:[^']|'')*)'")


def differences(engine: Engine) -> list[str]:
    """One sentence for each thing in which the database differs from the models; empty when they agree.

    Alembic compares tables, columns, types, defaults, comments, indexes, keys. Added here: check
    constraints, by name and by the values they list, and the triggers that refuse changes.
    """
    with engine.connect().execution_options(reads_only=True) as connection:
        options = {"compare_type": True, "compare_server_default": True}
        context = MigrationContext.configure(connection, opts=options)
        changes = compare_metadata(context, metadata)
        return [
            *(_sentence(change) for entry in changes for change in (entry if isinstance(entry, list) else [entry])),
            *_checks(connection),
            *_triggers(connection),
        ]


def _sentence(change: tuple[Any, ...]) -> str:
    """Alembic's tuple in words; it names what would make the database equal to the models."""
    act, _, what = change[0].partition("_")
    what = what.replace("_", " ").replace("fk", "foreign key")
    if act == "modify":
        _, _, table, column, _, in_database, in_models = change
        return f"{table}.{column}: its {what} is {in_database!r} in the database and {in_models!r} in the models"
    subject = change[-1] if what == "column" else change[1]
    table = change[2] if what == "column" else getattr(getattr(subject, "table", None), "name", None)
    name = f"{what} {subject.name}" + (f" of {table}" if table else "")
    return f"{name}: missing in the database" if act == "add" else f"{name}: unknown to the models"


def _literals(sql: str) -> frozenset[str]:
    return frozenset(LITERAL.findall(sql))


def _model_checks(table: Table, connection: Connection) -> dict[str, frozenset[str]]:
    compiled = {}
    for constraint in table.constraints:
        if isinstance(constraint, CheckConstraint):
            sql = constraint.sqltext.compile(dialect=connection.dialect, compile_kwargs={"literal_binds": True})
            # The whole name: the naming convention applied, and cut where it is too long for the database.
            name = str(connection.dialect.identifier_preparer.format_constraint(constraint))
            compiled[name] = _literals(str(sql))
    return compiled


def _checks(connection: Connection) -> Iterator[str]:
    inspector = inspect(connection)
    existing = set(inspector.get_table_names())
    for table in metadata.sorted_tables:
        if table.name not in existing:
            continue
        in_models = _model_checks(table, connection)
        in_database = {
            str(check["name"]): _literals(check["sqltext"]) for check in inspector.get_check_constraints(table.name)
        }
        for name in sorted(in_models.keys() | in_database.keys()):
            where = f"check constraint {name} of {table.name}"
            if name not in in_database:
                yield f"{where}: missing in the database"
            elif name not in in_models:
                yield f"{where}: unknown to the models"
            elif in_models[name] != in_database[name]:
                differing = ", ".join(sorted(in_models[name] ^ in_database[name]))
                yield f"{where}: the database and the models don't both list {differing}"


def _triggers(connection: Connection) -> Iterator[str]:
    dialect = connection.dialect.name
    present = set(connection.scalars(text(TRIGGERS_OF[dialect])))
    for table in metadata.sorted_tables:
        acts = ["update", "delete", WHOLE_TABLE_ACT[dialect]] if table.info.get("append_only") else []
        acts += [column.name for column in table.columns if column.info.get("never_changes")]
        for act in acts:
            if f"{table.name}_refuse_{act}" not in present:
                yield f"trigger {table.name}_refuse_{act}: missing in the database, or switched off"
