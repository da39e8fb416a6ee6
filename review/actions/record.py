"""Writing an event, and waking the path: what every verb does in its transaction."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import insert, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified, set_committed_value

from models.enums import EventName
from models.event import Event, UnplannedEvent
from models.integration import Integration
from models.people import Person
from models.submission import Submission


class OfSubmission(NamedTuple):
    """What an event says of one submission of many."""

    submission_id: int
    integration_id: int
    data: dict[str, Any]


def record(
    session: Session,
    name: EventName,
    /,
    *,
    at: datetime,
    by: Person | None = None,
    submission: Submission | None = None,
    integration: Integration | None = None,
    **data: Any,
) -> Event:
    """Append an event and leave it at the outbox's door. `data` is JSON: what a message or report needs later."""
    about = integration or (submission.integration if submission is not None else None)
    session.flush()  # so that new subjects have their ids
    event = Event(
        at=at,
        name=name.value,
        integration_id=about.id if about is not None else None,
        submission_id=submission.id if submission is not None else None,
        person_id=by.id if by is not None else None,
        data=data,
    )
    session.add(event)
    session.flush()
    about_ids = submission.id if submission is not None else None, about.id if about is not None else None
    session.add(UnplannedEvent(event_id=event.id, subject=_subject(*about_ids)))
    return event


def record_each(
    session: Session, name: EventName, said: Sequence[OfSubmission], *, at: datetime, by: Person | None = None
) -> None:
    """The same event about many submissions, with a few statements for thousands of them."""
    if not said:
        return
    session.flush()
    rows = [
        {
            "at": at,
            "name": name.value,
            "integration_id": one.integration_id,
            "submission_id": one.submission_id,
            "person_id": by.id if by is not None else None,
            "data": one.data,
        }
        for one in said
    ]
    # Each number comes back with its subject: asked for in the order given, SQLite would insert row by row.
    written = session.execute(insert(Event).returning(Event.id, Event.submission_id, Event.integration_id), rows)
    waiting = [{"event_id": number, "subject": _subject(*about)} for number, *about in written]
    session.execute(insert(UnplannedEvent), waiting)


def wake(session: Session, integration: Integration, at: datetime) -> None:
    """Let the launch flow look at this integration as soon as it can."""
    due: dict[str, Any] = {"next_run_at": at, "failed_runs": 0}
    # Past the version: a decision must not be refused because an audit wrote to the same integration meanwhile.
    written = update(Integration).where(Integration.id == integration.id).values(**due)
    session.execute(written, execution_options={"synchronize_session": False})
    for name, value in due.items():
        set_committed_value(integration, name, value)


def wake_later(session: Session, integration: Integration, at: datetime) -> None:
    """Let the launch flow look at this integration at that instant; when it looks earlier anyhow, it comes back."""
    later = update(Integration).where(
        Integration.id == integration.id, Integration.next_run_at.is_(None) | (Integration.next_run_at > at)
    )
    # Past the version, as in `wake`.
    session.execute(later.values(next_run_at=at), execution_options={"synchronize_session": False})
    session.expire(integration, ["next_run_at"])


def touch(submission: Submission) -> None:
    """What a decision rests on has changed beside the row: whoever looked before has to look again."""
    flag_modified(submission, "checked_revision")


def _subject(submission_id: int | None, integration_id: int | None) -> str:
    if submission_id is not None:
        return f"submission:{submission_id}"
    return f"integration:{integration_id}" if integration_id is not None else "programme"
