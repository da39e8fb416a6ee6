"""The domain's closed lists and amounts of time, as people read them."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final

from models.enums import (
    AuditGrade,
    DecisionKind,
    GateName,
    GateSays,
    IntegrationStage,
    ItemMode,
    SubmissionKind,
    TargetName,
)

MINUTE, HOUR, DAY, YEAR = 60, 3_600, 86_400, 31_557_600

WORDS: Final[Mapping[type[StrEnum], Mapping[StrEnum, str]]] = {
    GateName: {GateName.PUBLIC_BETA: "Public Beta"},
    IntegrationStage: {
        IntegrationStage.PUBLIC_BETA: "Public Beta",
        IntegrationStage.REQUESTED: "Access requested",
    },
    SubmissionKind: {
        SubmissionKind.ACCESS: "Access request",
        SubmissionKind.LAUNCH: "Launch into Public Beta",
        SubmissionKind.GRADUATION: "Graduation to Public",
    },
    TargetName: {
        TargetName.ACCESS: "Answer to the request",
        TargetName.RE_REVIEW: "Second look",
        TargetName.PARTNER_ANSWER: "Partner’s answer",
    },
    GateSays: {
        GateSays.HOLDS: "Everything required holds",
        GateSays.FAILS: "Required items failed",
        GateSays.OPEN: "A person has to look",
    },
    DecisionKind: {
        DecisionKind.APPROVE: "Approved",
        DecisionKind.REQUEST_CHANGES: "Changes requested",
        DecisionKind.REJECT: "Rejected",
    },
    AuditGrade: {
        AuditGrade.DRIFTED: "Holds, but drifted",
        AuditGrade.SUSPECTED: "Fall seen once",
        AuditGrade.REGRESSED: "Fallen",
    },
    ItemMode: {
        ItemMode.AUTOMATIC: "a check decides",
        ItemMode.ASSISTED: "a person decides, a check gathers the evidence",
        ItemMode.MANUAL: "a person decides",
    },
}
"""Where a value does not read well by itself."""


def said(member: StrEnum | None) -> str:
    """A member of a closed list in words; empty for None."""
    if member is None:
        return ""
    return WORDS.get(type(member), {}).get(member) or member.value.replace("_", " ").capitalize()


def as_sentence(words: object) -> str:
    """With a capital and a full stop; names inside keep theirs."""
    text = str(words).rstrip(".")
    return f"{text[:1].upper()}{text[1:]}."


def within(member: StrEnum | None) -> str:
    """The same inside of a sentence: names such as Public Beta keep their capitals."""
    words = said(member)
    return words[:1].lower() + words[1:]


def happened(event: str) -> str:
    """An event's name in words, as in "submission acknowledged"; also one that only a newer release knows."""
    return event.replace(".", " ").replace("_", " ")


def deed(event: str) -> str:
    """The same where it is plain what it happened to, as in "changes requested"."""
    return event.rpartition(".")[2].replace("_", " ")


def counted(number: int, one: str, many: str = "") -> str:
    """As in "1 item" and "3 items"; `many` where adding an s is wrong."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def listed(parts: Iterable[str]) -> str:
    """As in "a, b and c"."""
    *before, last = list(parts) or [""]
    return f"{', '.join(before)} and {last}" if before else last


def business_time(seconds: float, business_day_seconds: int) -> str:
    """An amount of open time in business days, hours and minutes; rounded down to a minute, so that parts add up."""
    days, rest = divmod(int(seconds), business_day_seconds)
    hours, minutes = rest // HOUR, rest % HOUR // MINUTE
    parts = [counted(days, "business day")] if days else []
    parts += [f"{hours} h"] if hours else []
    parts += [f"{minutes} min"] if minutes else []
    return " ".join(parts) or "less than a minute"


def span(seconds: float) -> str:
    """An amount of time on the wall, in its largest unit; rounded down."""
    whole = max(int(seconds), 0)
    if whole < MINUTE:
        return "less than a minute"
    if whole < HOUR:
        return f"{whole // MINUTE} min"
    if whole < 2 * DAY:
        return f"{whole // HOUR} h"
    return counted(whole // DAY, "day")
