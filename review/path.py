"""What is due for one integration: the path from submission through Public Beta to Public, as a question. Pure
over rows: it reads attributes and decides nothing that a person decides.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from models.enums import IntegrationStage, SubmissionKind, SubmissionStage
from models.integration import Integration
from models.submission import Submission
from review.lifecycle import LAUNCHES_FROM


class Step(StrEnum):
    """What the engine does by itself, in the order in which a submission meets it."""

    ACKNOWLEDGE = "acknowledge"
    CHECK = "check"
    OPEN_REVIEW = "open_review"
    DECIDE_GRADUATION = "decide_graduation"
    GRANT_ACCESS = "grant_access"
    DECLINE_ACCESS = "decline_access"
    PUBLISH = "publish"
    RESTATE = "restate"
    PROPOSE_GRADUATION = "propose_graduation"


BEING_CHECKED = frozenset({SubmissionStage.SUBMITTED, SubmissionStage.IN_REVIEW})


def due(submission: Submission, at: datetime | None = None) -> Step | None:
    """The next step of one submission; None when a person or nobody is waited for.

    A decision that can still be undone at `at` takes no effect yet; without an instant its time is over.
    """
    if submission.stage is SubmissionStage.SUBMITTED and submission.acknowledged_at is None:
        return Step.ACKNOWLEDGE
    if submission.stage in BEING_CHECKED and submission.checked_revision < submission.revision:
        return Step.CHECK
    if submission.stage is SubmissionStage.SUBMITTED:
        return Step.OPEN_REVIEW
    can_be_undone = at is not None and submission.stands_at is not None and at < submission.stands_at
    # A delisted integration waits: publishing would put it back into the catalog.
    if (
        can_be_undone
        or submission.applied_at is not None
        or submission.integration.stage not in LAUNCHES_FROM[submission.kind]
    ):
        return None
    if submission.kind is SubmissionKind.ACCESS:
        return {
            SubmissionStage.APPROVED: Step.GRANT_ACCESS,
            SubmissionStage.REJECTED: Step.DECLINE_ACCESS,
        }.get(submission.stage)
    return Step.PUBLISH if submission.stage is SubmissionStage.APPROVED else None


def came_to(integration: Integration, submissions: Sequence[Submission]) -> tuple[str, str]:
    """Where the path stands now: a name and a sentence, for whoever looks at the run."""
    for submission in sorted(submissions, key=lambda submission: submission.id, reverse=True):
        if submission.stage is SubmissionStage.IN_REVIEW:
            return "In review", f"{submission.kind.value} submission {submission.id} waits for a reviewer"
        if submission.stage is SubmissionStage.CHANGES_REQUESTED:
            return "Waiting on partner", f"{submission.kind.value} submission {submission.id} needs changes"
        if submission.stage is SubmissionStage.SUBMITTED:
            return "Submitted", f"{submission.kind.value} submission {submission.id} came in"
    return STANDS[integration.stage], f"{integration.name} is {integration.stage.value.replace('_', ' ')}"


STANDS = {
    IntegrationStage.REQUESTED: "Access requested",
    IntegrationStage.BUILDING: "Building",
    IntegrationStage.PUBLIC_BETA: "Public Beta",
    IntegrationStage.PUBLIC: "Public",
    IntegrationStage.DECLINED: "Declined",
    IntegrationStage.DELISTED: "Delisted",
}
