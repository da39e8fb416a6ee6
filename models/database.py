"""Engines: SQLite by default, PostgreSQL when the address says so; the same transactions on both."""

import sqlite3
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session, sessionmaker

from models.writers_line import line_of, take_turn

SQLITE_PATIENCE_SECONDS = 15
"""How long a writer waits for another one; a sweep of a hundred rows takes milliseconds."""

CONNECT_SECONDS = 10
"""How long PostgreSQL may take to answer; the driver itself would wait for minutes."""


def engine_for(address: str) -> Engine:
    """An engine for a SQLAlchemy address. SQLite: write-ahead log, foreign keys, no surprise upgrades of locks."""
    url = make_url(address)
    if url.get_backend_name() != "sqlite":
        if "connect_timeout" not in url.query:
            url = url.update_query_dict({"connect_timeout": str(CONNECT_SECONDS)})
        return create_engine(url, pool_pre_ping=True, pool_size=10, max_overflow=20)
    engine = create_engine(url, connect_args={"timeout": SQLITE_PATIENCE_SECONDS})

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _record: Any) -> None:
        # The driver's own BEGIN comes too late to see what a transaction read; ours is below.
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}").close()

    line = line_of(engine)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A transaction that reads first and writes later can't wait for the lock in SQLite: it fails at
        # once. So a session that may write takes the lock when it begins.
        reads_only = connection.get_execution_options().get("reads_only", False)
        if not reads_only:
            take_turn(line, connection, SQLITE_PATIENCE_SECONDS)
        if connection.info.get("reads_only") != reads_only:
            # Only when it changes: SQLite prepares every statement of the connection anew after it.
            connection.exec_driver_sql(f"PRAGMA query_only={'ON' if reads_only else 'OFF'}")
            connection.info["reads_only"] = reads_only
        connection.exec_driver_sql("BEGIN" if reads_only else "BEGIN IMMEDIATE")

    return engine


class Database:
    """Sessions of one database: `write()` for verbs, `read()` for pages and reports.

    A session of `read()` waits for nobody, and the database refuses it any change.
    """

    def __init__(self, address: str) -> None:
        self.engine = engine_for(address)
        self.write = sessionmaker(self.engine, expire_on_commit=False)
        self._reader = self.engine.execution_options(reads_only=True, postgresql_readonly=True)
        self.read = sessionmaker(self._reader, expire_on_commit=False)

    @property
    def is_postgresql(self) -> bool:
        return self.engine.dialect.name == "postgresql"

    def close(self) -> None:
        self.engine.dispose()


__all__ = ["Database", "Session", "engine_for"]
