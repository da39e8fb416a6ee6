"""Who acts and who is told, as the page shows it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, joinedload

from models.decision import Assignment
from models.enums import OPEN_SUBMISSION, Role
from models.people import Person
from models.submission import Submission


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonLine:
    """One person; `open` counts the submissions that are with them now."""

    id: int
    name: str
    email: str
    roles: Sequence[Role]
    partner: str
    time_zone: str
    in_slack: bool
    active: bool
    open: int


def people_lines(session: Session, at: datetime) -> Sequence[PersonLine]:
    """Everybody: the team by name, then partners' people by company."""
    open_of = dict(session.execute(_held(at)).tuples().all())
    everybody = session.scalars(
        select(Person)
        .options(joinedload(Person.partner))
        .order_by(Person.partner_id.is_not(None), Person.partner_id, Person.name)
    )
    return [_line(person, open_of.get(person.id, 0)) for person in everybody]


def submissions_with(session: Session, person: Person, at: datetime) -> int:
    """How many are with this person now."""
    return dict(session.execute(_held(at).where(Assignment.person_id == person.id)).tuples().all()).get(person.id, 0)


def _held(at: datetime) -> Select[tuple[int, int]]:
    return (
        select(Assignment.person_id, func.count())
        .join(Submission, Submission.id == Assignment.submission_id)
        .where(
            Submission.stage.in_(sorted(OPEN_SUBMISSION)), Assignment.ended_at.is_(None), Assignment.leased_until > at
        )
        .group_by(Assignment.person_id)
    )


def _line(person: Person, number: int) -> PersonLine:
    return PersonLine(
        id=person.id,
        name=person.name,
        email=person.email,
        roles=sorted(person.roles),
        partner=person.partner.name if person.partner is not None else "",
        time_zone=person.time_zone,
        in_slack=person.slack_id is not None,
        active=person.active,
        open=number,
    )
