"""How the closed lists read in messages to people."""

from models.enums import (
    GateName,
    IntegrationStage,
    Outcome,
    Rung,
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
}

RUNG = {
    Rung.HALF: "half of the time is used",
    Rung.THREE_QUARTERS: "three quarters of the time are used",
    Rung.NINE_TENTHS: "nine tenths of the time are used",
    Rung.BREACH: "the time is used up",
    Rung.BREACH_PLUS_ONE_DAY: "the time was used up a business day ago",
}

TURN = {
    Turn.PARTNER: "the partner's",
    Turn.TEAM: "the reviewers'",
    Turn.NOBODY: "nobody's: it is closed",
}
