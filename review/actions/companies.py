"""Finding or adding the partner, the people and the integration a document speaks of."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from checklist.dossier import Dossier
from models.base import Base
from models.enums import EventName, IntegrationStage, Role, SubmissionKind
from models.integration import Component, Integration
from models.people import Partner, Person, PersonRole
from review.actions.record import record
from review.lifecycle import MoveName, MoveRefused

CREATED_AS = {
    SubmissionKind.ACCESS: IntegrationStage.REQUESTED,
    SubmissionKind.LAUNCH: IntegrationStage.BUILDING,
}
"""Kinds that may speak of a new integration. A launch may: access can be granted outside of this engine."""


Row = TypeVar("Row", bound=Base)


class IntegrationUnknown(LookupError):
    """A slug that names no integration."""

    def __init__(self, slug: str) -> None:
        super().__init__(f"no integration has the slug {slug!r}; is it spelt right? A first launch makes a new one")


def partner_named(session: Session, name: str, website: str, *, at: datetime) -> Partner:
    """The partner of that name, whatever its capitals; a new one when there is none."""

    def find() -> Partner | None:
        return session.scalar(select(Partner).where(func.lower(Partner.name) == name.lower()))

    return find() or _added(session, Partner(name=name, website=website, created_at=at), find)


def add_person(
    session: Session,
    *,
    name: str,
    email: str,
    roles: frozenset[Role],
    at: datetime,
    partner: Partner | None = None,
    time_zone: str = "Etc/UTC",
) -> Person:
    """The person with that address, given these roles as well; a new one when there is none."""
    address = email.strip().lower()

    def find() -> Person | None:
        return session.scalar(select(Person).where(Person.email == address))

    person = find()
    if person is None:
        new = Person(
            name=name,
            email=address,
            partner_id=partner.id if partner is not None else None,
            time_zone=time_zone,
            created_at=at,
            role_rows=[PersonRole(role=role) for role in sorted(roles)],
        )
        person = _added(session, new, find)
    person.role_rows.extend(PersonRole(role=role) for role in sorted(roles - person.roles))
    session.flush()
    return person


def contact_of(session: Session, dossier: Dossier, partner: Partner, *, at: datetime) -> Person | None:
    """Who hears for the partner, as the document names them; None when it names nobody."""
    email = dossier.partner.contact_email
    if not email or "@" not in email:
        return None
    known = session.scalar(select(Person).where(Person.email == email.strip().lower()))
    if known is not None:
        return known
    name = dossier.partner.contact_name or email.partition("@")[0]
    return add_person(session, name=name, email=email, roles=frozenset({Role.PARTNER}), at=at, partner=partner)


def integration_for(session: Session, dossier: Dossier, partner: Partner, *, at: datetime) -> Integration:
    """The integration the document speaks of, locked; created where its kind may speak of a new one.

    IntegrationUnknown for an update or a graduation of one that isn't there; MoveRefused when the slug belongs to
    another partner.
    """
    slug = dossier.integration.slug

    def find() -> Integration | None:
        # Weaker than UPDATE for the reason given in `refusing.lock`.
        return session.scalar(select(Integration).where(Integration.slug == slug).with_for_update(key_share=True))

    integration = find()
    if integration is None:
        stage = CREATED_AS.get(dossier.kind)
        if stage is None:
            raise IntegrationUnknown(slug)
        new = Integration(slug=slug, name=dossier.integration.name, partner_id=partner.id, stage=stage, stage_since=at)
        integration = _added(session, new, find)
        if integration is new:
            record(session, EventName.INTEGRATION_CREATED, at=at, integration=integration, stage=stage.value)
    if integration.partner_id != partner.id:
        reason = f"the slug {slug!r} belongs to another partner; choose a slug of your own"
        raise MoveRefused(MoveName.SUBMIT, slug, [reason])
    return integration


def set_components(integration: Integration, dossier: Dossier) -> None:
    """What the integration is built of becomes what the document says."""
    said = {component.kind: component for component in dossier.components}
    for row in list(integration.components):
        if row.kind not in said:
            integration.components.remove(row)
    rows = {row.kind: row for row in integration.components}
    for kind, component in said.items():
        if kind not in rows:
            rows[kind] = Component(kind=kind)
            integration.components.append(rows[kind])
        rows[kind].endpoint = component.endpoint
        rows[kind].methods = [method.value for method in component.methods]


def _added(session: Session, row: Row, find: Callable[[], Row | None]) -> Row:
    """The new row, or the one that somebody else added at the same moment."""
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        found = find()
        if found is None:
            raise
        return found
    return row
