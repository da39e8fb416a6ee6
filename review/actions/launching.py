"""What an approval leads to: access granted, live in Public Beta, updated, Public; and taking it out again."""

import itertools
from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from checklist.dossier import Dossier
from checklist.outcome import CheckResult
from checklist.rulebook import Rulebook
from models.enums import (
    EventName,
    GateName,
    IntegrationStage,
    Severity,
    SubmissionKind,
    SubmissionStage,
)
from models.fall import FallEnd
from models.integration import Integration
from models.people import Person
from models.submission import Revision, Submission
from review import facts as gather
from review.actions import clocks
from review.actions.assigning import staff
from review.actions.companies import set_components
from review.actions.falling import close_all
from review.actions.moving import move_integration
from review.actions.record import record, wake
from review.actions.refusing import lock
from review.guards import Facts
from review.lifecycle import LAUNCHES_FROM, MoveName, refusals
from review.path import Step, due
from review.results import dossier_of


def grant_access(session: Session, submission: Submission, *, at: datetime) -> bool:
    """The approved access request takes effect: the partner may build. False when it has."""
    if not _asks_for(session, submission, Step.GRANT_ACCESS, at):
        return False
    move_integration(session, submission.integration, MoveName.GRANT_ACCESS, at=at)
    submission.applied_at = at
    programme = Rulebook.load(submission.rulebook).programme
    record(
        session,
        EventName.ACCESS_GRANTED,
        at=at,
        submission=submission,
        handbook=programme.handbook,
        support=programme.support,
    )
    return True


def decline_access(session: Session, submission: Submission, *, at: datetime, reason: str) -> bool:
    """The rejected access request takes effect. False when it has."""
    if not _asks_for(session, submission, Step.DECLINE_ACCESS, at):
        return False
    move_integration(session, submission.integration, MoveName.DECLINE_ACCESS, at=at)
    submission.applied_at = at
    record(session, EventName.ACCESS_DECLINED, at=at, submission=submission, reason=reason)
    return True


MOVE_OF_KIND = {
    SubmissionKind.LAUNCH: (MoveName.LAUNCH, EventName.LAUNCHED),
    SubmissionKind.UPDATE: (MoveName.UPDATE, EventName.UPDATED),
    SubmissionKind.GRADUATION: (MoveName.GRADUATE, EventName.GRADUATED),
}


def take_effect(session: Session, submission: Submission, *, at: datetime) -> bool:
    """An approved submission was seen live in the catalog: the integration moves. False when it has, and while the
    integration is delisted.

    The stage changes only now, after the catalog was read back, so that "live" always was true once.
    """
    if not _asks_for(session, submission, Step.PUBLISH, at):
        return False
    integration = submission.integration
    move, event = MOVE_OF_KIND[submission.kind]
    move_integration(session, integration, move, at=at)
    submission.applied_at = at
    integration.verified_at = at
    if submission.kind is not SubmissionKind.GRADUATION:
        integration.listing = submission.document
        integration.name = submission.document["integration"]["name"]
        set_components(integration, dossier_of(submission))
    record(
        session,
        event,
        at=at,
        submission=submission,
        stage=integration.stage.value,
        missing_for_public=missing_for_public(submission) if integration.stage is IntegrationStage.PUBLIC_BETA else [],
    )
    return True


HOLDS_AT_FIRST = "launch.holds"
"""Nothing can have fallen on the day of the launch, so it is nothing that is missing."""


def missing_for_public(submission: Submission) -> list[dict[str, str]]:
    """What the next gate asks, as a partner reads it on the day of the launch."""
    rulebook = Rulebook.load(submission.rulebook)
    items = rulebook.items_of(GateName.PUBLIC, dossier_of(submission).kinds, SubmissionKind.GRADUATION)
    return [
        {"item": item.id, "title": item.title, "fix": item.help}
        for item in items
        if item.severity is Severity.REQUIRED and item.check != HOLDS_AT_FIRST
    ]


PROPOSED_AGAIN_AFTER = timedelta(days=30)
"""A person said no, or the partner took it back: the engine does not ask again the next night."""


