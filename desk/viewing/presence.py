"""Who else has a submission open just now, at whichever desk: never told to partners.

It warns of work done twice; what decides is the version of the row (two reviewers, one decision). So nothing waits for
it: who looks is noted after the page was sent, at most every few seconds, and a note that can't be made is left out.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from models.database import Database
from models.passage import Visit
from models.people import Person

LOG = logging.getLogger(__name__)

LOOKS_FOR: Final = timedelta(seconds=50)
"""An open page asks every twenty seconds; two silences, and whoever had it has left."""
NOTED_EVERY: Final = timedelta(seconds=15)


def others_at(session: Session, submission_id: int, person_id: int, *, at: datetime) -> tuple[Sequence[str], bool]:
    """Names of the others who look at it, and whether it has to be noted that this person does. One query."""
    rows = session.execute(
        select(Visit.person_id, Person.name, Visit.seen_at)
        .join(Person, Person.id == Visit.person_id)
        .where(Visit.submission_id == submission_id, Visit.seen_at > at - LOOKS_FOR)
    ).all()
    mine = next((row.seen_at for row in rows if row.person_id == person_id), None)
    others = sorted(row.name for row in rows if row.person_id != person_id)
    return tuple(others), mine is None or at - mine >= NOTED_EVERY


def note_visit(database: Database, submission_id: int, person_id: int, at: datetime) -> None:
    """Note that somebody looks at it."""
    insert = postgresql.insert if database.is_postgresql else sqlite.insert
    visit = insert(Visit).values(submission_id=submission_id, person_id=person_id, seen_at=at)
    keys = ["submission_id", "person_id"]
    try:
        with database.write.begin() as session:
            session.execute(visit.on_conflict_do_update(index_elements=keys, set_={"seen_at": visit.excluded.seen_at}))
    except DBAPIError as error:
        LOG.warning("who looks at submission %s is not noted: %s", submission_id, error.orig)
