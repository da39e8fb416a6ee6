"""The sample programme's reasons library: plain words for the usual findings on the way to Public Beta."""

from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy.orm import Session

from checklist.document import read_document
from models.people import Person
from review.actions.reasoning import set_all
from review.reasons import library
from review.reasons_entry import ReasonEntry, entries_of

FILE: Final = Path(__file__).parent / "reasons.toml"


def entries() -> list[ReasonEntry]:
    return entries_of(read_document(FILE), FILE.name)


def add_reasons(session: Session, *, by: Person, at: datetime) -> None:
    """Write those that the library never had: what people changed or retired since stays as they left it."""
    there = {entry.row.key for entry in library(session, retired=True)}
    set_all(session, (entry for entry in entries() if entry.key not in there), by=by, at=at)
