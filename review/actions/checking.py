"""What the checks found: stored, findings closed, the review opened."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from checklist.outcome import CheckResult
from checklist.rulebook import Rulebook
from models.enums import EventName, FindingStage, Outcome, ResultSource, SubmissionStage
from models.result import Finding, ItemResult
from models.submission import Submission
from review.actions.record import record
from review.actions.refusing import refuse
from review.lifecycle import MoveName
from review.results import current_results, standing, verdict_as_json


def take_results(
    session: Session,
    submission: Submission,
    results: Iterable[CheckResult],
    *,
    revision: int,
    inputs: Mapping[str, str],
    at: datetime,
) -> bool:
    """Store what the checks said of a revision. False when it was checked already, or a newer one came in.

    `inputs` is the digest of what each item's check read, so that equal inputs need no second look.
    """
    if submission.revision != revision or submission.checked_revision >= revision:
        return False
    current = {row.item: row for row in current_results(session, submission) if row.source is ResultSource.CHECK}
    for result in results:
        if (old := current.pop(result.item, None)) is not None:
            old.superseded_at = at
        session.flush()  # the old one has to step aside before the new one is current
        session.add(_as_row(submission, result, inputs.get(result.item, ""), at))
    submission.checked_revision = revision
    session.flush()
    _close_fixed_findings(session, submission, at)
    said = standing(session, submission, at=at)
    record(
        session,
        EventName.SUBMISSION_CHECKED,
        at=at,
        submission=submission,
        revision=revision,
        counts=_counts(session, submission),
        failed=titled(submission, said.failed),
        says=said.says.value,
    )
    return True


def open_review(session: Session, submission: Submission, *, at: datetime) -> bool:
    """Bring a checked submission to the reviewers. False when it is there already."""
    if submission.stage is not SubmissionStage.SUBMITTED:
        return False
    refuse(session, submission, MoveName.OPEN_REVIEW, by=None, at=at)
    submission.stage = SubmissionStage.IN_REVIEW
    said = standing(session, submission, at=at)
    record(session, EventName.REVIEW_OPENED, at=at, submission=submission, verdict=verdict_as_json(said))
    return True


def open_findings(session: Session, submission: Submission) -> list[Finding]:
    return list(
        session.scalars(
            select(Finding)
            .where(Finding.submission_id == submission.id, Finding.stage == FindingStage.OPEN)
            .order_by(Finding.id)
        )
    )


def _as_row(submission: Submission, result: CheckResult, inputs: str, at: datetime) -> ItemResult:
    return ItemResult(
        integration_id=submission.integration_id,
        submission_id=submission.id,
        item=result.item,
        revision=submission.revision,
        source=ResultSource.CHECK,
        outcome=result.outcome,
        summary=result.summary,
        expected=result.expected,
        fix=result.fix,
        evidence=[evidence.as_json() for evidence in result.evidence],
        facts=dict(result.facts),
        inputs=inputs,
        judged_at=at,
    )


def _close_fixed_findings(session: Session, submission: Submission, at: datetime) -> None:
    """What a check found is fixed once the check no longer says failed; a person's finding waits for a person."""
    failing = {row.item for row in current_results(session, submission) if row.outcome is Outcome.FAILED}
    for finding in open_findings(session, submission):
        if finding.opened_by_id is None and finding.item not in failing:
            finding.stage = FindingStage.FIXED
            finding.closed_at = at
            record(session, EventName.FINDING_CLOSED, at=at, submission=submission, item=finding.item)


def _counts(session: Session, submission: Submission) -> dict[str, int]:
    counts = dict.fromkeys((outcome.value for outcome in Outcome), 0)
    for row in current_results(session, submission):
        counts[row.outcome.value] += 1
    return counts


def titled(submission: Submission, items: Iterable[str]) -> list[dict[str, str]]:
    rulebook = Rulebook.load(submission.rulebook)
    return [{"item": item, "title": rulebook.item(item).title} for item in items]
