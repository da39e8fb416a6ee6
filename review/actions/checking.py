"""What the checks found: stored, findings closed, the review opened."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from checklist.outcome import CheckResult
from checklist.rulebook import Rulebook
from checklist.verdict import SKIPPED_BECAUSE
from models.enums import EventName, FindingStage, Outcome, ResultSource, SubmissionStage
from models.result import Finding, ItemResult
from models.submission import Submission
from review.actions.picturing import keep_pictures
from review.actions.record import record
from review.actions.refusing import lock, refuse
from review.lifecycle import MoveName
from review.path import BEING_CHECKED
from review.results import current_results, dossier_of, standing, verdict_as_json


def take_results(
    session: Session,
    submission: Submission,
    results: Iterable[CheckResult],
    *,
    revision: int,
    inputs: Mapping[str, str],
    at: datetime,
) -> bool:
    """Store what the checks said of a revision. False when it was checked already, a newer one came in, or nobody
    waits for it any more.

    `inputs` is the digest of what each item's check read, so that equal inputs need no second look.
    """
    lock(session, submission)
    is_late = submission.revision != revision or submission.checked_revision >= revision
    if is_late or submission.stage not in BEING_CHECKED:
        return False
    found = {result.item: result for result in results}
    asked = _asked(submission)
    for row in current_results(session, submission):
        is_replaced = row.source is ResultSource.CHECK and row.item in found
        if is_replaced or row.item not in asked:
            row.superseded_at = at
    session.flush()  # the old ones have to step aside before the new ones are current
    keep_pictures(session, found.values(), at=at)
    session.add_all(_as_row(submission, result, inputs.get(item, ""), at) for item, result in found.items())
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
    lock(session, submission)
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
    """What a check found is fixed once the check says so, or no longer is asked; "unknown" is no such word, and a
    person's finding waits for a person.
    """
    rows = current_results(session, submission)
    unsettled = {row.item for row in rows if row.source is ResultSource.CHECK and not _is_fixed(row)}
    for finding in open_findings(session, submission):
        if finding.opened_by_id is None and finding.item not in unsettled:
            finding.stage = FindingStage.FIXED
            finding.closed_at = at
            record(session, EventName.FINDING_CLOSED, at=at, submission=submission, item=finding.item)


def _is_fixed(row: ItemResult) -> bool:
    return row.outcome not in {Outcome.FAILED, Outcome.UNKNOWN} and SKIPPED_BECAUSE not in row.facts


def _asked(submission: Submission) -> frozenset[str]:
    rulebook = Rulebook.load(submission.rulebook)
    asked = rulebook.items_of(submission.gate, dossier_of(submission).kinds, submission.kind)
    return frozenset(item.id for item in asked)


def _counts(session: Session, submission: Submission) -> dict[str, int]:
    counts = dict.fromkeys((outcome.value for outcome in Outcome), 0)
    for row in current_results(session, submission):
        counts[row.outcome.value] += 1
    return counts


def titled(submission: Submission, items: Iterable[str]) -> list[dict[str, str]]:
    rulebook = Rulebook.load(submission.rulebook)
    return [{"item": item, "title": rulebook.item(item).title} for item in items]
