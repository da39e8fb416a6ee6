"""A whole database into one file and back: SQLite by its backup interface, PostgreSQL by its own programs.

Both copies are of one instant, while others go on reading and writing.
"""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from sqlalchemy import inspect
from sqlalchemy.engine import URL, make_url

from migrations.apply import file_of
from models.database import engine_for


class CopyFailed(Exception):
    """A database could not be copied or put back; the message says why, in one line."""


def dump(address: str, to: Path) -> None:
    """Write a copy of the database to a new file. CopyFailed says what stood in the way."""
    if (file := file_of(address)) is None:
        _run("pg_dump", address, "--format=custom", "--no-owner", "--no-privileges", f"--file={to}")
        return
    if not file.exists():
        raise CopyFailed(f"there is no database at {file}")
    with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(to)) as copy:
        source.backup(copy)
        # A copy without a write-ahead log is one whole file.
        copy.execute("PRAGMA journal_mode=DELETE").close()
    verify(to)


def load(address: str, copy: Path) -> None:
    """Put a copy in the database's place, all of it or nothing. Nobody else may work on it. CopyFailed says what
    stood in the way.
    """
    if (file := file_of(address)) is None:
        _run(
            "pg_restore",
            address,
            *("--clean", "--if-exists", "--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error"),
            str(copy),
        )
        return
    verify(copy)
    file.parent.mkdir(parents=True, exist_ok=True)
    beside = file.with_name(f"{file.name}.restored")
    shutil.copyfile(copy, beside)
    # What an earlier database left in its log must not be read into this one.
    for left in ("-wal", "-shm"):
        file.with_name(file.name + left).unlink(missing_ok=True)
    beside.replace(file)


def verify(copy: Path) -> None:
    """CopyFailed when a SQLite file is not whole, or rows refer to others that are not there."""
    try:
        with closing(sqlite3.connect(f"{copy.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            said = [str(row[0]) for row in connection.execute("PRAGMA integrity_check(1)")]
            astray = connection.execute("PRAGMA foreign_key_check").fetchone()
    except sqlite3.DatabaseError as error:
        raise CopyFailed(f"the copy is no whole database: {error}") from None
    if said != ["ok"] or astray is not None:
        raise CopyFailed(f"the copy is no whole database: {said[0] if said != ['ok'] else 'rows refer to none'}")


def is_empty(address: str) -> bool:
    """Whether the database has no tables at all, or is not there yet."""
    file = file_of(address)
    if file is not None and not file.exists():
        return True
    engine = engine_for(address)
    try:
        return not inspect(engine).get_table_names()
    finally:
        engine.dispose()


def _run(program: str, address: str, *words: str) -> None:
    if (found := shutil.which(program)) is None:
        raise CopyFailed(
            f"{program} is not installed here: install PostgreSQL's client programs, of the server's version or newer"
        )
    url = make_url(address)
    extra: Sequence[str] = [f"--dbname={url.database}"] if program == "pg_restore" else []
    done = subprocess.run(  # noqa: S603 - one of two programs, and none of the words is a stranger's
        [found, "--no-password", *extra, *words], env=_environment(url), capture_output=True, text=True, check=False
    )
    if done.returncode:
        # Its first words, and the next ones where those say which versions don't fit.
        said = [line.strip() for line in done.stderr.splitlines() if line.strip()][:2]
        raise CopyFailed("; ".join(said) or f"{program} ended with exit code {done.returncode}")


def _environment(url: URL) -> dict[str, str]:
    """What libpq reads; in the environment, because everybody sees a program's words."""
    told = {
        "PGHOST": url.host or url.query.get("host"),
        "PGPORT": url.port or url.query.get("port"),
        "PGUSER": url.username or url.query.get("user"),
        "PGPASSWORD": url.password or url.query.get("password"),
        "PGDATABASE": url.database,
        "PGSSLMODE": url.query.get("sslmode"),
        "PGSSLROOTCERT": url.query.get("sslrootcert"),
    }
    return dict(os.environ) | {name: str(value) for name, value in told.items() if value}
