"""Asking the guards on behalf of a verb."""

from datetime import datetime

from sqlalchemy.orm import Session

from models.people import Person
from models.submission import Submission
from review import facts as gather
from review.lifecycle import MoveName, MoveRefused, refusals


def refuse(
    session: Session,
    submission: Submission,
    move: MoveName,
    *,
    by: Person | None,
    at: datetime,
    reason: str = "",
    seen_version: int | None = None,
) -> None:
    """Raise MoveRefused with every reason that stands against the move; return when there is none.

    The row is locked first, so that what the guards saw still holds when the verb writes.
    """
    session.refresh(submission, with_for_update=True)
    known = gather.of_submission(session, submission, by=by, at=at, reason=reason, seen_version=seen_version)
    if reasons := refusals(move, submission.stage, known):
        raise MoveRefused(move, f"submission {submission.id}", reasons)
