"""Who could take a submission: offered to the lead with a breach, and given what the engine opens by itself."""

from functools import cached_property
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.decision import Assignment
from models.enums import Role
from models.people import Person, PersonRole
from models.submission import Submission
from review.facts import active_assignment, approvers, submitters
from review.lifecycle import DECIDERS

MOST_OFFERS = 3


class Taker(NamedTuple):
    """Somebody who may decide on submissions, and how many are with them."""

    id: int
    name: str
    email: str
    open: int
    reviews: bool
    """Whether reviewing is their role; a lead or an administrator stands in."""


class Takers:
    """Everybody who may decide, least loaded first: read once for all submissions of a sweep, when one is late."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def offers(self, submission: Submission) -> list[dict[str, str | int]]:
        """The least loaded who don't have it and could still decide on it: name, email, open submissions."""
        could = self._who_could(submission)
        return [{"name": taker.name, "email": taker.email, "open": taker.open} for taker in could[:MOST_OFFERS]]

    def first(self, submission: Submission) -> Taker | None:
        """The least loaded reviewer; where there is none, the least loaded of those who stand in."""
        could = self._who_could(submission)
        return next((taker for taker in could if taker.reviews), could[0] if could else None)

    def _who_could(self, submission: Submission) -> list[Taker]:
        holder = active_assignment(self._session, submission)
        not_them = submitters(self._session, submission) | approvers(self._session, submission)
        if holder is not None:
            not_them |= {holder.person_id}
        return [taker for taker in self._least_loaded_first if taker.id not in not_them]

    @cached_property
    def _least_loaded_first(self) -> list[Taker]:
        # Grouped by the bare column, SQLite would go through the index of everything that anybody ever had.
        person_id = (Assignment.person_id + 0).label("person_id")
        # What is closed is with nobody, so an assignment that has not ended is one of an open submission.
        held = select(person_id, func.count().label("open")).where(Assignment.ended_at.is_(None)).group_by(person_id)
        by_person = held.subquery()
        has = func.coalesce(by_person.c.open, 0)
        decides = select(PersonRole.person_id).where(PersonRole.role.in_(DECIDERS))
        reviews = select(PersonRole.person_id).where(PersonRole.role == Role.REVIEWER)
        wanted = (
            select(Person.id, Person.name, Person.email, has, Person.id.in_(reviews))
            .outerjoin(by_person, by_person.c.person_id == Person.id)
            .where(Person.active, Person.partner_id.is_(None), Person.id.in_(decides))
            .order_by(has, Person.id)
        )
        return [Taker(*row) for row in self._session.execute(wanted)]
