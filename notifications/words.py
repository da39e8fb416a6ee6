"""How the closed lists read in messages to people."""

from collections.abc import Sequence

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

REPLAY = {
    "accepts_replays": "Do you accept replays of past data?",
    "honours_timestamp": "Do you honour the timestamp of a call that is replayed?",
    "rate_limits": "Which rate limits apply?",
}
"""What the programme asks about replays, by the part of the submission that answers it."""

SHARES = {0.5: "half", 0.75: "three quarters", 0.9: "nine tenths"}
DAYS = {0.5: "half a business day", 1.0: "a business day"}


def level_in_words(level: float) -> str:
    """How far a clock is, by the level of the ladder's step: a share of the target, past 1 business days late."""
    if level < 1:
        share = _share(level)
        return f"{share} of the time {'are' if share.endswith('s') else 'is'} used"
    return "the time is used up" if level == 1 else f"the time was used up more than {_days(level)} ago"


def moments_in_words(levels: Sequence[float]) -> str:
    """When the steps of these levels were passed, lowest first: "at half of the time and when it was used up"."""
    shares = [_share(level) for level in levels if level < 1]
    moments = [f"at {_listed(shares)} of the time"] if shares else []
    moments += ["when it was used up" if level == 1 else f"{_days(level)} late" for level in levels if level >= 1]
    return _listed(moments)


def _share(level: float) -> str:
    return SHARES.get(level, f"{100 * level:g} %")


def _days(level: float) -> str:
    """How late a step past the breach is."""
    return DAYS.get(level - 1, f"{level - 1:g} business days")


def _listed(parts: Sequence[str]) -> str:
    *before, last = parts
    return f"{', '.join(before)} and {last}" if before else last


TURN = {
    Turn.PARTNER: "the partner's",
    Turn.TEAM: "the reviewers'",
    Turn.NOBODY: "nobody's: it is closed",
}
