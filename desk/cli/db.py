"""`launch-review db`: bring the database to this release's schema, prune it, back it up and restore it."""

import json as json_text
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from desk.cli.errors import InputWrong, Refused
from migrations import apply
from migrations.copying import CopyFailed
from models.database import engine_for
from settings import Settings

app = App(name="db", help="The database: its schema, pruning, backup and restore.")

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
def prune(
    *,
    dry_run: Annotated[bool, Parameter(negative="", help="Only say what would go.")] = False,
    json: Annotated[bool, Parameter(negative="", help="Print JSON.")] = False,
) -> None:
    """Take out what is past its time, as every night: evidence of replaced results, pictures nothing names any more,
    texts of messages, looks of audits, drafts, sign-ins. Never an event, a decision, or what a decision rested on.
    """
    from desk.wiring import open_ports  # noqa: PLC0415 - only this one needs more than the address
    from flows import pruning  # noqa: PLC0415 - as above

    ports = open_ports()
    counts = pruning.would_go(ports) if dry_run else pruning.prune(ports)
    if json:
        sys.stdout.write(f"{json_text.dumps(counts)}\n")
        return
    sys.stdout.write(f"{'would be' if dry_run else ''} taken out: {pruning.in_words(counts)}\n".lstrip())


@app.command
def backup(
    file: Path,
    /,
    *,
    with_key: Annotated[
        bool, Parameter(negative="", help="Also the key that stored secrets are encrypted with; keep such a file safe.")
    ] = False,
    force: Annotated[bool, Parameter(negative="", help="Write over a file that is there.")] = False,
) -> None:
    """Write the database and the catalog file to one file, while everything runs. Never the key, unless asked."""
    from desk import backup as backups  # noqa: PLC0415 - only these two need it
    from flows.wiring import utc_now  # noqa: PLC0415 - as above

    address = _address()
    with _one_line(address), _in_one_line(backups.BackupUnusable, CopyFailed):
        made = backups.back_up(address, Settings().data, file, at=utc_now(), with_key=with_key, force=force)
    key = (
        "with the key: whoever has this file can read the stored secrets"
        if with_key
        else "without the key, which the stored secrets need: keep it apart"
    )
    sys.stderr.write(f"{file}: {made.kind} at revision {made.revision}, {', '.join(sorted(made.files))}; {key}\n")


@app.command
def restore(
    file: Path,
    /,
    *,
    force: Annotated[bool, Parameter(negative="", help="Put it in place of what is there.")] = False,
) -> None:
    """Put a backup in place, after looking whether it is whole. Stop everything that works on the database before."""
    from desk import backup as backups  # noqa: PLC0415 - only these two need it
    from desk.process import holding  # noqa: PLC0415 - as above

    address, settings = _address(), Settings()
    with holding(settings.data), _one_line(address), _in_one_line(backups.BackupUnusable, CopyFailed):
        put = backups.restore(address, settings.data, file, force=force)
        stands = apply.state(address)
    then = "" if stands.current == stands.head else "; now run `launch-review db upgrade`"
    sys.stderr.write(f"{_shown(address)}: restored {put.kind} of {put.made_at}, at revision {put.revision}{then}\n")


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


@contextmanager
def _in_one_line(*expected: type[Exception]) -> Iterator[None]:
    try:
        yield
    except expected as error:
        raise Refused(str(error)) from None
