"""Taking in a catalog as it stands: what is live, in its stage, so that audits can look after it."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from checklist.document import UNSTORABLE
from checklist.dossier import IMPORTED, Dossier, DossierInvalid
from models.enums import LIVE, ComponentKind, EventName, IntegrationStage, SpecCall, SubmissionKind
from models.event import Event
from models.integration import Integration
from models.people import Partner, Person
from review.actions.companies import set_components

LONGEST_ID = 64
"""Characters of a catalog's own id."""
STAGE_OF_STATUS = {"PUBLIC": IntegrationStage.PUBLIC, "PUBLIC_BETA": IntegrationStage.PUBLIC_BETA}


@dataclass(slots=True)
class Imported:
    """What an import did; `differs` names those whose stage here is another than the catalog's."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    differs: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


def import_catalog(session: Session, destinations: Iterable[Mapping[str, Any]], *, at: datetime) -> Imported:
    """Integrations as the catalog lists them. Idempotent by slug; a stage that differs is said, never changed.

    A row that can't be read is named in `wrong` and the rest is still taken in.
    """
    done = Imported()
    partners = {partner.name.lower(): partner for partner in session.scalars(select(Partner))}
    known = {integration.slug: integration for integration in session.scalars(select(Integration))}
    ids = {integration.catalog_id: slug for slug, integration in known.items() if integration.catalog_id is not None}
    read: set[str] = set()
    for number, row in enumerate(destinations, start=1):
        try:
            _refuse_odd(row)
            stage = STAGE_OF_STATUS[str(row["status"])]
            dossier = _listing(row)
            _refuse_doubles(row, dossier.integration.slug, read, ids)
        except (KeyError, TypeError, ValueError, AttributeError, DossierInvalid) as error:
            done.wrong.append(f"destination {number} ({_slug_of(row)}): {_said(error)}")
            continue
        listing = dossier.public_document()
        integration = known.get(dossier.integration.slug)
        if integration is not None and integration.listing is None:
            _take_over(session, integration, dossier, _id_of(row), partners, at)
        if integration is None:
            known[dossier.integration.slug] = _created(session, dossier, _id_of(row), stage, partners, at)
            done.created += 1
            continue
        if integration.stage is not stage:
            done.differs.append(f"{integration.slug}: {integration.stage.value} here, {stage.value} in the catalog")
        if integration.listing == listing:
            done.unchanged += 1
        elif integration.stage in LIVE and _is_from_catalog(integration):
            integration.listing = listing
            integration.name = dossier.integration.name
            set_components(integration, dossier)
            done.updated += 1
        else:
            done.unchanged += 1  # what is or was reviewed here is better known than the catalog's facts
    session.flush()
    return done


def _created(
    session: Session,
    dossier: Dossier,
    catalog_id: str | None,
    stage: IntegrationStage,
    partners: dict[str, Partner],
    at: datetime,
) -> Integration:
    partner = _partner(session, dossier, partners, at)
    integration = Integration(
        slug=dossier.integration.slug,
        name=dossier.integration.name,
        partner_id=partner.id,
        stage=stage,
        stage_since=at,
        listing=dossier.public_document(),
        catalog_id=catalog_id,
        verified_at=at,
    )
    set_components(integration, dossier)
    session.add(integration)
    session.flush()
    # Nobody has to hear of an import, so its events don't pass the outbox.
    session.add(
        Event(
            at=at,
            name=EventName.IMPORTED.value,
            integration_id=integration.id,
            data={"stage": stage.value, "catalog_id": catalog_id},
        )
    )
    return integration


def _partner(session: Session, dossier: Dossier, partners: dict[str, Partner], at: datetime) -> Partner:
    name = dossier.partner.name
    partner = partners.get(name.lower())
    if partner is None:
        partner = partners[name.lower()] = Partner(name=name, website=dossier.partner.website or "", created_at=at)
        session.add(partner)
        session.flush()
    return partner


def _take_over(
    session: Session,
    integration: Integration,
    dossier: Dossier,
    catalog_id: str | None,
    partners: dict[str, Partner],
    at: datetime,
) -> None:
    """What was known by its history alone gets the catalog's partner; the one that only bore its slug goes."""
    if integration.stage not in LIVE:
        return
    stood_in = integration.partner
    integration.partner = _partner(session, dossier, partners, at)
    integration.catalog_id, integration.verified_at = catalog_id, at
    session.flush()
    is_empty = stood_in.name == integration.slug and not stood_in.website and stood_in is not integration.partner
    if is_empty and not session.scalar(select(exists().where(Person.partner_id == stood_in.id))):
        partners.pop(stood_in.name.lower(), None)
        session.delete(stood_in)


