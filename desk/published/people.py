"""People and partners in JSON."""

from pydantic import with_config
from sqlalchemy import Select, func, select
from typing_extensions import TypedDict

from models.enums import Role
from models.integration import Integration
from models.people import Partner, Person


@with_config(extra="forbid")
class PersonShown(TypedDict):
    """Somebody who acts or is told; `partner` is empty for the team."""

    id: int
    email: str
    name: str
    roles: list[Role]
    partner: str | None
    active: bool
    time_zone: str


@with_config(extra="forbid")
class PartnerShown(TypedDict):
    """A company, and how many integrations it has here."""

    id: int
    name: str
    tier: str
    website: str
    integrations: int


def person_as_json(person: Person) -> PersonShown:
    return {
        "id": person.id,
        "email": person.email,
        "name": person.name,
        "roles": sorted(person.roles),
        "partner": person.partner.name if person.partner is not None else None,
        "active": person.active,
        "time_zone": person.time_zone,
    }


def partners() -> Select[tuple[int, str, str, str, int]]:
    """Rows for `partner_as_json`."""
    return (
        select(Partner.id, Partner.name, Partner.tier, Partner.website, func.count(Integration.id))
        .outerjoin(Integration, Integration.partner_id == Partner.id)
        .group_by(Partner.id)
    )


def partner_as_json(number: int, name: str, tier: str, website: str, integrations: int) -> PartnerShown:
    return {"id": number, "name": name, "tier": tier, "website": website, "integrations": integrations}
