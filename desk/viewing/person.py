"""One person as their page shows them: what they may do, where they are signed in, their tokens."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from desk.words import listed
from models.api_token import ApiToken
from models.enums import Role, TokenScope
from models.people import Person
from models.sign_in import SignIn
from review.actions.staffing import ADMINS, Standing
from review.lifecycle import PROGRAMME
from review.scopes import OPENS, held
from review.tokens import tokens_of

OF_THE_TEAM: Final = tuple(role for role in Role if role is not Role.PARTNER)


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenLine:
    """A token as a list shows it; never the token."""

    id: int
    name: str
    scopes: Sequence[str]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    stands: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonView:
    """`standing` goes along in forms, so that a stale one is noticed; `offered` are roles that can be given."""

    id: int
    name: str
    email: str
    partner: str
    time_zone: str
    standing: Standing
    offered: Sequence[Role]
    signed_in: int
    tokens: Sequence[TokenLine]
    scopes: Sequence[tuple[TokenScope, str]]
    may_change: bool
    may_sign_out: bool
    may_issue: bool


def person_view(session: Session, person: Person, by: Person, at: datetime) -> PersonView:
    """What `by` sees of the person."""
    open_ones = select(func.count()).where(SignIn.person_id == person.id, SignIn.ended_at.is_(None))
    return PersonView(
        id=person.id,
        name=person.name,
        email=person.email,
        partner=person.partner.name if person.partner is not None else "",
        time_zone=person.time_zone,
        standing=Standing.of(person),
        offered=OF_THE_TEAM if person.partner_id is None else (Role.PARTNER,),
        signed_in=session.scalar(open_ones) or 0,
        tokens=[_line(token, at) for token in tokens_of(session, person)],
        scopes=[(scope, OPENS[scope]) for scope in TokenScope if scope in held(person.roles)],
        may_change=bool(by.roles & ADMINS),
        may_sign_out=bool(by.roles & PROGRAMME),
        may_issue=person.active and (person.id == by.id or bool(by.roles & ADMINS)),
    )


def foreseen(person: Person, wanted: Standing, *, has_now: int) -> list[str]:
    """What a change of roles does, in sentences."""
    now = Standing.of(person)
    gained, lost = sorted(wanted.roles - now.roles), sorted(now.roles - wanted.roles)
    said = []
    if gained:
        said.append(f"{person.name} becomes {listed(gained)}.")
    if lost:
        said.append(f"{person.name} is no longer {listed(lost)}.")
    if now.active and not wanted.active:
        said.append(f"{person.name} may no longer act: signed out everywhere at once, and every token is revoked.")
    if wanted.active and not now.active:
        said.append(f"{person.name} may act again. Their tokens stay revoked.")
    if has_now and (lost or not wanted.active):
        many = "submission is" if has_now == 1 else "submissions are"
        said.append(f"{has_now} {many} with them now; give them to somebody else.")
    return said


def _line(token: ApiToken, at: datetime) -> TokenLine:
    return TokenLine(
        id=token.id,
        name=token.name,
        scopes=token.scopes,
        created_at=token.created_at,
        expires_at=token.expires_at,
        last_used_at=token.last_used_at,
        stands="revoked" if token.revoked_at is not None else "expired" if token.expires_at <= at else "works",
    )
