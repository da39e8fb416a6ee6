"""`launch-review import submissions`: a table of submissions, all of it or nothing."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from desk.cli.errors import InputWrong
from desk.cli.writing import AsJson, say, say_json, tell
from desk.intake.importing import ImportDone, WrongRow, done, import_table
from desk.intake.table import LARGEST_TABLE, Table, TableUnreadable, read_table
from desk.wiring import open_ports, writing
from flows.wiring import Ports

WRONG_INPUT = 2


def submissions(
    file: Path,
    /,
    *,
    dry_run: Annotated[bool, Parameter(negative="", help="Only tell what would come in; nothing is written.")] = False,
    partial: Annotated[bool, Parameter(negative="", help="Take in the right rows although others are wrong.")] = False,
    json: AsJson = False,
) -> int:
    """Submissions from a CSV file with the fields of /api/schema/intake.json. Importing it again changes nothing."""
    table = _table(file)
    document = _import(open_ports(), table, dry_run=dry_run, partial=partial)
    if json:
        say_json(document)
    else:
        counts = f"{document['new']} new, {document['revisions']} revisions, {document['known']} known already"
        say(counts if document["written"] or dry_run else f"nothing was taken in ({counts} without the wrong rows)")
    tell(*(f"{file}: row {one['row']}{_column(one['column'])}: {_words(one)}" for one in document["wrong"]))
    return WRONG_INPUT if document["wrong"] else 0


def _table(file: Path) -> Table:
    try:
        with file.open("rb") as opened:
            content = opened.read(LARGEST_TABLE + 1)  # not by its size: a device says that it has none
        return read_table(content)
    except OSError as error:
        raise InputWrong(f"{file}: can't be read ({error.strerror})") from error
    except TableUnreadable as error:
        raise InputWrong(f"{file}: {error}") from error


def _import(ports: Ports, table: Table, *, dry_run: bool, partial: bool) -> ImportDone:
    at = ports.now()
    with writing(ports) as session:
        taken, wrong = import_table(session, table, at=at, rulebook=ports.rulebook(at.date()), vault=ports.vault)
        written = not dry_run and (partial or not wrong)
        if not written:
            session.rollback()
    return done(table, taken, wrong, dry_run=dry_run, written=written)


def _column(name: str | None) -> str:
    return f", {name}" if name else ""


def _words(one: WrongRow) -> str:
    return f"saw {one['seen']}, expected {one['expected']}"
