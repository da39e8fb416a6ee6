"""Bring a database to a revision, and say where it stands; from any folder, checkout and container alike."""

from pathlib import Path
from typing import NamedTuple

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import make_url

from migrations.differences import differences
from models.database import engine_for

SCRIPTS = Path(__file__).resolve().parent


class State(NamedTuple):
    """Where a database stands: the revision it has (None: never migrated) and the newest this release knows."""

    current: str | None
    head: str


def _config(address: str) -> Config:
    config = Config()
    # The path may hold a percent sign, which the configuration's parser would take for a variable.
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.attributes["address"] = address
    return config


def file_of(address: str) -> Path | None:
    """The file of a SQLite address; None for a server or a database in memory."""
    url = make_url(address)
    if url.get_backend_name() != "sqlite" or url.database in {None, "", ":memory:"}:
        return None
    return Path(str(url.database))


def upgrade(address: str) -> None:
    """Bring the database to the newest revision, in one transaction; one that is there already is left alone.

    Creates the folder of a SQLite file. Raises SQLAlchemy's OperationalError when the database can't be
    reached, and Alembic's CommandError when it has a revision that this release doesn't know.
    """
    if file := file_of(address):
        file.parent.mkdir(parents=True, exist_ok=True)
    command.upgrade(_config(address), "head")


def downgrade(address: str, to: str) -> None:
    """Take the database back to the revision `to`; "base" removes everything. Raises as `upgrade` does."""
    command.downgrade(_config(address), to)


def revisions() -> tuple[str, ...]:
    """Every revision this release knows, oldest first."""
    scripts = ScriptDirectory(str(SCRIPTS))
    return tuple(script.revision for script in scripts.walk_revisions())[::-1]


def state(address: str) -> State:
    """Where the database stands; changes nothing. Raises OperationalError when it can't be reached."""
    head = revisions()[-1]
    file = file_of(address)
    # Connecting would create an empty file.
    if file is not None and not file.exists():
        return State(None, head)
    engine = engine_for(address)
    try:
        with engine.connect().execution_options(reads_only=True) as connection:
            return State(MigrationContext.configure(connection).get_current_revision(), head)
    finally:
        engine.dispose()


__all__ = ["State", "differences", "downgrade", "file_of", "revisions", "state", "upgrade"]
