"""The buttons of a card: which of them a submission shows, and what each says when it is pressed. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from models.enums import Outcome
from models.enums import SubmissionStage as S
from notifications.facts import IntegrationFacts, SubmissionFacts, Turn
from notifications.slack_text import plain
from notifications.words import GATE


class Act(StrEnum):
    """What a button does, named like the move it asks for."""

    CLAIM = "claim"
    APPROVE = "approve"
    REQUEST_CHANGES = "request_changes"
    ASK_PARTNER = "ask_partner"
    WAIVE = "waive"


OPEN_IN_DESK: Final = "open_in_desk"

LABEL: Final = {
    Act.CLAIM: "Take it",
    Act.APPROVE: "Approve",
    Act.REQUEST_CHANGES: "Request changes",
    Act.ASK_PARTNER: "Ask the partner",
    Act.WAIVE: "Waive",
}

STAGES: Final = {
    Act.CLAIM: frozenset({S.SUBMITTED, S.IN_REVIEW}),
    Act.APPROVE: frozenset({S.IN_REVIEW}),
    Act.REQUEST_CHANGES: frozenset({S.IN_REVIEW}),
    Act.ASK_PARTNER: frozenset({S.SUBMITTED, S.IN_REVIEW}),
    Act.WAIVE: frozenset({S.SUBMITTED, S.IN_REVIEW, S.CHANGES_REQUESTED}),
}
"""In which stages a button is worth showing; a test keeps it equal to what the lifecycle allows."""

CONFIRM_TITLE_CHARACTERS = 100  # Slack's reference of the confirmation object
CONFIRM_TEXT_CHARACTERS = 300


@dataclass(frozen=True, slots=True)
class Click:
    """What the card showed when somebody pressed one of its buttons."""

    submission: int
    version: int
    event: int
    """The last thing that had happened then."""

    def as_value(self) -> str:
        return f"{self.submission}.{self.version}.{self.event}"

    @classmethod
    def of_value(cls, value: str) -> "Click":
        """Raises ValueError for what no card of ours carries."""
        submission, version, event = value.split(".")
        return cls(int(submission), int(version), int(event))


def buttons(integration: IntegrationFacts, submission: SubmissionFacts) -> list[dict[str, Any]]:
    """One element for each act that could succeed now; none for a closed submission."""
    value = Click(submission.id, submission.version, submission.newest_event).as_value()
    return [
        {"type": "button", "action_id": act.value, "text": plain(LABEL[act]), "value": value}
        | ({"style": "primary", "confirm": _confirm(integration, submission)} if act is Act.APPROVE else {})
        for act in shown(submission)
    ]


def shown(submission: SubmissionFacts) -> Iterator[Act]:
    """The acts in the order of the row. A table alone: what else may stand against one is told when it is pressed."""
    is_held = bool(submission.assignee) and not submission.lapsed
    for act, stages in STAGES.items():
        needless = (act is Act.CLAIM and is_held) or (act is Act.ASK_PARTNER and submission.turn is Turn.PARTNER)
        if submission.stage in stages and not needless:
            yield act


def _confirm(integration: IntegrationFacts, submission: SubmissionFacts) -> dict[str, Any]:
    open_items = submission.counts.get(Outcome.UNKNOWN, 0)
    words = [
        f"{submission.approved_by[0]} has approved it: yours is the second approval." if submission.approved_by else "",
        f"It settles {open_items} that no check could decide." if open_items else "",
        "The partner is told.",
    ]
    return {
        "title": plain(f"Approve {integration.name} for {GATE[submission.gate]}?", CONFIRM_TITLE_CHARACTERS),
        "text": plain(" ".join(filter(None, words)), CONFIRM_TEXT_CHARACTERS),
        "confirm": plain("Approve"),
        "deny": plain("Not now"),
    }
