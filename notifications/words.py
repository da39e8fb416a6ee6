"""How the closed lists read in messages to people."""

from models.enums import (
    GateName,
    IntegrationStage,
    Outcome,
    SubmissionKind,
    SubmissionStage,
    TargetName,
)
from notifications.facts import Turn

GATE = {
    GateName.ACCESS: "access to the programme",
    GateName.PUBLIC_BETA: "Public Beta",
    GateName.PUBLIC: "Public",
    GateName.BONUS: "the bonus",
}

KIND = {
    SubmissionKind.ACCESS: "request for access",
    SubmissionKind.LAUNCH: "launch",
    SubmissionKind.UPDATE: "update",
    SubmissionKind.GRADUATION: "graduation",
}

STAGE = {
    SubmissionStage.DRAFT: "draft",
    SubmissionStage.SUBMITTED: "submitted",
    SubmissionStage.IN_REVIEW: "in review",
    SubmissionStage.CHANGES_REQUESTED: "changes requested",
    SubmissionStage.APPROVED: "approved",
    SubmissionStage.REJECTED: "rejected",
    SubmissionStage.WITHDRAWN: "withdrawn",
}

INTEGRATION_STAGE = {
    IntegrationStage.REQUESTED: "requested",
    IntegrationStage.BUILDING: "building",
    IntegrationStage.PUBLIC_BETA: "Public Beta",
    IntegrationStage.PUBLIC: "Public",
    IntegrationStage.DECLINED: "declined",
    IntegrationStage.DELISTED: "delisted",
}

OUTCOME = {
    Outcome.PASSED: "passed",
    Outcome.WARNED: "passed with a remark",
    Outcome.FAILED: "failed",
    Outcome.UNKNOWN: "unknown",
    Outcome.NOT_APPLICABLE: "not applicable",
}

TARGET = {
    TargetName.ACCESS: "the answer to the request for access",
    TargetName.FIRST_RESPONSE: "the first answer by a person",
    TargetName.DECISION: "the decision",
    TargetName.RE_REVIEW: "the second look",
    TargetName.PARTNER_ANSWER: "the partner's answer",
}

SHARES = {
    0.5: "half of the time is used",
    0.75: "three quarters of the time are used",
    0.9: "nine tenths of the time are used",
}


def level_in_words(level: float) -> str:
    """How far a clock is, by the level of the ladder's step: a share of the target, past 1 business days late."""
    if level < 1:
        return SHARES.get(level, f"{100 * level:g} % of the time is used")
    if level == 1:
        return "the time is used up"
    days = level - 1
    return f"the time was used up {'a business day' if days == 1 else f'{days:g} business days'} ago"


TURN = {
    Turn.PARTNER: "the partner's",
    Turn.TEAM: "the reviewers'",
    Turn.NOBODY: "nobody's: it is closed",
}
