"""Integrations in JSON."""

from typing import Any

from pydantic import with_config
from sqlalchemy import select
from sqlalchemy.orm import Session
from typing_extensions import TypedDict

from desk.published.audits import AuditedIntegration, audited
from desk.published.submissions import WaiverShown
from desk.published.values import Day, Instant, at_or_none
from models.audit import AuditEntry
from models.enums import OPEN_SUBMISSION, ComponentKind, IntegrationStage, SpecCall
from models.integration import Integration
from models.submission import Submission
from notifications.public_events import instant
from review.actions.falling import falls_of
from review.results import active_waivers


@with_config(extra="forbid")
class IntegrationLine(TypedDict):
    """One tile of the catalog, and where it is on its path."""

    integration: str
    name: str
    partner: str
    stage: IntegrationStage
    stage_since: Instant
    verified_at: Instant | None
    last_audited_at: Instant | None
    version: int


@with_config(extra="forbid")
class ComponentShown(TypedDict):
    kind: ComponentKind
    endpoint: str | None
    methods: list[SpecCall]


@with_config(extra="forbid")
class LiveWaiver(WaiverShown):
    """With when it was granted last, and how often it was renewed before."""

    granted_at: Instant
    renewals: int


@with_config(extra="forbid")
class FallShown(TypedDict):
    """An item that fell: until when it is to be mended. `proposed_at`: the team was asked whether it stays listed;
    `dismissed_until`: it does so far, and is asked again after that day.
    """

    item: str
    fell_at: Instant
    fix_by: Day
    reminded_at: Instant | None
    proposed_at: Instant | None
    dismissed_until: Day | None
    extended_because: str


@with_config(extra="forbid")
class IntegrationShown(IntegrationLine):
    """With what it is built of, its submissions, what has fallen, what is waived, what the last audit found and what
    is live.
    """

    components: list[ComponentShown]
    submissions: list[int]
    open_submissions: list[int]
    falls: list[FallShown]
    waivers: list[LiveWaiver]
    audit: AuditedIntegration | None
    listing: dict[str, Any] | None


def integration_line(integration: Integration) -> IntegrationLine:
    return {
        "integration": integration.slug,
        "name": integration.name,
        "partner": integration.partner.name,
        "stage": integration.stage,
        "stage_since": instant(integration.stage_since),
        "verified_at": at_or_none(integration.verified_at),
        "last_audited_at": at_or_none(integration.last_audited_at),
        "version": integration.version,
    }


def integration_shown(session: Session, integration: Integration) -> IntegrationShown:
    sent = select(Submission.id, Submission.stage).where(Submission.integration_id == integration.id)
    submissions = session.execute(sent.order_by(Submission.id)).tuples().all()
    latest_first = AuditEntry.done_at.desc(), AuditEntry.audit_run_id.desc()
    done = AuditEntry.integration_id == integration.id, AuditEntry.done_at.is_not(None)
    latest = session.scalar(select(AuditEntry).where(*done).order_by(*latest_first).limit(1))
    return {
        **integration_line(integration),
        "components": [
            {"kind": one.kind, "endpoint": one.endpoint, "methods": [SpecCall(method) for method in one.methods]}
            for one in integration.components
        ],
        "submissions": [number for number, _ in submissions],
        "open_submissions": [number for number, stage in submissions if stage in OPEN_SUBMISSION],
        "falls": [
            {
                "item": one.item,
                "fell_at": instant(one.fell_at),
                "fix_by": one.fix_by.isoformat(),
                "reminded_at": at_or_none(one.reminded_at),
                "proposed_at": at_or_none(one.proposed_at),
                "dismissed_until": one.dismissed_until.isoformat() if one.dismissed_until is not None else None,
                "extended_because": one.extended_because,
            }
            for one in falls_of(session, integration)
        ],
        "waivers": [
            {
                "item": one.item,
                "reason": one.reason,
                "by": one.granted_by.email,
                "until": one.until.isoformat(),
                "granted_at": instant(one.granted_at),
                "renewals": one.renewals,
            }
            for one in active_waivers(session, integration.id)
        ],
        "audit": audited(integration.slug, integration.stage, latest) if latest is not None else None,
        "listing": integration.listing,
    }
