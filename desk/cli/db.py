"""`launch-review db`: bring the database to this release's schema, and say whether it is there."""

import json as json_text
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from desk.cli.errors import InputWrong, Refused
from desk.cli.progress import Progress
from desk.wiring import open_ports, writing
from flows.wiring import utc_now
from migrations import apply
from migrations.archive import ArchiveUnusable, restore_archive, restore_files, write_archive
from models.database import engine_for
from models.schema import metadata
from review.actions.pruning import KEEP
from review.actions.pruning import prune as prune_rows
from settings import Settings

app = App(
    name="db", help="The database: bring its schema up to date, see whether it is; back it up, restore it, prune it."
)

FEWEST_DAYS, MOST_DAYS = 30, 36_500
"""A month is what a quarrel about a delivery, and the partner's monthly message, look back on."""

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


@app.command
def backup(
    file: Path,
    /,
    *,
    with_key: Annotated[
        bool, Parameter(negative="", help="Also the key that opens stored secrets; keep it safe.")
    ] = False,
) -> None:
    """Write the whole database and the catalog to one file, while everything runs. It holds what partners keep
    confidential; stored secrets in it can be read only with the key.
    """
    address, settings = _address(), Settings()
    if file.exists():
        raise InputWrong(f"{file}: is there already; name a new file")
    if not (file.parent.is_dir() and os.access(file.parent, os.W_OK)):
        raise InputWrong(f"{file.parent}: no folder that can be written to; name one, or make it")
    with _one_line(address):
        stands = apply.state(address)
        if stands.current != stands.head:
            raise Refused(f"the database is at revision {stands.current}: run `launch-review db upgrade` first")
        beside = _beside(settings, with_key=with_key)
        engine = engine_for(address)
        try:
            with Progress("writing tables", len(metadata.tables)) as bar:
                found = write_archive(
                    engine,
                    file,
                    revision=stands.head,
                    beside=beside,
                    at=utc_now(),
                    progress=lambda _table, _rows: bar.advance(),
                )
        finally:
            engine.dispose()
        file.chmod(0o600)
    sys.stderr.write(f"{_shown(address)}: {sum(found.rows.values())} rows at revision {found.revision} in {file}\n")
    if "secret.key" not in beside:
        sys.stderr.write("the key of stored secrets is not in it: keep LAUNCH_REVIEW_SECRET_KEY or secret.key safe\n")


@app.command
def restore(file: Path, /) -> None:
    """Take a backup in, all of it or nothing: into a database without rows, SQLite or PostgreSQL, whichever it was
    made of. Stop everything that works on it before.
    """
    address, settings = _address(), Settings()
    with _one_line(address):
        apply.upgrade(address)
        engine = engine_for(address)
        try:
            with Progress("taking tables in", len(metadata.tables)) as bar:
                found = restore_archive(engine, file, progress=lambda _table, _rows: bar.advance())
            written = restore_files(file, settings.data)
        except ArchiveUnusable as error:
            raise Refused(str(error)) from error
        finally:
            engine.dispose()
    sys.stderr.write(f"{_shown(address)}: {sum(found.rows.values())} rows of {found.made_at}\n")
    for path in written:
        sys.stderr.write(f"{path}: put back\n")


@app.command
def prune(
    *,
    audits: Annotated[int, Parameter(help="Days for which superseded results of audits are kept.")] = KEEP.audits,
    deliveries: Annotated[int, Parameter(help="Days for which settled deliveries are kept.")] = KEEP.deliveries,
    dry_run: Annotated[bool, Parameter(negative="", help="Only tell what would go; nothing is written.")] = False,
    json: Annotated[bool, Parameter(negative="", help="Print JSON.")] = False,
) -> None:
    """Take out what nobody needs any more: superseded results of audits, settled deliveries, pictures that nothing
    names, drafts of closed submissions. It happens once a day by itself; events, decisions and revisions stay for ever.
    """
    for name, days in (("audits", audits), ("deliveries", deliveries)):
        if not FEWEST_DAYS <= days <= MOST_DAYS:
            raise InputWrong(f"--{name} {days}: expected {FEWEST_DAYS} to {MOST_DAYS} days")
    ports = open_ports()
    with writing(ports) as session:
        gone = prune_rows(session, at=ports.now(), keep=replace(KEEP, audits=audits, deliveries=deliveries))
        if dry_run:
            session.rollback()
    if json:
        sys.stdout.write(f"{json_text.dumps({'dry_run': dry_run, 'gone': gone})}\n")
        return
    for name, number in gone.items():
        sys.stdout.write(f"{number:>9}  {name}\n")
    sys.stderr.write("nothing was taken out: this was a dry run\n" if dry_run else "")


def _beside(settings: Settings, *, with_key: bool) -> dict[str, Path]:
    names = ["catalog.json", *(["secret.key"] if with_key else [])]
    return {name: path for name in names if (path := settings.data / name).is_file()}


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
