"""What went wrong with a query, in words that anybody may read (pure).

A database's own words can hold the rows it stumbled over, so only those are passed on that speak of the query, of
rights or of the connection.
"""

import sqlite3
from typing import Final

import psycopg
from sqlalchemy.exc import DBAPIError

TOO_SLOW: Final = "stopped after {seconds:g} seconds; expected a quicker query, or a table that is made for it"
_WRITES: Final = "the query tried to write; it may only read"

_ABOUT_THE_QUERY: Final = ("08", "28", "3D", "42")
"""Classes of PostgreSQL's states (appendix A of its manual): the connection, the user, the database, the query."""


def words_of(error: Exception, seconds: float) -> str:
    """One line: what happened, without data, parameters or the query."""
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    if isinstance(cause, sqlite3.Error):
        told = _of_sqlite(cause)
    elif isinstance(cause, psycopg.Error):
        told = _of_postgresql(cause)
    else:
        told = ""
    code = next((f" {argument}" for argument in cause.args if isinstance(argument, int)), "")
    return told.format(seconds=seconds) or f"the query failed ({type(cause).__name__}{code})"


def _of_postgresql(cause: psycopg.Error) -> str:
    if isinstance(cause, psycopg.errors.QueryCanceled):
        return TOO_SLOW
    if isinstance(cause, psycopg.errors.ReadOnlySqlTransaction):
        return _WRITES
    if cause.sqlstate is None:  # the connection's trouble never came to data
        return _first_line(cause) if isinstance(cause, psycopg.OperationalError) else ""
    return _first_line(cause) if cause.sqlstate.startswith(_ABOUT_THE_QUERY) else ""


def _of_sqlite(cause: sqlite3.Error) -> str:
    code = getattr(cause, "sqlite_errorcode", None)
    if code is None:  # the driver's own words; those about text that is no UTF-8 hold the text
        return ""
    if code == sqlite3.SQLITE_INTERRUPT:
        return TOO_SLOW
    return _WRITES if code & 0xFF == sqlite3.SQLITE_READONLY else _first_line(cause)


def _first_line(cause: Exception) -> str:
    line = (str(cause).strip().splitlines() or [type(cause).__name__])[0]
    return line.replace("{", "{{").replace("}", "}}")
