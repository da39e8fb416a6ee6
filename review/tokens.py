"""Whose token it is, and what it may do."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.api_token import ApiToken
from models.calendar_feed import digest_of_secret
from models.enums import Role, TokenScope
from models.people import Person
from review.actions.tokens import USE_IS_NOTED_EVERY
from review.scopes import held


@dataclass(frozen=True, slots=True)
class Bearer:
    """The person behind a token. `partner_id` and `partner` are the company's; None for the team."""

    token_id: int
    person_id: int
    partner_id: int | None
    partner: str | None
    roles: frozenset[Role]
    issued_for: frozenset[TokenScope]
    """What the token was issued for, whatever its person may do now."""
    is_noted: bool
    """Its use is remembered well enough."""

    @property
    def holder(self) -> tuple[str, int]:
        """For whom it acts: the company, or one person of the team."""
        return ("person", self.person_id) if self.partner_id is None else ("partner", self.partner_id)

    @property
    def scopes(self) -> frozenset[TokenScope]:
        """What it opens now: a role that was taken away takes its scopes along."""
        return self.issued_for & held(self.roles)

    def may(self, scope: TokenScope) -> bool:
        return scope in self.scopes


def bearer_of(session: Session, token: str, *, at: datetime) -> Bearer | None:
    """Who comes with the token; None, by the same look-up whatever the reason, when it opens nothing (any more).

    A scope that this release does not know opens nothing either.
    """
    found = session.execute(
        select(ApiToken, Person)
        .join(Person, ApiToken.person_id == Person.id)
        .where(
            ApiToken.digest == digest_of_secret(token),
            ApiToken.revoked_at.is_(None),
            ApiToken.expires_at > at,
            Person.active,
        )
    ).one_or_none()
    if found is None:
        return None
    issued, person = found
    return Bearer(
        token_id=issued.id,
        person_id=person.id,
        partner_id=person.partner_id,
        partner=person.partner.name if person.partner is not None else None,
        roles=person.roles,
        issued_for=frozenset(scope for scope in TokenScope if scope.value in issued.scopes),
        is_noted=issued.last_used_at is not None and issued.last_used_at >= at - USE_IS_NOTED_EVERY,
    )


def tokens_of(session: Session, person: Person) -> list[ApiToken]:
    """Every token the person ever had, oldest first."""
    return list(session.scalars(select(ApiToken).where(ApiToken.person_id == person.id).order_by(ApiToken.id)))
