"""Who may act: people added, their roles given and taken, and what happens when somebody leaves.

Admins alone say who may do what, and nobody raises themselves: a new role of one's own comes from another admin. There
is always an active admin. Whoever leads or manages may sign somebody out, because a lost laptop waits for nobody.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from models.api_token import ApiToken
from models.enums import EventName, Role
from models.event import Event
from models.people import Partner, Person, PersonRole
from review.actions.companies import add_person
from review.actions.record import record
from review.actions.refusing import lock, refuse_programme
from review.actions.signing_in import end_every_sign_in, mail_link
from review.guards import is_active
from review.lifecycle import MoveRefused

ADMINS: Final = frozenset({Role.ADMIN})
CHANGE: Final = "change people"


class Standing(NamedTuple):
    """What somebody may do: their roles, and whether they may act at all."""

    roles: frozenset[Role]
    active: bool

    @classmethod
    def of(cls, person: Person) -> "Standing":
        return cls(person.roles, person.active)

    def as_data(self) -> dict[str, Any]:
        return {"roles": sorted(self.roles), "active": self.active}

    def __str__(self) -> str:
        """As a form carries it along, such as "active:lead,reviewer"."""
        return f"{'active' if self.active else 'inactive'}:{','.join(sorted(self.roles))}"


def enrol(
    session: Session,
    *,
    name: str,
    email: str,
    roles: Collection[Role],
    at: datetime,
    by: Person | None = None,
    partner: Partner | None = None,
    time_zone: str = "Etc/UTC",
) -> Person:
    """Add a person, or give one these roles as well; `by` None is whoever has the machine itself.

    Raises MoveRefused for who may not, for somebody of the other side, and for raising oneself.
    """
    wanted = frozenset(roles)
    known = session.scalar(select(Person).where(Person.email == email.strip().lower()))
    if by is not None:
        _refuse_not_admin(email, by, at)
        if known is by and wanted - by.roles:
            raise _refused(known, RAISES_THEMSELVES)
    if known is not None and known.partner_id != (partner.id if partner is not None else None):
        side = "the team" if known.partner_id is None else "a partner"
        raise _refused(known, f"{known.email} belongs to {side} already; nobody is on both sides, or of two companies")
    _refuse_wrong_side(email, wanted, of_partner=partner is not None)
    was = None if known is None else Standing.of(known)
    person = add_person(session, name=name, email=email, roles=wanted, at=at, partner=partner, time_zone=time_zone)
    if was is None:
        record(session, EventName.PERSON_ADDED, at=at, by=by, **_about(person), roles=sorted(person.roles))
    elif was != Standing.of(person):
        _record_change(session, person, was, by=by, at=at, because="")
    return person


def why_not(session: Session, person: Person, wanted: Standing, *, by: Person) -> list[str]:
    """What stands against the change, in whole sentences; who may change people at all is asked elsewhere. Reads."""
    now = Standing.of(person)
    reasons = []
    if wanted == now:
        reasons.append("that is how it stands; nothing changes")
    if person.id == by.id and wanted.roles - now.roles:
        reasons.append(RAISES_THEMSELVES)
    if person.partner_id is not None and wanted.roles - {Role.PARTNER}:
        reasons.append(f"{person.email} belongs to a partner, so has no role of the team")
    if person.partner_id is None and Role.PARTNER in wanted.roles:
        reasons.append(f"{person.email} is of the team; a person of a partner is added with its company")
    if _is_admin(now) and not _is_admin(wanted) and not _other_admins(session, person):
        reasons.append(f"{person.email} is the last active admin; make somebody else one first")
    return reasons


def change_person(
    session: Session, person: Person, wanted: Standing, *, by: Person, at: datetime, because: str, seen: str = ""
) -> None:
    """Give the person these roles and no others; an inactive one is signed out and their tokens revoked.

    `seen` is their standing as whoever asks saw it. Raises MoveRefused with every reason.
    """
    refuse_programme(person.email, CHANGE, by=by, at=at, reason=because)
    _refuse_not_admin(person.email, by, at)
    # All admins, so that two who take each other's role at the same moment come one after the other.
    session.execute(_admins().with_for_update(key_share=True))
    lock(session, person)
    session.expire(person, ["role_rows"])
    was = Standing.of(person)
    if seen and seen != str(was):
        raise _refused(person, changed_meanwhile(session, person))
    if reasons := why_not(session, person, wanted, by=by):
        raise MoveRefused(CHANGE, person.email, reasons)
    for row in list(person.role_rows):
        if row.role not in wanted.roles:
            person.role_rows.remove(row)
    person.role_rows.extend(PersonRole(role=role) for role in sorted(wanted.roles - was.roles))
    person.active = wanted.active
    session.flush()
    if was.active and not wanted.active:
        end_every_sign_in(session, person, at=at)
        for token in session.scalars(
            select(ApiToken).where(ApiToken.person_id == person.id, ApiToken.revoked_at.is_(None))
        ):
            token.revoked_at = max(at, token.created_at)
    _record_change(session, person, was, by=by, at=at, because=because.strip())


def sign_out_everywhere(session: Session, person: Person, *, at: datetime, by: Person | None = None) -> int:
    """End every sign-in of the person, unused links included, and say how many browsers that were."""
    if by is not None and by.id != person.id:
        refuse_programme(person.email, "sign out", by=by, at=at, guards=(is_active,))
    ended = end_every_sign_in(session, person, at=at)
    record(session, EventName.PERSON_SIGNED_OUT, at=at, by=by, **_about(person), browsers=ended)
    return ended


def send_link(session: Session, person: Person, *, by: Person, at: datetime) -> None:
    """Mail the person a link that signs them in. Raises MoveRefused for who may not, and when enough were mailed."""
    refuse_programme(person.email, "send a sign-in link", by=by, at=at, guards=(is_active,))
    if not person.active:
        raise MoveRefused("send a sign-in link", person.email, [f"{person.email} is no longer active"])
    if not mail_link(session, person.email, at=at):
        raise MoveRefused(
            "send a sign-in link", person.email, [f"enough links were mailed to {person.email} within the hour"]
        )


def changed_meanwhile(session: Session, person: Person) -> str:
    """Who changed the person last, for somebody whose page is stale."""
    about = select(Event).where(
        Event.integration_id.is_(None),
        Event.name.in_([EventName.PERSON_CHANGED.value, EventName.PERSON_ADDED.value]),
        Event.data["person"].as_integer() == person.id,
    )
    last = session.scalar(about.order_by(Event.id.desc()).limit(1))
    who = last.person.name if last is not None and last.person is not None else "somebody"
    stands = Standing.of(person)
    may = ", ".join(sorted(stands.roles)) or "no role"
    return f"changed meanwhile by {who}: now {'active' if stands.active else 'inactive'} with {may}; look again"


RAISES_THEMSELVES: Final = "nobody raises themselves; another admin gives you the role"


def _refuse_not_admin(subject: str, by: Person, at: datetime) -> None:
    refuse_programme(subject, CHANGE, by=by, at=at, guards=(is_active,))
    if not by.roles & ADMINS:
        has = ", ".join(sorted(by.roles)) or "no role"
        raise MoveRefused(CHANGE, subject, [f"{by.name} is {has}; this needs admin"])


def _refuse_wrong_side(email: str, roles: frozenset[Role], *, of_partner: bool) -> None:
    if of_partner and roles != {Role.PARTNER}:
        raise MoveRefused(CHANGE, email, ["a partner's person has no role in the team; it would decide on its own"])
    if not of_partner and Role.PARTNER in roles:
        raise MoveRefused(CHANGE, email, ["the role partner needs the company it is of"])


def _is_admin(standing: Standing) -> bool:
    return standing.active and bool(standing.roles & ADMINS)


def _admins() -> Select[tuple[Person]]:
    return (
        select(Person)
        .join(PersonRole, PersonRole.person_id == Person.id)
        .where(PersonRole.role == Role.ADMIN, Person.active, Person.partner_id.is_(None))
        .order_by(Person.id)
    )


def _other_admins(session: Session, person: Person) -> bool:
    return any(other.id != person.id for other in session.scalars(_admins()))


def _about(person: Person) -> dict[str, Any]:
    return {"person": person.id, "email": person.email}


def _record_change(
    session: Session, person: Person, was: Standing, *, by: Person | None, at: datetime, because: str
) -> None:
    about: dict[str, Any] = {"was": was.as_data(), "now": Standing.of(person).as_data(), "because": because}
    record(session, EventName.PERSON_CHANGED, at=at, by=by, **_about(person), **about)


def _refused(person: Person, reason: str) -> MoveRefused:
    return MoveRefused(CHANGE, person.email, [reason])
