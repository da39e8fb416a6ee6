"""How Alembic meets the database: one transaction, one upgrade at a time, on SQLite and PostgreSQL alike."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import JSON, Connection, text

import migrations.rebuild  # noqa: F401 - tells Alembic how SQLite rebuilds a table
from models.base import Instant
from models.database import engine_for
from models.schema import metadata

UPGRADE_LOCK = 7_204_261_123
"""PostgreSQL's advisory lock for this schema's migrations; any fixed number that nobody else uses."""


class ForeignKeysBroken(RuntimeError):
    """A migration left rows that refer to rows that are gone; everything was rolled back."""

    def __init__(self, tables: list[str]) -> None:
        super().__init__(
            f"after the migration rows of {', '.join(tables)} refer to rows that are gone; "
            "nothing was changed: correct the revision and run it again"
        )


def _address() -> str:
    given = context.config.attributes.get("address")
    if given is not None:
        return str(given)
    # Only the plain `alembic` command gets here; a caller in the program says which database it means.
    from settings import Settings  # noqa: PLC0415 - the environment is read when nobody gave an address

    return Settings().database_address


def _rendered(kind: str, item: Any, autogenerate: AutogenContext) -> str | Literal[False]:
    """Our own types in a new revision are the database's types: a revision outlives our classes."""
    if kind == "type" and isinstance(item, Instant):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, JSON):
        autogenerate.imports.add("from sqlalchemy.dialects import postgresql")
        return "sa.JSON().with_variant(postgresql.JSONB(), 'postgresql')"
    return False


OPTIONS: dict[str, Any] = {
    "target_metadata": metadata,
    "render_as_batch": True,
    "render_item": _rendered,
    "compare_type": True,
    "compare_server_default": True,
    # SQLite can roll back schema changes as well; only its driver's own BEGIN is in the way, and ours replaces it.
    "transactional_ddl": True,
}


def _run_on(connection: Connection) -> None:
    """Raises SQLAlchemy's InvalidRequestError when the connection is in a transaction already."""
    with _foreign_keys_checked_last(connection), connection.begin():
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": UPGRADE_LOCK})
        context.configure(connection=connection, **OPTIONS)
        context.run_migrations()
        if connection.dialect.name == "sqlite":
            broken = {str(row[0]) for row in connection.execute(text("PRAGMA foreign_key_check"))}
            if broken:
                raise ForeignKeysBroken(sorted(broken))


@contextmanager
def _foreign_keys_checked_last(connection: Connection) -> Iterator[None]:
    """SQLite rebuilds a table by dropping the old one, which enforced foreign keys would refuse.

    The switch has no effect inside a transaction, so the driver is told before one begins.
    """
    driver: Any = connection.connection.driver_connection
    sqlite = connection.dialect.name == "sqlite"
    if sqlite:
        driver.execute("PRAGMA foreign_keys=OFF").close()
    try:
        yield
    finally:
        if sqlite:
            driver.execute("PRAGMA foreign_keys=ON").close()


def online() -> None:
    given = context.config.attributes.get("connection")
    if given is not None:
        _run_on(given)
        return
    engine = engine_for(_address())
    try:
        with engine.connect() as connection:
            _run_on(connection)
    finally:
        engine.dispose()


def offline() -> None:
    """The statements as text (`alembic upgrade head --sql`), for databases that only their keeper may change."""
    context.configure(url=_address(), literal_binds=True, **OPTIONS)
    with context.begin_transaction():
        context.run_migrations()


if context.is_offline_mode():
    offline()
else:
    online()
