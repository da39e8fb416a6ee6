"""Customers from the programme's warehouse: one query, on any database that SQLAlchemy has a driver for."""

import time
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, unquote
from uuid import UUID

from sqlalchemy import URL, Connection, Engine, NullPool, TextClause, create_engine, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from checklist.customers.reading import read
from checklist.customers.source import CustomersSourceInvalid, CustomersUnreadable, Report
from checklist.customers.trouble import TOO_SLOW, words_of
from checklist.customers.turns import Turns, in_a_thread

QUERY_SECONDS: Final = 30.0
"""A warehouse may have to wake up; a check may take 90."""

MOST_ROWS: Final = 10_000
"""Of one integration."""

AT_ONCE: Final = 4
"""Connections of one process."""

_GRACE_SECONDS: Final = 2.0
"""How much later than the database we give up ourselves: only the database can really stop a query."""

_ROWS_AT_A_TIME: Final = 1_000
_STEPS: Final = 10_000
"""Of SQLite's machine, between two looks at the clock: well under a millisecond."""


class CustomersQuery:
    """What the statement says of an integration: columns with the names of Usage, `integration` among them or not.

    It is asked in a transaction that is always rolled back, on a connection of its own. PostgreSQL and SQLite are told
    that it only reads, and stop it after `seconds`; of another database we stop waiting then, and only the rights of
    the address's user keep it from being changed. Raises CustomersSourceInvalid.
    """

    def __init__(
        self, address: str, statement: TextClause, *, seconds: float = QUERY_SECONDS, most_rows: int = MOST_ROWS
    ) -> None:
        url = _url_of(address)
        self._engine = _engine_of(url, seconds)
        self._statement = statement.execution_options(stream_results=True, max_row_buffer=_ROWS_AT_A_TIME)
        self._source = _shown(url)
        self._password = str(url.password or "")
        self._seconds = seconds
        self._most = most_rows
        self._turns = Turns(AT_ONCE)

    def __repr__(self) -> str:
        return f"<CustomersQuery: {self._source}>"

    async def usage(self, slug: str, since: datetime, until: datetime) -> Report:
        asked = {"integration": slug, "since": self._instant(since), "until": self._instant(until)}
        try:
            rows = await in_a_thread(
                lambda: self._ask(asked), turns=self._turns, seconds=self._seconds + _GRACE_SECONDS
            )
        except TimeoutError:
            raise self._too_slow() from None
        answer = read(rows, self._source, most=self._most, integration=slug)
        return Report(tuple(row for row in answer.rows if row.integration == slug), self._source, until)

    def _ask(self, asked: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Runs in a thread. Raises CustomersUnreadable."""
        try:
            with self._engine.connect() as connection:
                try:
                    return self._rows(connection, asked)
                finally:
                    connection.rollback()
        except CustomersUnreadable:
            raise
        except Exception as error:  # noqa: BLE001 - a driver may raise anything; a source raises one thing
            told = words_of(error, self._seconds)
            raise self._unreadable(told.replace(self._password, "•••") if self._password else told) from None

    def _rows(self, connection: Connection, asked: Mapping[str, Any]) -> list[dict[str, Any]]:
        """At most one row more than may be."""
        end = time.monotonic() + self._seconds
        _only_read(connection, self._seconds, end)
        rows: list[dict[str, Any]] = []
        with connection.execute(self._statement, asked) as result:
            found = result.mappings()
            while len(rows) <= self._most and (some := found.fetchmany(_ROWS_AT_A_TIME)):
                # Each fetch is a statement to the database, with a limit of its own.
                if time.monotonic() > end:
                    raise self._too_slow()
                rows += [{name: _plain(value) for name, value in row.items()} for row in some]
        return rows[: self._most + 1]

    def _instant(self, at: datetime) -> datetime | str:
        """SQLite keeps instants as text."""
        return f"{at:%Y-%m-%dT%H:%M:%SZ}" if self._engine.dialect.name == "sqlite" else at

    def _too_slow(self) -> CustomersUnreadable:
        return self._unreadable(TOO_SLOW.format(seconds=self._seconds))

    def _unreadable(self, told: str) -> CustomersUnreadable:
        return CustomersUnreadable(f"{self._source}: {told}")


def _url_of(address: str) -> URL:
    """Raises CustomersSourceInvalid, without the address: a password may be in it."""
    try:
        url = make_url(address)
        dialect = url.get_dialect()
    except NoSuchModuleError:
        kind = address.partition("://")[0]
        raise CustomersSourceInvalid(
            f"nothing here knows {kind}:// addresses; install the package that brings it to SQLAlchemy"
        ) from None
    except (ArgumentError, ValueError):
        raise CustomersSourceInvalid(
            "this is no address that SQLAlchemy can read; expected something like "
            "postgresql+psycopg://reader:password@warehouse.example/analytics"
        ) from None
    if dialect.is_async:
        raise CustomersSourceInvalid(f"{url.drivername} is a driver for asyncio; expected one that is not")
    if dialect.name != "sqlite":
        return url
    if not url.database or ":memory:" in url.database:
        raise CustomersSourceInvalid("a SQLite address names its file, as in sqlite:////srv/warehouse.sqlite")
    file = url.database if url.database.startswith("file:") else f"file:{quote(str(Path(url.database).absolute()))}"
    return url.set(database=file).update_query_dict({"mode": "ro", "uri": "true"})


def _engine_of(url: URL, seconds: float) -> Engine:
    if url.get_backend_name() == "postgresql" and "connect_timeout" not in url.query:
        url = url.update_query_dict({"connect_timeout": str(max(2, round(min(seconds, 10))))})
    try:
        engine = create_engine(url, poolclass=NullPool, hide_parameters=True)
    except ImportError as error:
        instead = "; for PostgreSQL write postgresql+psycopg://" if url.get_backend_name() == "postgresql" else ""
        raise CustomersSourceInvalid(f"the package {error.name} for {url.drivername} is not here{instead}") from None
    return engine.execution_options(postgresql_readonly=True)


def _only_read(connection: Connection, seconds: float, end: float) -> None:
    """Tell the database that nothing is written, and when to stop."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SET LOCAL statement_timeout = {round(seconds * 1_000)}")
    elif connection.dialect.name == "sqlite":
        driver: Any = connection.connection.driver_connection
        driver.execute("PRAGMA query_only = ON").close()
        driver.set_progress_handler(lambda: time.monotonic() > end, _STEPS)


def _plain(value: Any) -> Any:
    """A warehouse's ids are often UUIDs."""
    return str(value) if isinstance(value, UUID) else value


def _shown(url: URL) -> str:
    """Where it is asked, for everybody: without user, password and options."""
    if url.get_backend_name() == "sqlite":
        return f"query on the file {Path(unquote(str(url.database).removeprefix('file:'))).name}"
    port = f":{url.port}" if url.port else ""
    return f"query on the warehouse {url.host or url.get_backend_name()}{port}/{url.database or ''}".rstrip("/")
