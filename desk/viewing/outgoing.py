"""What the partner will read if something is done: the verb is tried, its messages are written, all is taken back."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from desk.acts import Form, carry_out
from models.database import Database
from models.enums import ChannelName, GateName, SubmissionStage
from models.event import Event
from models.people import Person
from models.submission import Submission
from notifications.addressing import MAILS, Directory
from notifications.message import Message
from notifications.programme import ProgrammeSettings
from notifications.reading import Reader
from notifications.rendering import renderer_for
from notifications.routing import Audience, routes_for
from review.actions.launching import decline_access, grant_access
from review.finding_submissions import submission_called


@dataclass(frozen=True, slots=True)
class Letter:
    """One message and everybody who gets it, each with their own name in it; `text` is the first one's."""

    to: tuple[str, ...]
    title: str
    text: str
    html: str


def outgoing(
    database: Database,
    programme: ProgrammeSettings,
    submission_id: int,
    form: Form,
    *,
    person_id: int,
    at: datetime,
) -> tuple[Letter, ...]:
    """The letters, word for word. Nothing is changed. Raises what the verb raises when it would refuse."""
    with database.write() as session:
        try:
            submission = submission_called(session, str(submission_id))
            newest = session.scalar(select(func.max(Event.id))) or 0
            by = session.get_one(Person, person_id)
            carry_out(session, submission, form, by=by, at=at, undo_for=timedelta(0))
            _take_effect(session, submission, at, form.text)
            return tuple(_letters(session, _programme(programme), newest, at))
        finally:
            session.rollback()


def _take_effect(session: Session, submission: Submission, at: datetime, reason: str) -> None:
    """Of an access request the partner hears when the decision takes effect, and of that alone."""
    if submission.gate is not GateName.ACCESS:
        return
    if submission.stage is SubmissionStage.APPROVED:
        grant_access(session, submission, at=at)
    elif submission.stage is SubmissionStage.REJECTED:
        decline_access(session, submission, at=at, reason=reason)


def _programme(programme: ProgrammeSettings) -> ProgrammeSettings:
    """Where nothing carries mails they are shown as they would be."""
    if programme.channels & MAILS:
        return programme
    return ProgrammeSettings(base_url=programme.base_url, channels=frozenset({ChannelName.FILE}))


def _letters(session: Session, programme: ProgrammeSettings, newest: int, at: datetime) -> Iterator[Letter]:
    reader, directory, renderer = (
        Reader(session, at, cards=False),
        Directory(session, programme),
        renderer_for(programme),
    )
    for event in session.scalars(select(Event).where(Event.id > newest).order_by(Event.id)):
        subject = f"submission:{event.submission_id}"
        facts = reader.facts(event, subject)
        gate = None if facts.submission is None else facts.submission.gate
        for route in routes_for(facts.name, facts.data, gate=gate):
            if route.audience is not Audience.PARTNER:
                continue
            written = [(one, renderer.message(facts, route, one)) for one in directory.addressees(route, event)]
            if written:
                first: Message = written[0][1]
                yield Letter(
                    tuple(one.name or one.recipient for one, _ in written), first.title, first.text, first.html
                )
