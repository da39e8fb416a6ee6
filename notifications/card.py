"""The Slack card of a submission: how it stands, in one message that changes and is never posted twice."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from models.enums import Outcome
from notifications.buttons import OPEN_IN_DESK, buttons
from notifications.facts import Facts, IntegrationFacts, SubmissionFacts
from notifications.instants import in_words
from notifications.slack_text import FIELD_CHARACTERS, HEADER_CHARACTERS, bounded, plain, section
from notifications.words import GATE, INTEGRATION_STAGE, KIND, OUTCOME, STAGE, TARGET, TURN

TROUBLE_SHOWN = 15
"""More would push the button out of sight; the desk has all of them."""


def card(facts: Facts, *, url: str, time_zone: str, acts: bool = False) -> tuple[Mapping[str, Any], ...]:
    """The card's blocks; none for an event that is about no submission.

    `acts`: with buttons for what its stage allows. Only where somebody listens: a button without effect is a lie.
    """
    if facts.submission is None or facts.integration is None:
        return ()
    submission, integration = facts.submission, facts.integration
    return bounded(
        [
            {"type": "header", "text": plain(f"{integration.name}: {GATE[submission.gate]}", HEADER_CHARACTERS)},
            {
                "type": "section",
                "fields": [plain(text, FIELD_CHARACTERS) for text in _fields(integration, submission)],
            },
            _due(submission, time_zone),
            section(_items(submission)),
            {
                "type": "actions",
                "elements": [
                    *(buttons(integration, submission) if acts else ()),
                    {"type": "button", "text": plain("Open in desk"), "url": url, "action_id": OPEN_IN_DESK},
                ],
            },
        ]
    )


def digest_of(blocks: Sequence[Mapping[str, Any]]) -> str:
    """Tells two states of a card apart, also after the database has put the keys in another order."""
    return hashlib.sha256(json.dumps(list(blocks), sort_keys=True).encode()).hexdigest()


def _fields(integration: IntegrationFacts, submission: SubmissionFacts) -> list[str]:
    rows = {
        "Partner": integration.partner,
        "Integration": f"{integration.name} ({INTEGRATION_STAGE[integration.stage]})",
        "Submission": f"{submission.id}: {KIND[submission.kind]}, revision {submission.revision}",
        "Stage": STAGE[submission.stage],
        "Whose turn": TURN[submission.turn],
        "Assigned to": submission.assignee or "nobody yet",
    }
    if submission.approved_by:
        rows["Approved by"] = f"{', '.join(submission.approved_by)}; a second approval is needed"
    return [f"{name}\n{value}" for name, value in rows.items()]


def _due(submission: SubmissionFacts, time_zone: str) -> dict[str, Any]:
    promise = submission.promise
    if promise is None:
        return section("No clock is running.")
    if promise.paused:
        return section(f"The clock for {TARGET[promise.target]} is paused: it is the partner's turn.")
    # Slack turns the date into each reader's zone and into "today" or "tomorrow" while they look, so it
    # stays true on a card that nobody updates. All of this text is ours: nothing of the partner's is in it.
    words = f"Due: {TARGET[promise.target]}, {slack_date(promise.due_at, in_words(promise.due_at, time_zone))}"
    return {"type": "section", "text": {"type": "mrkdwn", "text": words}}


def slack_date(instant: datetime, otherwise: str) -> str:
    return f"<!date^{int(instant.timestamp())}^{{date_long_pretty}} at {{time}}|{otherwise}>"


def _items(submission: SubmissionFacts) -> str:
    counts = [f"{number} {OUTCOME[outcome]}" for outcome in Outcome if (number := submission.counts.get(outcome, 0))]
    if submission.waived:
        counts.append(f"{submission.waived} waived")
    if not counts:
        return "Items: not checked yet"
    lines = [f"Items: {', '.join(counts)}"]
    lines += [
        f"• {trouble.item} {OUTCOME[trouble.outcome]}: {trouble.summary}"
        for trouble in submission.trouble[:TROUBLE_SHOWN]
    ]
    if (more := len(submission.trouble) - TROUBLE_SHOWN) > 0:
        lines.append(f"… and {more} more")
    return "\n".join(lines)
