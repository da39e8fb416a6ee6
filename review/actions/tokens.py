"""Issuing and revoking the tokens with which a person's programs open the API.

The token comes from the caller, because a verb makes nothing random, and only its digest is kept. An event says who
issued or revoked which; nobody is told.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import or_, update
from sqlalchemy.orm import Session

from models.api_token import ApiToken
from models.calendar_feed import digest_of_secret
from models.enums import EventName, Role, TokenScope
from models.people import Person
from review.actions.record import record
from review.actions.refusing import lock
from review.scopes import SCOPES, held

USE_IS_NOTED_EVERY: Final = timedelta(hours=1)
"""A write for each request would cost more than it tells."""


class TokenRefused(Exception):
    """No token can be issued for this person; the message says why."""


class TokenUnknown(LookupError):
    """The person has no token of that number; the message says how to see those there are."""


def issue_token(
    session: Session,
    person: Person,
    *,
    token: str,
    name: str,
    scopes: Collection[TokenScope],
    at: datetime,
    until: datetime,
    by: Person | None = None,
) -> ApiToken:
    """Let the token act for the person, within its scopes, before `until`; `by` None is who has the machine itself.

    TokenRefused when they are not active, or none of their roles may have one of the scopes.
    """
    lock(session, person)
    if not person.active:
        raise TokenRefused(f"{person.email} is no longer active, so no token would work for them")
    for scope in sorted(set(scopes) - held(person.roles)):
        needed = " or ".join(sorted(role.value for role in SCOPES[scope]))
        has = ", ".join(sorted(role.value for role in person.roles)) or "no role"
        raise TokenRefused(f"{person.email} has {has}, so no token of theirs may {scope.value}; that needs {needed}")
    issued = ApiToken(
        person_id=person.id,
        digest=digest_of_secret(token),
        name=name,
        scopes=sorted(scope.value for scope in scopes),
        created_at=at,
        expires_at=until,
    )
    session.add(issued)
    session.flush()
    about: dict[str, Any] = {"person": person.id, "email": person.email, "token": issued.id, "name": name}
    record(session, EventName.TOKEN_ISSUED, at=at, by=by, **about, scopes=issued.scopes)
    return issued


def revoke_token(session: Session, person: Person, number: int, *, at: datetime, by: Person | None = None) -> bool:
    """Let the person's token of that id open nothing any more. False when it was revoked before; else TokenUnknown."""
    lock(session, person)
    issued = session.get(ApiToken, number)
    if issued is None or issued.person_id != person.id:
        raise TokenUnknown(f"{person.email} has no token {number}; `people token {person.email} --list` shows theirs")
    if issued.revoked_at is not None:
        return False
    issued.revoked_at = max(at, issued.created_at)
    session.flush()
    about: dict[str, Any] = {"person": person.id, "email": person.email, "token": issued.id, "name": issued.name}
    record(session, EventName.TOKEN_REVOKED, at=at, by=by, **about)
    return True


def note_use(session: Session, number: int, *, at: datetime) -> None:
    """Remember that the token was used about now."""
    session.execute(
        update(ApiToken)
        .where(
            ApiToken.id == number,
            or_(ApiToken.last_used_at.is_(None), ApiToken.last_used_at < at - USE_IS_NOTED_EVERY),
        )
        .values(last_used_at=at)
    )


def refuse_token_of_another(person: Person, *, by: Person) -> None:
    """Whoever is no admin issues and revokes their own tokens alone. Raises TokenRefused."""
    if not by.active or (by.id != person.id and Role.ADMIN not in by.roles):
        raise TokenRefused(f"a token of {person.email} is theirs, or an admin's, to issue and revoke")