def _refuse_odd(row: object) -> None:
    """ValueError for a row that is no object, or whose texts no database could store."""
    if not isinstance(row, Mapping):
        raise ValueError("expected an object with a slug, a name and a status")  # noqa: TRY004 - told as all others
    if UNSTORABLE.search(json.dumps(row, ensure_ascii=False)) or r"\u0000" in json.dumps(row):
        raise ValueError("holds a character that cannot be stored (NUL, or half of a pair); expected readable text")
    if not isinstance(row.get("id"), str | int | None) or len(str(row.get("id"))) > LONGEST_ID:
        raise ValueError(f"the id is no text of at most {LONGEST_ID} characters")


def _refuse_doubles(row: Mapping[str, Any], slug: str, read: set[str], ids: dict[str, str]) -> None:
    """ValueError when the export speaks of a destination twice, or gives two of them one id."""
    if slug in read:
        raise ValueError("the slug stands in the export twice; expected each destination once")
    read.add(slug)
    catalog_id = _id_of(row)
    if catalog_id is not None and ids.setdefault(catalog_id, slug) != slug:
        raise ValueError(f"the id {catalog_id!r} is {ids[catalog_id]}'s; expected an id of its own")


def _id_of(row: Mapping[str, Any]) -> str | None:
    return None if row.get("id") is None else str(row["id"])


def _is_from_catalog(integration: Integration) -> bool:
    return integration.listing is None or integration.listing["external_id"].startswith(IMPORTED)


def _listing(row: Mapping[str, Any]) -> Dossier:
    """The catalog's facts as a document; DossierInvalid when they make none."""
    website = str(row.get("website") or "")
    methods = [method for method in row.get("methods", ()) if method in set(SpecCall)]
    return Dossier.parse(
        {
            "external_id": f"{IMPORTED}{row['slug']}",
            "kind": SubmissionKind.UPDATE.value,
            "partner": {"name": _company(website) or row["name"], "website": website},
            "integration": {"slug": row["slug"], "name": row["name"]},
            "components": [{"kind": kind.value, "methods": methods} for kind in _kinds(row)],
            "catalog": {
                "categories": list(row.get("categories", ())),
                "logo": row.get("logo") or None,
                "mark": row.get("mark") or None,
                "website": website or None,
            },
        },
        f"destination {row['slug']}",
    )


def _kinds(row: Mapping[str, Any]) -> list[ComponentKind]:
    """Cloud modes are calls to the partner's endpoint; a device mode on the web is a plugin."""
    modes = row.get("connection_modes") or {}
    kinds = [ComponentKind.SUBSCRIPTION] if modes.get("cloud") else []
    if modes.get("device"):
        kinds.append(ComponentKind.PLUGIN)
    return kinds or [ComponentKind.SUBSCRIPTION]


def _company(website: str) -> str:
    """The catalog names no company; its host is the best stable name for one."""
    host = (urlsplit(website).hostname or "").lower()
    return host.removeprefix("www.")


def _slug_of(row: object) -> str:
    return str(row.get("slug", "without a slug")) if isinstance(row, Mapping) else "not an object"


def _said(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"{error.args[0]!r} is missing or unknown; expected the shape of the catalog export"
    if isinstance(error, TypeError | AttributeError):
        return "a value is of another kind than in the shape of the catalog export"
    return str(error)
