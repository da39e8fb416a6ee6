"""Who could take a late submission over: offered to the lead with the breach, so that nobody has to look it up."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.decision import Assignment
from models.enums import OPEN_SUBMISSION
from models.people import Person, PersonRole
from models.submission import Submission
from review.facts import active_assignment, submitters
from review.lifecycle import DECIDERS

MOST_OFFERS = 3


def offers(session: Session, submission: Submission) -> list[dict[str, str | int]]:
    """The least loaded people who may decide on it and don't have it: name, email, open submissions."""
    holder = active_assignment(session, submission)
    has = (
        select(func.count())
        .select_from(Assignment)
        .join(Submission, Submission.id == Assignment.submission_id)
        .where(Assignment.person_id == Person.id, Assignment.ended_at.is_(None), Submission.stage.in_(OPEN_SUBMISSION))
        .scalar_subquery()
    )
    decides = select(PersonRole.person_id).where(PersonRole.role.in_(DECIDERS))
    not_them = set(submitters(session, submission))
    if holder is not None:
        not_them.add(holder.person_id)
    wanted = (
        select(Person.name, Person.email, has)
        .where(Person.active, Person.partner_id.is_(None), Person.id.in_(decides), Person.id.not_in(not_them))
        .order_by(has, Person.id)
        .limit(MOST_OFFERS)
    )
    return [{"name": name, "email": email, "open": number} for name, email, number in session.execute(wanted)]
