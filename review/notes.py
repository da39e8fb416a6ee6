"""What the team wrote for itself about a submission. Only the team's own pages and commands may ask."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from models.note import Note
from models.people import Person


def notes_of(session: Session, submission_id: int) -> Sequence[Note]:
    """Oldest first, each with who wrote it."""
    return session.scalars(
        select(Note)
        .where(Note.submission_id == submission_id)
        .options(joinedload(Note.written_by).lazyload(Person.role_rows))
        .order_by(Note.id)
    ).all()
