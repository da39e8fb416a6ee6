"""Who hears of which event, by which channel, in which words: one table, pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from models.enums import ChannelName, EventName, GateName, Rung
from notifications.message import Category, Placement


class Audience(StrEnum):
    """Who is meant; planning turns each into addresses from the rows of that moment."""

    PARTNER = "partner"
    """Every active contact of the partner."""
    ASSIGNEE = "assignee"
    """Who has the submission now; nobody when it is free."""
    NAMED = "named"
    """The person the event itself names."""
    TEAM = "team"
    """The reviewers: their Slack channel, or each of them by mail."""
    TEAM_WHEN_UNASSIGNED = "team_when_unassigned"
    LEADS = "leads"
    MANAGERS = "managers"


BY_MAIL = (ChannelName.MAIL,)
IN_SLACK = (ChannelName.SLACK,)
IN_SLACK_OR_BY_MAIL = (ChannelName.SLACK, ChannelName.MAIL)


@dataclass(frozen=True, slots=True)
class Route:
    """One row: an audience hears of an event, by the first of `channels` that reaches them."""

    audience: Audience
    channels: tuple[ChannelName, ...]
    category: Category
    placement: Placement = Placement.DIRECT
    template: str = ""
    """Folder of templates; empty: the one named after the event."""
    receipt: bool = False
    """Also told to the person who did it."""
    gates: frozenset[GateName] = frozenset(GateName)
    """Gates of the submission for which the row holds; an event without one always passes."""
    rungs: frozenset[Rung] = frozenset(Rung)
    """Rungs of the ladder for which the row holds; an event without one always passes."""
    needs: str = ""
    """Key of the event's data without whose value there is nothing to tell."""


def _told(*, receipt: bool = False, gates: frozenset[GateName] = frozenset(GateName)) -> Route:
    """The partner hears of it by mail."""
    return Route(Audience.PARTNER, BY_MAIL, Category.STATUS, receipt=receipt, gates=gates)


CARD = Route(Audience.TEAM, IN_SLACK, Category.CARD, Placement.CARD)
CARD_AND_THREAD = Route(Audience.TEAM, IN_SLACK, Category.CARD, Placement.THREAD)
TO_ASSIGNEE = Route(Audience.ASSIGNEE, IN_SLACK_OR_BY_MAIL, Category.WORK)
TO_TEAM = Route(Audience.TEAM, IN_SLACK, Category.WORK, Placement.POST)

# Access is told once, as granted or declined, not as "approved" or "rejected" as well.
NOT_ACCESS = frozenset(GateName) - {GateName.ACCESS}

