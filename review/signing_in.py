"""Who comes with a sign-in's secret."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.calendar_feed import digest_of_secret
from models.enums import Role
from models.people import Person, PersonRole
from models.sign_in import SignIn

IDLE: Final = timedelta(days=3)
"""Unused for so long, a sign-in ends: a weekend is no reason to sign in again."""
LONGEST: Final = timedelta(days=30)
SEEN_IS_NOTED_EVERY: Final = timedelta(minutes=1)
"""A write for each page would cost more than it tells."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The person behind a sign-in, as they are now: a role that is taken away is gone with the next page."""

    sign_in_id: int
    person_id: int
    name: str
    email: str
    time_zone: str
    roles: frozenset[Role]
    partner_id: int | None
    is_noted: bool
    """That it is used is remembered well enough."""


def signed_in(session: Session, secret: str, *, at: datetime) -> SignedIn | None:
    """Who comes with the secret, by one query; None when it opens nothing (any more), whatever the reason."""
    rows = session.execute(
        select(
            SignIn.id,
            SignIn.seen_at,
            Person.id.label("person_id"),
            Person.name,
            Person.email,
            Person.time_zone,
            Person.partner_id,
            PersonRole.role,
        )
        .join(Person, SignIn.person_id == Person.id)
        .outerjoin(PersonRole, PersonRole.person_id == Person.id)
        .where(
            SignIn.digest == digest_of_secret(secret),
            SignIn.ended_at.is_(None),
            SignIn.seen_at > at - IDLE,
            SignIn.began_at > at - LONGEST,
            Person.active,
        )
    ).all()
    if not rows:
        return None
    row = rows[0]
    return SignedIn(
        sign_in_id=row.id,
        person_id=row.person_id,
        name=row.name,
        email=row.email,
        time_zone=row.time_zone,
        roles=frozenset(one.role for one in rows if one.role is not None),
        partner_id=row.partner_id,
        is_noted=row.seen_at >= at - SEEN_IS_NOTED_EVERY,
    )
