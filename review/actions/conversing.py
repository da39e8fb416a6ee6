"""Messages between the team and the partner that ask for nothing.

What asks for something is a question, in `asking`: it changes whose turn it is.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from models.enums import EventName
from models.event import Event
from models.people import Person
from models.submission import Submission
from review.actions import clocks
from review.actions.assigning import renew
from review.actions.record import record
from review.actions.refusing import refuse
from review.lifecycle import MoveName


def send_message(session: Session, submission: Submission, *, by: Person, at: datetime, text: str) -> Event:
    """Write to the other side: of the team to the partner, of the partner to whoever has the submission.

    The team's first message to the partner keeps the promise of a first response (ARCHITECTURE.md, SLA arithmetic).
    """
    refuse(session, submission, MoveName.MESSAGE, by=by, at=at, reason=text)
    from_team = by.partner_id is None
    if from_team:
        renew(session, submission, by=by, at=at)
        clocks.stop(session, submission, at=at, because=EventName.MESSAGE_SENT, targets=clocks.ANSWERS)
    return record(
        session,
        EventName.MESSAGE_SENT,
        at=at,
        by=by,
        submission=submission,
        text=text.strip(),
        to_partner=from_team,
        to_team=not from_team,
    )