ROUTES: dict[EventName, tuple[Route, ...]] = {
    EventName.SUBMISSION_RECEIVED: (),
    EventName.SUBMISSION_ACKNOWLEDGED: (
        _told(receipt=True),
        CARD,
    ),
    EventName.SUBMISSION_CHECKED: (CARD,),
    EventName.REVIEW_OPENED: (CARD,),
    EventName.CLAIMED: (
        # A claim with a message is the first answer by a person; one without is nobody's business.
        Route(Audience.PARTNER, BY_MAIL, Category.STATUS, needs="message"),
        CARD,
    ),
    EventName.ASSIGNED: (
        Route(Audience.NAMED, IN_SLACK_OR_BY_MAIL, Category.WORK),
        CARD,
    ),
    EventName.RELEASED: (CARD,),
    EventName.QUESTION_ASKED: (_told(), CARD_AND_THREAD),
    EventName.ANSWERED: (TO_ASSIGNEE, CARD_AND_THREAD),
    EventName.CHANGES_REQUESTED: (_told(), CARD_AND_THREAD),
    EventName.RESUBMITTED: (
        Route(
            Audience.PARTNER,
            BY_MAIL,
            Category.STATUS,
            template="submission.resubmitted.receipt",
            receipt=True,
        ),
        TO_ASSIGNEE,
        CARD_AND_THREAD,
    ),
    EventName.APPROVAL_RECORDED: (
        Route(Audience.LEADS, IN_SLACK_OR_BY_MAIL, Category.WORK),
        CARD,
    ),
    EventName.APPROVED: (_told(gates=NOT_ACCESS), CARD_AND_THREAD),
    EventName.REJECTED: (_told(gates=NOT_ACCESS), CARD_AND_THREAD),
    EventName.WITHDRAWN: (
        _told(receipt=True),
        Route(
            Audience.ASSIGNEE,
            IN_SLACK_OR_BY_MAIL,
            Category.WORK,
            template="submission.withdrawn.team",
        ),
        CARD_AND_THREAD,
    ),
    EventName.ITEM_ATTESTED: (CARD,),
    EventName.FINDING_CLOSED: (CARD,),
    EventName.WAIVER_GRANTED: (CARD,),
    EventName.WAIVER_ENDED: (CARD,),
    EventName.INTEGRATION_CREATED: (),
    EventName.ACCESS_GRANTED: (_told(),),
    EventName.ACCESS_DECLINED: (_told(),),
    EventName.LAUNCHED: (_told(), CARD_AND_THREAD),
    EventName.UPDATED: (_told(), CARD_AND_THREAD),
    EventName.GRADUATION_PROPOSED: (_told(),),
    EventName.GRADUATED: (_told(), CARD_AND_THREAD),
    EventName.REGRESSED: (_told(), TO_TEAM),
    EventName.RECOVERED: (_told(), TO_TEAM),
    EventName.DELISTED: (_told(), TO_TEAM),
    EventName.RELISTED: (_told(), TO_TEAM),
    EventName.IMPORTED: (),
    EventName.CLOCK_WARNED: (
        Route(
            Audience.ASSIGNEE,
            IN_SLACK_OR_BY_MAIL,
            Category.WORK,
            rungs=frozenset({Rung.HALF, Rung.THREE_QUARTERS}),
        ),
        Route(
            Audience.TEAM_WHEN_UNASSIGNED,
            IN_SLACK_OR_BY_MAIL,
            Category.WORK,
            Placement.POST,
            rungs=frozenset({Rung.HALF}),
        ),
        Route(
            Audience.TEAM,
            IN_SLACK_OR_BY_MAIL,
            Category.WORK,
            Placement.POST,
            rungs=frozenset({Rung.THREE_QUARTERS}),
        ),
        Route(
            Audience.LEADS,
            IN_SLACK_OR_BY_MAIL,
            Category.ESCALATION,
            rungs=frozenset({Rung.NINE_TENTHS}),
        ),
    ),
    EventName.CLOCK_BREACHED: (Route(Audience.LEADS, IN_SLACK_OR_BY_MAIL, Category.ESCALATION), CARD),
    EventName.CLOCK_ESCALATED: (Route(Audience.MANAGERS, IN_SLACK_OR_BY_MAIL, Category.ESCALATION), CARD),
    EventName.PARTNER_REMINDED: (Route(Audience.PARTNER, BY_MAIL, Category.REMINDER),),
    EventName.AUDIT_FINISHED: (),
    EventName.SECRET_REVEALED: (),
    EventName.PATH_STUCK: (Route(Audience.MANAGERS, IN_SLACK_OR_BY_MAIL, Category.ESCALATION),),
}
"""Every event has its row, also when only the console narrates it: leaving one out is a decision, not a slip."""

STAND_INS = {ChannelName.MAIL: ChannelName.FILE}
"""What takes a channel's place when it is not configured: a mail becomes a file to look at."""


def routes_for(event: EventName, data: Mapping[str, Any], *, gate: GateName | None = None) -> Iterator[Route]:
    """The rows that hold for this event, in the order of the table. Raises ValueError for an unknown rung."""
    rung = Rung(data["rung"]) if "rung" in data else None
    for route in ROUTES[event]:
        given = not route.needs or bool(data.get(route.needs))
        if given and (gate is None or gate in route.gates) and (rung is None or rung in route.rungs):
            yield route


def carriers(route: Route, configured: frozenset[ChannelName]) -> Iterator[ChannelName]:
    """The configured channels that could carry the route, best first."""
    for channel in route.channels:
        if channel in configured:
            yield channel
        elif STAND_INS.get(channel) in configured:
            yield STAND_INS[channel]
