"""Asking the guards on behalf of a verb, under a lock."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from models.base import Base
from models.people import Person
from models.submission import Submission
from review import facts as gather
from review.guards import Facts, Guard, is_active, says_why
from review.lifecycle import PROGRAMME, MoveName, MoveRefused, lacks_role, refusals

OF_THE_PROGRAMME: tuple[Guard, ...] = (is_active, says_why)


def lock(session: Session, row: Base) -> None:
    """Wait for whoever is writing the row, and see what they wrote. Held until the transaction ends.

    On PostgreSQL it leaves room for events that only refer to the row: the watch writes those while it holds
    clocks, and a stronger lock would make it and a decision wait for each other. What was read along with the row, such
    as its company, is read along again, and not locked: PostgreSQL locks nothing beside an outer join.
    """
    session.refresh(row, with_for_update={"key_share": True, "of": type(row)})


def refuse(
    session: Session,
    submission: Submission,
    move: MoveName,
    *,
    by: Person | None,
    at: datetime,
    reason: str = "",
    seen_version: int | None = None,
    seen_holder: int | None = None,
) -> None:
    """Raise MoveRefused with every reason that stands against the move; return when there is none.

    The row is locked first, so that what the guards saw still holds when the verb writes.
    """
    lock(session, submission)
    known = gather.of_submission(
        session, submission, by=by, at=at, reason=reason, seen_version=seen_version, seen_holder=seen_holder
    )
    if reasons := refusals(move, submission.stage, known):
        raise MoveRefused(move, f"submission {submission.id}", reasons)


def refuse_programme(
    subject: str,
    change: str,
    *,
    by: Person,
    at: datetime,
    reason: str = "",
    guards: Sequence[Guard] = OF_THE_PROGRAMME,
) -> None:
    """Raise MoveRefused unless the person may change what holds for the whole programme: it has no stage to ask for."""
    known = Facts(at=at, actor=gather.actor(by), reason=reason)
    assert known.actor is not None, "a person is somebody who acts"
    wrong = lacks_role(known.actor, PROGRAMME)
    if reasons := [wrong] if wrong else [said for guard in guards if (said := guard(known))]:
        raise MoveRefused(change, subject, reasons)
