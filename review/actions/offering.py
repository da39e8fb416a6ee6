"""Who could take a late submission over: offered to the lead with the breach, so that nobody has to look it up."""

from collections import Counter
from functools import cached_property
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.decision import Assignment
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


class Takers:
    """Everybody who may decide, least loaded first: read once for all submissions of a sweep, when one is late."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def offers(self, submission: Submission) -> list[dict[str, str | int]]:
        """The least loaded who don't have it and could still decide on it: name, email, open submissions."""
        holder = active_assignment(self._session, submission)
        not_them = submitters(self._session, submission) | approvers(self._session, submission)
        if holder is not None:
            not_them |= {holder.person_id}
        could = [taker for taker in self._least_loaded_first if taker.id not in not_them]
        return [{"name": taker.name, "email": taker.email, "open": taker.open} for taker in could[:MOST_OFFERS]]

    @cached_property
    def _least_loaded_first(self) -> list[Taker]:
        # What is closed is with nobody, so an assignment that has not ended is one of an open submission. Counted
        # here: grouped by person, SQLite would read every assignment there ever was instead of the index of these.
        has = Counter(self._session.scalars(select(Assignment.person_id).where(Assignment.ended_at.is_(None))))
        decides = select(PersonRole.person_id).where(PersonRole.role.in_(DECIDERS))
        wanted = select(Person.id, Person.name, Person.email).where(
            Person.active, Person.partner_id.is_(None), Person.id.in_(decides)
        )
        takers = [Taker(number, name, email, has[number]) for number, name, email in self._session.execute(wanted)]
        return sorted(takers, key=lambda taker: (taker.open, taker.id))
