"""`launch-review db`: bring the database to this release's schema, and say whether it is there."""

import json as json_text
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from cyclopts import App, Parameter
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from desk.cli.errors import InputWrong, Refused
from migrations import apply
from models.database import engine_for
from settings import Settings

app = App(name="db", help="The database's schema: bring it up to date, see whether it is.")

DRIVERS = ("sqlite", "postgresql+psycopg")


@app.command
def upgrade() -> None:
    """Bring the database to this release's schema; all of it or nothing."""
    address = _address()
    with _one_line(address):
        before = apply.state(address)
        _refuse_newer(before)
        apply.upgrade(address)
    told = "already at" if before.current == before.head else f"from {before.current or 'nothing'} to"
    sys.stderr.write(f"{_shown(address)}: {told} revision {before.head}\n")


@app.command
def check(*, json: Annotated[bool, Parameter(negative="", help="Print JSON.")] = False) -> int:
    """Whether the database has exactly this release's schema: exit code 0 when it does, 1 when it doesn't."""
    address = _address()
    with _one_line(address):
        stands = apply.state(address)
        found = _differences(address) if stands.current == stands.head else []
    if json:
        document = {"current": stands.current, "head": stands.head, "differences": found}
        sys.stdout.write(f"{json_text.dumps(document)}\n")
    else:
        sys.stdout.writelines(f"{sentence}\n" for sentence in found)
    _refuse_newer(stands)
    if stands.current is None:
        raise Refused("the database is not migrated: run `launch-review db upgrade`")
    if stands.current != stands.head:
        raise Refused(
            f"the database is at revision {stands.current}, this release needs {stands.head}: "
            "run `launch-review db upgrade`"
        )
    if found:
        raise Refused(
            f"the database is at revision {stands.head} and differs from the models (differences: {len(found)}): "
            "undo what was changed by hand, or write the revision that is missing"
        )
    sys.stderr.write(f"{_shown(address)}: at revision {stands.head}, equal to the models\n")
    return 0


def _refuse_newer(stands: apply.State) -> None:
    if stands.current is not None and stands.current not in apply.revisions():
        raise Refused(
            f"the database is at revision {stands.current}, which this release doesn't know (it ends at "
            f"{stands.head}): run the release that made it, or restore the backup taken before that"
        )


def _differences(address: str) -> list[str]:
    engine = engine_for(address)
    try:
        return apply.differences(engine)
    finally:
        engine.dispose()


def _address() -> str:
    address = Settings().database_address
    try:
        driver = make_url(address).drivername
    except ArgumentError:
        driver = address.partition(":")[0]
    if driver not in DRIVERS:
        # Only the part before the colon: what follows may hold a password.
        raise InputWrong(
            f"LAUNCH_REVIEW_DATABASE_URL starts with {driver!r}; expected sqlite:///path "
            "or postgresql+psycopg://user:password@host/database"
        )
    return address


def _shown(address: str) -> str:
    return make_url(address).render_as_string(hide_password=True)


@contextmanager
def _one_line(address: str) -> Iterator[None]:
    """What the database or the disk says, in the first line of its own words."""
    try:
        yield
    except DBAPIError as error:
        raise Refused(f"{_shown(address)}: {str(error.orig).strip().splitlines()[0]}") from error
    except OSError as error:
        raise Refused(f"{_shown(address)}: {error}") from error