def propose_graduation(
    session: Session,
    integration: Integration,
    results: Iterable[CheckResult],
    *,
    rulebook: Rulebook,
    at: datetime,
) -> Submission | None:
    """Open the graduation that an audit found ready. None when one is open, or was closed a short while ago.

    It is a submission like any other: with a clock, a reviewer and a history; submitted by the engine.
    """
    lock(session, integration)
    if not may_propose_graduation(session, integration, at=at):
        return None
    document = graduation_document(integration, external_id=_free_external_id(session, integration))
    submission = Submission(
        external_id=document.external_id,
        integration=integration,
        kind=SubmissionKind.GRADUATION,
        gate=GateName.PUBLIC,
        stage=SubmissionStage.SUBMITTED,
        rulebook=rulebook.version,
        document=document.public_document(),
        submitted_at=at,
        acknowledged_at=at,  # the proposal itself tells the partner
    )
    session.add(submission)
    session.flush()
    session.add(Revision(submission_id=submission.id, revision=1, document=submission.document, submitted_at=at))
    clocks.start(session, submission, clocks.STARTED_BY_SUBMITTING[SubmissionKind.GRADUATION], at=at)
    record(
        session,
        EventName.GRADUATION_PROPOSED,
        at=at,
        submission=submission,
        evidence=[{"item": result.item, "summary": result.summary} for result in results],
        may_decide_itself=rulebook.graduation.decide == "automatically",
    )
    staff(session, submission, at=at)
    wake(session, integration, at)
    return submission


def may_propose_graduation(session: Session, integration: Integration, *, at: datetime) -> bool:
    """Whether the lifecycle lets the engine open a graduation now."""
    known = Facts(
        at=at,
        integration_stage=integration.stage.value,
        launches_from=tuple(stage.value for stage in LAUNCHES_FROM[SubmissionKind.GRADUATION]),
        gate_is_open_elsewhere=gather.under_way(session, integration.id, GateName.PUBLIC),
    )
    if integration.listing is None or refusals(MoveName.SUBMIT, SubmissionStage.DRAFT, known):
        return False
    closed = [closed_at for closed_at in _graduations(session, integration) if closed_at is not None]
    return all(at >= closed_at + PROPOSED_AGAIN_AFTER for closed_at in closed)


def graduation_document(integration: Integration, *, external_id: str) -> Dossier:
    """What is live, as a request to pass the gate to Public."""
    listing = dict(integration.listing or {})
    listing["kind"] = SubmissionKind.GRADUATION.value
    listing["external_id"] = external_id
    return Dossier.parse(listing, f"the listing of {integration.slug}")


def delist(session: Session, integration: Integration, *, by: Person, at: datetime, reason: str) -> None:
    """Take it out of the catalog; it remembers where it was."""
    was = move_integration(session, integration, MoveName.DELIST, at=at, by=by, reason=reason)
    integration.verified_at = None
    close_all(session, integration, FallEnd.DELISTED, at=at)
    record(session, EventName.DELISTED, at=at, by=by, integration=integration, reason=reason, was=was.value)
    wake(session, integration, at)


def relist(session: Session, integration: Integration, *, by: Person, at: datetime, reason: str) -> None:
    """Put it back where it was before it was delisted."""
    move_integration(session, integration, MoveName.RELIST, at=at, by=by, reason=reason)
    integration.verified_at = None
    record(
        session,
        EventName.RELISTED,
        at=at,
        by=by,
        integration=integration,
        reason=reason,
        stage=integration.stage.value,
    )
    wake(session, integration, at)


def seen_in_catalog(integration: Integration, *, at: datetime) -> None:
    """The catalog says what we say."""
    integration.verified_at = at


def _graduations(session: Session, integration: Integration) -> list[datetime | None]:
    """When each graduation so far was closed; None for an open one."""
    return list(
        session.scalars(
            select(Submission.closed_at).where(
                Submission.integration_id == integration.id, Submission.kind == SubmissionKind.GRADUATION
            )
        )
    )


def _asks_for(session: Session, submission: Submission, step: Step, at: datetime) -> bool:
    """Whether the step is the submission's next one, seen under its lock: a second worker finds it taken."""
    lock(session, submission)
    lock(session, submission.integration)
    return due(submission, at) is step


def _free_external_id(session: Session, integration: Integration) -> str:
    """Partners choose external ids as well, so the next one may be taken."""
    first = len(_graduations(session, integration)) + 1
    ids = (f"graduation-{integration.slug}-{number}" for number in itertools.count(first))
    return next(
        one for one in ids if session.scalar(select(Submission.id).where(Submission.external_id == one)) is None
    )
