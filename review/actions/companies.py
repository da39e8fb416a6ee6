"""Finding or adding the partner, the people and the integration a document speaks of."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from checklist.dossier import Dossier
from models.enums import EventName, IntegrationStage, Role, SubmissionKind
from models.integration import Component, Integration
from models.people import Partner, Person, PersonRole
from review.actions.record import record
from review.lifecycle import MoveRefused

CREATED_AS = {
    SubmissionKind.ACCESS: IntegrationStage.REQUESTED,
    SubmissionKind.LAUNCH: IntegrationStage.BUILDING,
}
"""Kinds that may speak of a new integration. A launch may: access can be granted outside of this engine."""


class IntegrationUnknown(LookupError):
    """A slug that names no integration."""

    def __init__(self, slug: str) -> None:
        super().__init__(f"no integration has the slug {slug!r}; submit its access request or its launch first")


def partner_named(session: Session, name: str, website: str, *, at: datetime) -> Partner:
    """The partner of that name, whatever its capitals; a new one when there is none."""
    known = session.scalar(select(Partner).where(func.lower(Partner.name) == name.lower()))
    if known is not None:
        return known
    partner = Partner(name=name, website=website, created_at=at)
    session.add(partner)
    session.flush()
    return partner


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
    person = session.scalar(select(Person).where(Person.email == email.strip().lower()))
    if person is None:
        person = Person(
            name=name,
            email=email.strip().lower(),
            partner_id=partner.id if partner is not None else None,
            time_zone=time_zone,
            created_at=at,
        )
        session.add(person)
    have = person.roles
    person.role_rows.extend(PersonRole(role=role) for role in sorted(roles - have))
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
    known = session.scalar(select(Integration).where(Integration.slug == slug).with_for_update())
    if known is not None:
        if known.partner_id != partner.id:
            reason = f"the slug {slug!r} belongs to another partner; choose a slug of your own"
            raise MoveRefused("submit", slug, [reason])
        return known
    stage = CREATED_AS.get(dossier.kind)
    if stage is None:
        raise IntegrationUnknown(slug)
    integration = Integration(
        slug=slug, name=dossier.integration.name, partner_id=partner.id, stage=stage, stage_since=at
    )
    session.add(integration)
    record(session, EventName.INTEGRATION_CREATED, at=at, integration=integration, stage=stage.value)
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
