"""Submissions coming in and going back: submit, resubmit, acknowledge, withdraw."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from checklist.dossier import Dossier
from checklist.rulebook import Rulebook
from checklist.run import inputs_digest
from models.enums import (
    GATE_OF_KIND,
    OPEN_SUBMISSION,
    OUR_PROMISES,
    EventName,
    IntegrationStage,
    ResultSource,
    SubmissionKind,
    SubmissionStage,
    TargetName,
)
from models.integration import Integration
from models.people import Person
from models.submission import AccessRequest, Revision, Secret, Submission
from review import facts as gather
from review.actions import clocks
from review.actions.companies import contact_of, integration_for, partner_named, set_components
from review.actions.moving import move_integration
from review.actions.record import record, wake
from review.actions.refusing import lock, refuse
from review.guards import Facts
from review.lifecycle import LAUNCHES_FROM, MoveName, MoveRefused, refusals
from review.outlook import of_clock
from review.results import current_results, dossier_of
from review.vault import Vault


@dataclass(frozen=True, slots=True)
class Received:
    """What became of a document that was sent."""

    submission: Submission
    is_new: bool
    """False: this very document was known already, and nothing changed."""


def submit(
    session: Session,
    dossier: Dossier,
    *,
    by: Person | None,
    at: datetime,
    rulebook: Rulebook,
    vault: Vault,
) -> Received:
    """Take a document in: a new submission, the next revision of one that waits for changes, or one known already.

    Idempotent by external id. `by` is who sends it; without, the contact that the document names. While changes
    are requested, the same document once more says that what had to change lies elsewhere and is done.
    MoveRefused with the reasons when it must not come in now; IntegrationUnknown for a slug that isn't there.
    """
    if (known := _known(session, dossier)) is not None:
        return _sent_again(session, known, dossier, by=by, at=at, vault=vault)
    partner = partner_named(session, dossier.partner.name, dossier.partner.website or "", at=at)
    integration = integration_for(session, dossier, partner, at=at)
    # Whoever sent the same document at the same time had the integration locked until now.
    if (known := _known(session, dossier)) is not None:
        return _sent_again(session, known, dossier, by=by, at=at, vault=vault)
    sender = by or contact_of(session, dossier, partner, at=at)
    _refuse_submitting(session, dossier, integration, sender, at)
    if dossier.kind is SubmissionKind.ACCESS and integration.stage is IntegrationStage.DECLINED:
        move_integration(session, integration, MoveName.REAPPLY, at=at, by=sender)
    submission = Submission(
        external_id=dossier.external_id,
        integration=integration,
        kind=dossier.kind,
        gate=dossier.gate,
        stage=SubmissionStage.SUBMITTED,
        rulebook=rulebook.version,
        document=dossier.public_document(),
        submitted_by_id=sender.id if sender is not None else None,
        submitted_at=at,
    )
    session.add(submission)
    session.flush()
    _keep(session, submission, dossier, sender, at, vault)
    if dossier.kind is SubmissionKind.LAUNCH:
        set_components(integration, dossier)
    clocks.start(session, submission, clocks.STARTED_BY_SUBMITTING[dossier.kind], at=at)
    record(
        session,
        EventName.SUBMISSION_RECEIVED,
        at=at,
        by=sender,
        submission=submission,
        kind=dossier.kind.value,
        gate=dossier.gate.value,
        revision=1,
    )
    wake(session, integration, at)
    return Received(submission, is_new=True)


def resubmit(
    session: Session, submission: Submission, dossier: Dossier, *, by: Person | None, at: datetime, vault: Vault
) -> None:
    """The next revision, in answer to requested changes. Keeps its place and its clocks.

    MoveRefused when it may not be sent now, and when the document speaks of something else.
    """
    refuse(session, submission, MoveName.RESUBMIT, by=by, at=at)
    _refuse_another_subject(submission, dossier)
    # Stored documents hold no secrets, so of those sent now only new ones count as a change.
    before, after = dossier_of(submission), _without_secrets(dossier)
    after = after.with_secrets(_new_secrets(session, submission, dossier, vault))
    digests = before.fingerprints()
    changed = sorted(part for part, digest in after.fingerprints().items() if digest != digests[part])
    submission.revision += 1
    submission.document = dossier.public_document()
    submission.submitted_at = at
    submission.stage = SubmissionStage.IN_REVIEW
    _keep(session, submission, dossier, by, at, vault)
    if submission.kind is SubmissionKind.LAUNCH:
        set_components(submission.integration, dossier)
    _ask_people_again(session, submission, before, after, at)
    clocks.resume(session, submission, at=at, because=EventName.RESUBMITTED)
    clocks.start(session, submission, (TargetName.RE_REVIEW,), at=at)
    record(
        session,
        EventName.RESUBMITTED,
        at=at,
        by=by,
        submission=submission,
        revision=submission.revision,
        changed=changed,
    )
    wake(session, submission.integration, at)


def acknowledge(session: Session, submission: Submission, *, at: datetime) -> bool:
    """Tell the partner that it came in, once. False when that has been done."""
    lock(session, submission)
    if submission.acknowledged_at is not None or submission.stage not in OPEN_SUBMISSION:
        return False
    submission.acknowledged_at = at
    promised = clocks.running_clocks(session, submission, OUR_PROMISES)
    first = promised[0] if promised else None
    likely = of_clock(session, first, submission.kind, at=at) if first is not None else None
    usual = (likely.earliest_at, likely.latest_at) if likely is not None else (None, None)
    record(
        session,
        EventName.SUBMISSION_ACKNOWLEDGED,
        at=at,
        submission=submission,
        due_at=first.due_at.isoformat() if first is not None else None,
        target=first.target.value if first is not None else None,
        usually_between=[instant.isoformat() for instant in usual if instant is not None] if all(usual) else [],
        rulebook=submission.rulebook,
        gate=submission.gate.value,
    )
    return True


def withdraw(
    session: Session,
    submission: Submission,
    *,
    by: Person,
    at: datetime,
    reason: str = "",
    seen_version: int | None = None,
) -> None:
    """Take it back: the clocks stop, nobody is waited for."""
    refuse(session, submission, MoveName.WITHDRAW, by=by, at=at, reason=reason, seen_version=seen_version)
    submission.stage = SubmissionStage.WITHDRAWN
    submission.closed_at = at
    if (assignment := gather.active_assignment(session, submission)) is not None:
        assignment.ended_at = at
    clocks.stop(session, submission, at=at, because=EventName.WITHDRAWN)
    record(session, EventName.WITHDRAWN, at=at, by=by, submission=submission, reason=reason)


def _known(session: Session, dossier: Dossier) -> Submission | None:
    return session.scalar(select(Submission).where(Submission.external_id == dossier.external_id))


def _sent_again(
    session: Session, known: Submission, dossier: Dossier, *, by: Person | None, at: datetime, vault: Vault
) -> Received:
    _refuse_another_subject(known, dossier)
    lock(session, known)
    if known.stage is SubmissionStage.CHANGES_REQUESTED:
        sender = by or contact_of(session, dossier, known.integration.partner, at=at)
        resubmit(session, known, dossier, by=sender, at=at, vault=vault)
        return Received(known, is_new=True)
    if known.document == dossier.public_document() and not _new_secrets(session, known, dossier, vault):
        return Received(known, is_new=False)
    stage = known.stage.value.replace("_", " ")
    todo = "wait for the review, or withdraw it" if known.stage in OPEN_SUBMISSION else "use a new external id"
    raise MoveRefused(
        "submit", f"submission {known.id}", [f"it is {stage} and this document says something else; {todo}"]
    )


def _refuse_another_subject(known: Submission, dossier: Dossier) -> None:
    """An external id stands for one request of one partner; what others call theirs is not told."""
    integration = known.integration
    if dossier.partner.name.lower() != integration.partner.name.lower():
        reason = f"the external id {dossier.external_id!r} is taken by another partner; choose another"
    elif integration.slug != dossier.integration.slug or known.kind is not dossier.kind:
        about = f"submission {known.id}, the {known.kind.value} of {integration.slug}"
        reason = f"the external id {dossier.external_id!r} is taken by {about}; choose another"
    elif known.external_id != dossier.external_id:
        reason = f"the document says external_id {dossier.external_id!r}; expected {known.external_id!r}"
    else:
        return
    raise MoveRefused(MoveName.SUBMIT, dossier.external_id, [reason])


def _refuse_submitting(
    session: Session, dossier: Dossier, integration: Integration, sender: Person | None, at: datetime
) -> None:
    if reasons := why_not_submit(session, integration, dossier.kind, by=sender, at=at):
        raise MoveRefused(MoveName.SUBMIT, integration.slug, reasons)


def why_not_submit(
    session: Session, integration: Integration, kind: SubmissionKind, *, by: Person | None, at: datetime
) -> list[str]:
    """Every reason why nothing of this kind may come in for the integration now; empty: it may."""
    known = Facts(
        at=at,
        actor=gather.actor(by),
        partner_id=integration.partner_id,
        gate_is_open_elsewhere=gather.under_way(session, integration.id, GATE_OF_KIND[kind]),
        integration_stage=integration.stage.value,
        launches_from=tuple(stage.value for stage in LAUNCHES_FROM[kind]),
    )
    return refusals(MoveName.SUBMIT, SubmissionStage.DRAFT, known)


def _keep(
    session: Session, submission: Submission, dossier: Dossier, by: Person | None, at: datetime, vault: Vault
) -> None:
    """The revision as sent, its secrets encrypted, and the answers of an access request."""
    session.add(
        Revision(
            submission_id=submission.id,
            revision=submission.revision,
            document=submission.document,
            submitted_by_id=by.id if by is not None else None,
            submitted_at=at,
        )
    )
    for path, secret in dossier.secrets().items():
        session.merge(
            Secret(
                integration_id=submission.integration.id,
                path=path,
                ciphertext=vault.seal(secret),
                updated_at=at,
            )
        )
    if dossier.kind is SubmissionKind.ACCESS:
        agreed = dossier.access.agreements
        session.merge(
            AccessRequest(
                submission_id=submission.id,
                website=dossier.partner.website or "",
                email=dossier.partner.contact_email or "",
                answers=dossier.access.survey.model_dump(mode="json"),
                partner_agreement_at=at if agreed.partner_agreement else None,
                privacy_policy_at=at if agreed.privacy_policy else None,
            )
        )


def _without_secrets(dossier: Dossier) -> Dossier:
    return Dossier.parse(dossier.public_document())


def _new_secrets(session: Session, submission: Submission, dossier: Dossier, vault: Vault) -> Mapping[str, str]:
    """The secrets that were not sent before, or say something else now, by their key path."""
    stored = {path: session.get(Secret, (submission.integration_id, path)) for path in dossier.secrets()}
    return {
        path: secret
        for path, secret in dossier.secrets().items()
        if (row := stored[path]) is None or vault.open(row.ciphertext) != secret
    }


def _ask_people_again(session: Session, submission: Submission, before: Dossier, after: Dossier, at: datetime) -> None:
    """A person's word falls when what they read has changed; one that is not tied to any part stands."""
    rulebook = Rulebook.load(submission.rulebook)
    asked = {item.id: item for item in rulebook.items_of(submission.gate, after.kinds, submission.kind)}
    for row in current_results(session, submission):
        item = asked.get(row.item)
        if row.source is not ResultSource.PERSON or item is None:
            continue
        if inputs_digest(item, before) != inputs_digest(item, after):
            row.superseded_at = at
