"""What a partner's programs read of their own submissions: what the mails tell, and no names or notes of the team."""

from desk.published.events import HistoryEntry
from desk.published.integrations import IntegrationShown
from desk.published.submissions import SubmissionRow, SubmissionShown
from models.enums import EventName, ResultSource
from models.event import Event
from notifications.public_events import PUBLIC_EVENTS, details, instant

WITH_REVIEWER = "with a reviewer"
PUBLIC_NAMES = frozenset(event.value for event in PUBLIC_EVENTS)


def row_for_partner(row: SubmissionRow) -> SubmissionRow:
    taken = row["assignee"] is not None and row["turn"] == "reviewer"
    return {
        **row,
        "assignee": None,
        "leased_until": None,
        "reason": WITH_REVIEWER if taken else row["reason"],
    }


def shown_to_partner(document: SubmissionShown) -> SubmissionShown:
    """Outcomes, what was seen and how to mend it, promises, decisions with the reason that was written for them."""
    row = row_for_partner(document)
    return {
        **document,
        **row,
        "items": [
            {**item, "by": None, "summary": "" if item["source"] is ResultSource.PERSON else item["summary"]}
            for item in document["items"]
        ],
        "decisions": [{**decision, "by": None} for decision in document["decisions"]],
        "waivers": [{**waiver, "by": None, "reason": ""} for waiver in document["waivers"]],
    }


def integration_for_partner(document: IntegrationShown) -> IntegrationShown:
    """That the team was asked whether it stays listed is the team's to know."""
    return {
        **document,
        "falls": [{**fall, "proposed_at": None, "dismissed_until": None} for fall in document["falls"]],
        "waivers": [{**waiver, "by": None, "reason": ""} for waiver in document["waivers"]],
    }


def event_for_partner(event: Event, partner_id: int) -> HistoryEntry:
    """What goes out to other systems of it; who did it only where it was the partner's own people."""
    name = EventName(event.name)
    ours = event.person is not None and event.person.partner_id == partner_id
    return {
        "at": instant(event.at),
        "event": event.name,
        "by": event.person.email if ours and event.person is not None else None,
        "data": details(name, event.data),
    }


def is_public(event: Event) -> bool:
    return event.name in PUBLIC_NAMES
