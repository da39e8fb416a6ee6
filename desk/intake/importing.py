"""Taking a table of submissions in: all of it or nothing, unless asked otherwise; a dry run shows what would come."""

from datetime import datetime
from enum import StrEnum

from pydantic import with_config
from sqlalchemy.orm import Session
from typing_extensions import TypedDict

from checklist.rulebook import Rulebook
from desk.intake.table import RowMistake, Table, TableRow
from models.people import Person
from review.actions.companies import IntegrationUnknown
from review.actions.submitting import submit
from review.lifecycle import MoveRefused
from review.vault import Vault


class Came(StrEnum):
    """What became of a row."""

    NEW = "new"
    REVISION = "revision"
    KNOWN = "known"


@with_config(extra="forbid")
class ImportedRow(TypedDict):
    """A row that was taken in, or would be. Of a dry run no number is told: there is none yet."""

    row: int
    external_id: str
    integration: str
    came: Came
    submission: int | None


@with_config(extra="forbid")
class WrongRow(TypedDict):
    """A wrong cell, or without a column a wrong row. `row` is the line of the file on which it begins, from 1."""

    row: int
    column: str | None
    seen: str
    expected: str


@with_config(extra="forbid")
class ImportDone(TypedDict):
    """What an import did, or would do."""

    dry_run: bool
    rows: int
    new: int
    revisions: int
    known: int
    written: bool
    taken: list[ImportedRow]
    wrong: list[WrongRow]


def import_table(
    session: Session, table: Table, *, at: datetime, rulebook: Rulebook, vault: Vault, by: Person | None = None
) -> tuple[list[ImportedRow], list[RowMistake]]:
    """Every row that may come in, in the caller's transaction, and what is wrong with the others."""
    taken: list[ImportedRow] = []
    wrong = list(table.mistakes)
    for row in table.rows:
        try:
            with session.begin_nested():
                taken.append(_taken(session, row, at=at, rulebook=rulebook, vault=vault, by=by))
        except MoveRefused as refused:
            wrong.append(RowMistake(row.row, None, "; ".join(refused.reasons), "a submission that may come in now"))
        except IntegrationUnknown as unknown:
            wrong.append(RowMistake(row.row, "slug", str(unknown), "the slug of an integration that is there"))
    return taken, sorted(wrong, key=lambda one: one.row)


def _taken(
    session: Session, row: TableRow, *, at: datetime, rulebook: Rulebook, vault: Vault, by: Person | None
) -> ImportedRow:
    received = submit(session, row.dossier, by=by, at=at, rulebook=rulebook, vault=vault)
    session.flush()
    submission = received.submission
    came = Came.KNOWN
    if received.is_new:
        came = Came.NEW if submission.revision == 1 else Came.REVISION
    return {
        "row": row.row,
        "external_id": row.dossier.external_id,
        "integration": row.dossier.integration.slug,
        "came": came,
        "submission": submission.id,
    }


def done(
    table: Table, taken: list[ImportedRow], wrong: list[RowMistake], *, dry_run: bool, written: bool
) -> ImportDone:
    """The report, in JSON values."""
    counts = {came: sum(row["came"] is came for row in taken) for came in Came}
    return {
        "dry_run": dry_run,
        "rows": table.number,
        "new": counts[Came.NEW],
        "revisions": counts[Came.REVISION],
        "known": counts[Came.KNOWN],
        "written": written,
        "taken": taken if written else [{**row, "submission": None} for row in taken],
        "wrong": [wrong_row(one) for one in wrong],
    }


def wrong_row(one: RowMistake) -> WrongRow:
    return {"row": one.row, "column": one.column, "seen": one.seen, "expected": one.expected}
