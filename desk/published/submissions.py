"""A submission in JSON: its line in the queue, and everything that is known of it, without a secret."""

from datetime import datetime
from typing import Any, cast

from pydantic import with_config
from sqlalchemy import select
from sqlalchemy.orm import Session
from typing_extensions import TypedDict

from desk.published.values import Day, Instant, at_or_none
from models.clock import Clock
from models.decision import Decision
from models.enums import (
    DecisionKind,
    FindingStage,
    GateName,
    GateSays,
    Outcome,
    ResultSource,
    SubmissionKind,
    SubmissionStage,
    TargetName,
)
from models.result import Finding, ItemResult
from models.submission import Submission
from models.undo import Undo
from notifications.public_events import instant
from review.results import active_waivers, current_results, standing, verdict_as_json
from review.worklist import Row, row_of


@with_config(extra="forbid")
class SubmissionRow(TypedDict):
    """One line of the queue. Seconds are open seconds of the clock's calendar; negative once breached."""

    submission: int
    version: int
    integration: str
    name: str
    partner: str
    kind: SubmissionKind
    gate: GateName
    stage: SubmissionStage
    revision: int
    turn: str
    reason: str
    target: TargetName | None
    due_at: Instant | None
    breach_at: Instant | None
    remaining_seconds: float | None
    paused: bool
    breached: bool
    assignee: str | None
    leased_until: Instant | None
    failed: int
    unknown: int
    submitted_at: Instant | None


@with_config(extra="forbid")
class VerdictShown(TypedDict):
    """What the gate says, computed from outcomes and waivers."""

    says: GateSays
    failed: list[str]
    open: list[str]
    waived: list[str]
    warned: list[str]
    shadow: list[str]
    reasons: list[str]


@with_config(extra="forbid")
class ItemShown(TypedDict):
    """What is current of one item: a check's word, or a person's."""

    id: str
    outcome: Outcome
    source: ResultSource
    by: str | None
    summary: str
    expected: str
    fix: str
    evidence: list[dict[str, Any]]
    revision: int
    judged_at: Instant
    expires_at: Instant | None


@with_config(extra="forbid")
class ClockShown(TypedDict):
    """One promise and what became of it. Pauses are pairs of instants; the last may have no end yet."""

    target: TargetName
    started_at: Instant
    due_at: Instant
    breach_at: Instant
    stopped_at: Instant | None
    stopped_because: str
    breached: bool
    pauses: list[list[Instant | None]]
    calendar: str


@with_config(extra="forbid")
class DecisionShown(TypedDict):
    """A decision; the reason is what the partner reads, `by` is null where the engine approved by the rulebook."""

    at: Instant
    decision: DecisionKind
    by: str | None
    reason: str
    revision: int
    undone_at: Instant | None


@with_config(extra="forbid")
class FindingShown(TypedDict):
    """What has to be mended, or was."""

    item: str
    stage: FindingStage
    what: str
    fix: str
    fix_by: Day | None
    revision: int


@with_config(extra="forbid")
class WaiverShown(TypedDict):
    """An item that may fail to hold, up to and including a day."""

    item: str
    reason: str
    by: str | None
    until: Day


@with_config(extra="forbid")
class SubmissionShown(SubmissionRow):
    """Everything that is known of one submission."""

    external_id: str | None
    rulebook: str
    verdict: VerdictShown
    items: list[ItemShown]
    clocks: list[ClockShown]
    decisions: list[DecisionShown]
    findings: list[FindingShown]
    waivers: list[WaiverShown]


def shown(session: Session, submission: Submission, *, at: datetime) -> SubmissionShown:
    """Everything the team sees of a submission."""
    clocks = session.scalars(select(Clock).where(Clock.submission_id == submission.id).order_by(Clock.id))
    decisions = session.execute(
        select(Decision, Undo.undone_at)
        .outerjoin(Undo, Undo.decision_id == Decision.id)
        .where(Decision.submission_id == submission.id)
        .order_by(Decision.id)
    )
    findings = session.scalars(select(Finding).where(Finding.submission_id == submission.id).order_by(Finding.id))
    return {
        **row_as_json(row_of(session, submission, at=at)),
        "external_id": submission.external_id,
        "rulebook": submission.rulebook,
        "verdict": verdict(session, submission, at=at),
        "items": [_item(result) for result in sorted(current_results(session, submission), key=_by_item)],
        "clocks": [_clock(clock) for clock in clocks],
        "decisions": [
            {
                "at": instant(one.decided_at),
                "decision": one.decision,
                "by": one.decided_by.email if one.decided_by is not None else None,
                "reason": one.reason,
                "revision": one.revision,
                "undone_at": at_or_none(undone_at),
            }
            for one, undone_at in decisions
        ],
        "findings": [
            {
                "item": one.item,
                "stage": one.stage,
                "what": one.what,
                "fix": one.fix,
                "fix_by": one.fix_by.isoformat() if one.fix_by is not None else None,
                "revision": one.revision,
            }
            for one in findings
        ],
        "waivers": [
            {"item": one.item, "reason": one.reason, "by": one.granted_by.email, "until": one.until.isoformat()}
            for one in active_waivers(session, submission.integration_id)
        ],
    }


def verdict(session: Session, submission: Submission, *, at: datetime) -> VerdictShown:
    said = standing(session, submission, at=at)
    return cast("VerdictShown", {**verdict_as_json(said), "reasons": list(said.reasons)})


def row_as_json(row: Row) -> SubmissionRow:
    return {
        "submission": row.submission_id,
        "version": row.version,
        "integration": row.slug,
        "name": row.integration,
        "partner": row.partner,
        "kind": row.kind,
        "gate": row.gate,
        "stage": row.stage,
        "revision": row.revision,
        "turn": row.turn,
        "reason": row.reason,
        "target": row.target,
        "due_at": at_or_none(row.due_at),
        "breach_at": at_or_none(row.breach_at),
        "remaining_seconds": row.remaining_seconds,
        "paused": row.paused,
        "breached": row.breached,
        "assignee": row.assignee,
        "leased_until": at_or_none(row.leased_until),
        "failed": row.failed,
        "unknown": row.unknown,
        "submitted_at": at_or_none(row.submitted_at),
    }


def _by_item(result: ItemResult) -> tuple[str, str]:
    return result.item, result.source.value


def _item(result: ItemResult) -> ItemShown:
    return {
        "id": result.item,
        "outcome": result.outcome,
        "source": result.source,
        "by": result.judged_by.email if result.judged_by is not None else None,
        "summary": result.summary,
        "expected": result.expected,
        "fix": result.fix,
        "evidence": list(result.evidence),
        "revision": result.revision,
        "judged_at": instant(result.judged_at),
        "expires_at": at_or_none(result.expires_at),
    }


def _clock(clock: Clock) -> ClockShown:
    return {
        "target": clock.target,
        "started_at": instant(clock.started_at),
        "due_at": instant(clock.due_at),
        "breach_at": instant(clock.breach_at),
        "stopped_at": at_or_none(clock.stopped_at),
        "stopped_because": clock.stopped_because,
        "breached": clock.breached,
        "pauses": [[instant(pause.from_at), at_or_none(pause.to_at)] for pause in clock.pauses],
        "calendar": f"{clock.calendar.name} {clock.calendar.version}",
    }
