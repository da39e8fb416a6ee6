"""Audit runs in JSON."""

from collections.abc import Mapping, Sequence

from pydantic import with_config
from sqlalchemy import select
from sqlalchemy.orm import Session
from typing_extensions import TypedDict

from desk.published.values import Instant, at_or_none
from desk.viewing.audits import grades_of
from models.audit import AuditEntry, AuditRun
from models.enums import AuditGrade, IntegrationStage
from models.integration import Integration
from notifications.public_events import instant


@with_config(extra="forbid")
class AuditLine(TypedDict):
    """One run; without `finished_at` it is under way, or was cut off.

    `integrations` is how many it is about, `left` how many of them it has not looked at, `counts` how many have which
    grade; 0 is left out.
    """

    audit: int
    started_at: Instant
    finished_at: Instant | None
    rulebook: str
    asked_by: str
    integrations: int
    left: int
    counts: dict[AuditGrade, int]


@with_config(extra="forbid")
class AuditedIntegration(TypedDict):
    """What a run found of one integration: ids of items by outcome; `drifted` says what differs from the approved."""

    integration: str
    stage: IntegrationStage
    grade: AuditGrade | None
    ready_for_public: bool | None
    failed: list[str]
    unknown: list[str]
    warned: list[str]
    drifted: dict[str, list[str]]


@with_config(extra="forbid")
class AuditShown(AuditLine):
    """One run with everything that it looked at."""

    entries: list[AuditedIntegration]


def audit_lines(session: Session, runs: Sequence[AuditRun]) -> list[AuditLine]:
    """One query for all of them."""
    grades = grades_of(session, [run.id for run in runs])
    return [_line(run, grades[run.id]) for run in runs]


def _line(run: AuditRun, grades: Mapping[AuditGrade | None, int]) -> AuditLine:
    return {
        "audit": run.id,
        "started_at": instant(run.started_at),
        "finished_at": at_or_none(run.finished_at),
        "rulebook": run.rulebook,
        "asked_by": run.asked_by,
        "integrations": sum(grades.values()),
        "left": grades.get(None, 0),
        "counts": {grade: grades[grade] for grade in AuditGrade if grade in grades},
    }


def audit_shown(session: Session, run: AuditRun) -> AuditShown:
    entries = session.execute(
        select(Integration.slug, Integration.stage, AuditEntry)
        .join(AuditEntry.integration)
        .where(AuditEntry.audit_run_id == run.id)
        .order_by(Integration.slug)
    )
    return {
        **audit_lines(session, [run])[0],
        "entries": [audited(slug, stage, entry) for slug, stage, entry in entries],
    }


def audited(slug: str, stage: IntegrationStage, entry: AuditEntry) -> AuditedIntegration:
    return {
        "integration": slug,
        "stage": stage,
        "grade": entry.grade,
        "ready_for_public": entry.ready_for_public,
        "failed": entry.outcomes.get("failed", []),
        "unknown": entry.outcomes.get("unknown", []),
        "warned": entry.outcomes.get("warned", []),
        "drifted": entry.drift or {},
    }
